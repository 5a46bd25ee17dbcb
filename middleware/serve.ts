/**
 * The direct server: one process, one port, one endpoint, nothing else to write.
 *
 * Knows: listening, signals and the order of an orderly end. Does not know: MCP.
 *
 * @module
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type NextFunction, type Request, type Response, Router } from 'express';
import helmet from 'helmet';
import { hasAuthorizationServer } from '../lib/auth/port.js';
import { readServeEnvironment } from '../lib/env.js';
import { McpRouterError, OptionError } from '../lib/errors.js';
import type { DrainOptions } from '../lib/host/lifecycle.js';
import type { ConnectableServer, ServerFactory } from '../lib/host/server.js';
import { resourceMetadataUrl, urlMap } from '../lib/urls.js';
import { healthRouter } from './health-router.js';
import { type McpRouter, type McpRouterOptions, mcpRouter } from './mcp-router.js';
import { wellKnownRouter } from './well-known-router.js';

/** Options of {@link serve}: those of `mcpRouter`, and where to listen. */
export interface ServeOptions extends McpRouterOptions {
  /** TCP port; 0 takes a free one. Environment: `MCP_PORT`. Default: 8000. */
  readonly port?: number;
  /** Address to bind to. Environment: `MCP_HOST`. Default: `127.0.0.1`, this machine only. */
  readonly host?: string;
  /** Where the URL map goes, a line at a time. Default: standard output. `false`: nowhere. */
  readonly print?: ((line: string) => void) | false;
}

/** A running direct server. */
export interface Listening {
  /** URL of the endpoint: the public one, else the one bound to. */
  readonly url: string;
  readonly port: number;
  readonly router: McpRouter;
  /** Finishes what runs, refuses what is new, then closes. */
  drain(options?: DrainOptions): Promise<void>;
  /** Ends everything at once. */
  close(): Promise<void>;
}

const DEFAULT_PORT = 8000;
const DEFAULT_HOST = '127.0.0.1';
/**
 * Against clients that send slowly so as to hold connections: a head has 10 s, a whole request 5 min
 * (the body's own pace is `body-pace.ts`), and both are looked at often enough that 10 s are not 40.
 */
const TIME_LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 300_000,
  connectionsCheckingInterval: 2_000,
};
/** Connections that wait to be accepted: after a restart thousands of clients come back in the same second. */
const BACKLOG = 4_096;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Serves MCP over HTTP without an app of your own; drains on SIGTERM and SIGINT.
 *
 * @throws OptionError `ERR_MCP_OPTION` for a wrong option; the system's error when it cannot listen.
 * @example
 * ```ts
 * await serve(server, { port: 8000 });
 * ```
 */
export async function serve(
  server: ConnectableServer | ServerFactory,
  options: ServeOptions = {},
): Promise<Listening> {
  const { port, host, print, ...routerOptions } = withEnvironment(options);
  const router = mcpRouter(server, routerOptions);
  const root = Router().use(helmet(), wellKnownRouter(router), healthRouter(router), router);
  const http = createServer(TIME_LIMITS, handlerOf(root));
  try {
    await listen(http, port, host);
    await startUp(router);
  } catch (error) {
    http.close();
    await router.mcp.close();
    throw error;
  }
  const bound = boundUrl(http);
  const listening = listeningOn(http, router, bound);
  const { address, legacySse } = router.mcp.settings;
  for (const line of urlMap(address, bound, metadataUrlOf(router), legacySse)) print(line);
  return listening;
}

/**
 * A router as a whole server. There is no app around it: an app gives every request and response
 * another prototype, which costs more than all else that is done for a call.
 */
function handlerOf(router: Router) {
  return (req: IncomingMessage, res: ServerResponse) => {
    const finish: NextFunction = (error?: unknown) => {
      const status = error === undefined ? 404 : 500;
      const body = JSON.stringify({ error: status === 404 ? 'Not found' : 'Internal error' });
      if (!res.headersSent) res.writeHead(status, { 'Content-Type': 'application/json' });
      res.end(body);
    };
    router(req as Request, res as Response, finish);
  };
}

/** A server that cannot be served is told now, not to the first client. */
async function startUp(router: McpRouter): Promise<void> {
  const { checks } = await router.mcp.ready();
  const fault = checks.find(({ ok }) => !ok);
  if (fault === undefined) return;
  throw new McpRouterError(fault.code ?? 'ERR_MCP_CLOSED', fault.detail ?? fault.name);
}

function withEnvironment(options: ServeOptions) {
  const environment = readServeEnvironment();
  const port = options.port ?? environment.port ?? DEFAULT_PORT;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new OptionError(`port: expected an integer from 0 to 65535, got ${port}.`);
  }
  const host = options.host ?? environment.host ?? DEFAULT_HOST;
  if (typeof host !== 'string' || host === '') {
    throw new OptionError(`host: expected an address or a host name, got ${JSON.stringify(host)}.`);
  }
  const { print = (line: string) => console.log(line) } = options;
  return { ...options, port, host, print: print === false ? () => {} : print };
}

function metadataUrlOf({ mcp }: McpRouter): string | undefined {
  const { address, auth } = mcp.settings;
  return auth && hasAuthorizationServer(auth) ? resourceMetadataUrl(address, {}) : undefined;
}

async function listen(http: Server, port: number, host: string): Promise<void> {
  http.listen({ port, host, backlog: BACKLOG });
  await once(http, 'listening');
}

function boundUrl(http: Server): string {
  const { address, family, port } = http.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function listeningOn(http: Server, router: McpRouter, bound: string): Listening {
  const { mcpPath } = router.mcp.settings.address;
  const stop = async () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    const closed = once(http, 'close');
    http.close();
    await router.mcp.close();
    http.closeAllConnections();
    await closed;
  };
  const drain = async (options?: DrainOptions) => {
    await router.mcp.drain(options);
    await stop();
  };
  function onSignal() {
    void drain();
  }
  for (const signal of SIGNALS) process.once(signal, onSignal);
  return {
    url: router.mcp.url ?? `${bound}${mcpPath === '/' ? '' : mcpPath}`,
    port: (http.address() as AddressInfo).port,
    router,
    drain,
    close: stop,
  };
}
