/**
 * An endpoint behind a gate, and what it answers to whom.
 *
 * Knows: `mcpRouter`, `Authorization`, and what a challenge looks like. Does not know: gates.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import {
  type McpRouter,
  type McpRouterOptions,
  mcpRouter,
  wellKnownRouter,
} from 'express-mcp-router';
import { onTestFinished } from 'vitest';
import { listen } from './listen.js';
import { type Answer, post, type Sent } from './raw-request.js';
import { RecordedLogger } from './recorded-logger.js';
import { text } from './tool-result.js';

/** What a token has to be for. */
export const RESOURCE = 'https://mcp.example.com/api/mcp';

export const BASE_URL = 'https://mcp.example.com/api';

/** A call of the tool that tells who calls. */
export const WHO = {
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'who', arguments: {} },
};

/** A running endpoint with a gate. */
export interface Guarded {
  readonly url: string;
  readonly router: McpRouter;
  readonly logger: RecordedLogger;
  /** Asks who calls, with an `Authorization` header or none. */
  ask(authorization?: string, sent?: Sent): Promise<Answer>;
  /** Status of the answer to a bearer. */
  status(token: string): Promise<number>;
}

/** A server whose tool tells the `AuthInfo` of its caller. */
export function curious(): McpServer {
  const server = new McpServer({ name: 'curious', version: '1.0.0' });
  server.registerTool('who', {}, ({ authInfo }) => text(authInfo ?? 'nobody'));
  return server;
}

/** Serves at `/api/mcp` until the running test ends. */
export async function guarded(options: McpRouterOptions): Promise<Guarded> {
  const logger = new RecordedLogger();
  const router = mcpRouter(curious(), { stateless: true, baseUrl: BASE_URL, logger, ...options });
  onTestFinished(() => router.mcp.close());
  const url = `${await listen(express().use(wellKnownRouter(router)).use('/api', router))}/api/mcp`;
  const ask = (authorization?: string, sent: Sent = {}) =>
    post(url, WHO, {
      ...sent,
      headers: { ...(authorization && { Authorization: authorization }), ...sent.headers },
    });
  return {
    url,
    router,
    logger,
    ask,
    status: async (token) => (await ask(`Bearer ${token}`)).status,
  };
}

/** The `AuthInfo` that a tool was given. */
export function authInfoIn({ text: body }: Answer): Record<string, unknown> {
  const { result } = JSON.parse(body);
  return JSON.parse(result.content[0].text);
}

/** Everything that was logged, as text. */
export const loggedBy = ({ lines }: RecordedLogger): string =>
  JSON.stringify(lines, (_name, value) =>
    value instanceof Error
      ? [value.message, value.stack, value.cause, Object.values(value)]
      : value,
  );

/** The parameters of a challenge. */
export function challengeOf({ headers }: Answer): Record<string, string> | undefined {
  const header = headers['www-authenticate'];
  if (header === undefined) return undefined;
  const parameters = [...header.matchAll(/([a-z_]+)="([^"]*)"/g)];
  return Object.fromEntries(parameters.map(([, name = '', value = '']) => [name, value]));
}
