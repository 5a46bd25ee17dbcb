/**
 * Clients of every library that the Redis store takes.
 *
 * Knows: how each is made and ended. Does not know: what it is used for.
 *
 * @module
 */
import type { RedisClient } from 'express-mcp-router/redis';
import { Cluster, Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis5';
import { createClient, createCluster, createSentinel } from 'redis';
import { createClient as createClient5 } from 'redis5';
import { afterAll } from 'vitest';
import type { RedisCluster, WatchedRedis } from './redis.js';

/** Makes a client. */
export type Connect<Where = string> = (where: Where) => Made;

interface Made {
  readonly client: RedisClient | string;
  end(): unknown;
}

/** Makes clients for the tests of a `describe`, and ends them after it. */
export function useClients<Where>(connect: Connect<Where>): (where: Where) => RedisClient | string {
  const made: Made[] = [];
  afterAll(() => Promise.all(made.map((one) => one.end())));
  return (where) => {
    const one = connect(where);
    made.push(one);
    return one.client;
  };
}

/** A client without a listener for its errors would take the process down with it. */
function quiet<T extends { on(event: 'error', listener: () => void): unknown }>(client: T): T {
  client.on('error', () => {});
  return client;
}

const ended = (client: RedisClient & { disconnect(): void }): Made => ({
  client,
  end: () => client.disconnect(),
});

const destroyed = (client: RedisClient & { isOpen: boolean; destroy(): unknown }): Made => ({
  client,
  end: () => client.isOpen && client.destroy(),
});

export const CLIENTS: Readonly<Record<string, Connect>> = {
  'ioredis 6': (url) => ended(quiet(new Redis(url))),
  'ioredis 5': (url) => ended(quiet(new Redis5(url, { lazyConnect: true }))),
  'redis 6': (url) => destroyed(quiet(createClient({ url }))),
  'redis 5': (url) => destroyed(quiet(createClient5({ url }))),
  'a URL': (url) => ({ client: url, end: () => {} }),
};

export const CLUSTERS: Readonly<Record<string, Connect<RedisCluster>>> = {
  'ioredis 6': ({ nodes }) => ended(quiet(new Cluster([...nodes]))),
  'redis 6': ({ nodes }) =>
    destroyed(quiet(createCluster({ rootNodes: nodes.map((socket) => ({ socket })) }))),
};

export const SENTINELS: Readonly<Record<string, Connect<WatchedRedis>>> = {
  'ioredis 6': ({ name, sentinels }) =>
    ended(quiet(new Redis({ name, sentinels: [...sentinels] }))),
  'redis 6': ({ name, sentinels }) =>
    destroyed(quiet(createSentinel({ name, sentinelRootNodes: [...sentinels] }))),
};
