/**
 * One endpoint in a real app, for the length of a test.
 *
 * Knows: `mcpRouter` behind the app's login. Does not know: what is tested.
 *
 * @module
 */
import express from 'express';
import type {
  ConnectableServer,
  McpRouter,
  McpRouterOptions,
  ServerFactory,
} from 'express-mcp-router';
import { mcpRouter } from 'express-mcp-router';
import { onTestFinished } from 'vitest';
import { listen } from './listen.js';
import { login } from './login.js';
import { RawClient, type RawClientOptions } from './raw-client.js';

/** A running endpoint. */
export interface TestEndpoint {
  readonly url: URL;
  readonly router: McpRouter;
  /** A raw client that has shaken hands and is closed with the test. */
  client(options?: RawClientOptions): Promise<RawClient>;
}

/** Serves `server` at `/mcp` of a new app until the running test ends. */
export async function endpoint(
  server: ConnectableServer | ServerFactory,
  options: McpRouterOptions = {},
): Promise<TestEndpoint> {
  const router = mcpRouter(server, options);
  const url = new URL('/mcp', await listen(express().use(login, router)));
  onTestFinished(() => router.mcp.close());
  return {
    url,
    router,
    client: async (clientOptions) => {
      const client = await RawClient.connect(url, clientOptions);
      onTestFinished(() => client.close());
      return client;
    },
  };
}
