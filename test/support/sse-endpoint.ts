/**
 * One endpoint with HTTP+SSE beside it, for the length of a test.
 *
 * Knows: the paths of both transports. Does not know: what is tested.
 *
 * @module
 */
import type { ConnectableServer, McpRouterOptions, ServerFactory } from 'express-mcp-router';
import { endpoint } from './endpoint.js';
import { send } from './raw-request.js';
import { RawSse, type RawSseOptions } from './raw-sse.js';

/** Serves `server` at `/mcp`, `/sse` and `/messages` until the running test ends. */
export async function sseEndpoint(
  server: ConnectableServer | ServerFactory,
  options: McpRouterOptions = {},
) {
  const { url, router, client } = await endpoint(server, { legacySse: true, ...options });
  const sse = String(new URL('/sse', url));
  return {
    url,
    sse,
    router,
    /** A client of Streamable HTTP. */
    newClient: client,
    /** An old client that has not shaken hands. */
    open: (more?: RawSseOptions) => RawSse.open(sse, more),
    /** An old client that has. */
    connect: (more?: RawSseOptions) => RawSse.connect(sse, more),
    /** A GET that is refused. */
    get: (headers: Record<string, string> = {}) =>
      send(sse, { method: 'GET', headers: { Accept: 'text/event-stream', ...headers } }),
  };
}

/** Parameters of `initialize` as an old client sends them. */
export const INITIALIZE = {
  protocolVersion: '2024-11-05',
  capabilities: {},
  clientInfo: { name: 'test', version: '1' },
};

export const PING = { jsonrpc: '2.0', id: 9, method: 'ping' };

/** A call of the teller's tool. */
export const TELL = { jsonrpc: '2.0', id: 9, method: 'tools/call', params: { name: 'tell' } };
