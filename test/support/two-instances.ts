/**
 * Two instances of one endpoint over one Redis, and clients that go from one to the other.
 *
 * Knows: `redisStore`, and what instances have to have in common. Does not know: what is tested.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import type { ConnectableServer, McpRouterOptions, ServerFactory } from 'express-mcp-router';
import { type RedisStoreOptions, redisStore } from 'express-mcp-router/redis';
import { onTestFinished } from 'vitest';
import { endpoint, type TestEndpoint } from './endpoint.js';
import { RawClient, type RawClientOptions } from './raw-client.js';

export const SECRET = 'a secret of the tests, at least 32 bytes long';

/** Options of both instances, and of their store. */
export interface TwinOptions extends McpRouterOptions {
  readonly redis?: RedisStoreOptions;
}

/** A client at one instance, and the same client at the other. */
export interface Wanderer {
  readonly here: RawClient;
  readonly there: RawClient;
}

/** The instances. */
export interface Twins {
  readonly a: TestEndpoint;
  readonly b: TestEndpoint;
  /** A client whose session was opened at `a`. */
  wanderer(options?: RawClientOptions): Promise<Wanderer>;
}

/** Serves one server, or a new one, at two instances until the running test ends. */
export async function twins(
  url: string,
  make: () => ConnectableServer | ServerFactory,
  { redis, ...options }: TwinOptions = {},
): Promise<Twins> {
  const prefix = `test-${randomUUID()}`;
  const open = () => {
    const store = redisStore(url, { prefix, leaseMs: 1_500, ...redis });
    return endpoint(make(), { secret: SECRET, store, ...options });
  };
  const [a, b] = await Promise.all([open(), open()]);
  await Promise.all([a.router.mcp.ready(), b.router.mcp.ready()]);
  return {
    a,
    b,
    wanderer: async (clientOptions) => {
      const here = await a.client(clientOptions);
      return { here, there: elsewhere(here, b.url, clientOptions) };
    },
  };
}

/** The same session from another place. */
export function elsewhere(client: RawClient, url: URL, options?: RawClientOptions): RawClient {
  const moved = new RawClient(url, options);
  moved.sessionId = client.sessionId;
  onTestFinished(() => moved.close());
  return moved;
}
