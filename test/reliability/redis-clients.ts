/**
 * Clients of Redis as users make them, with their libraries' defaults.
 *
 * Knows: both libraries, and all three ways of running Redis. Does not know: what the store does with them.
 *
 * @module
 */
import type { Store } from 'express-mcp-router';
import { redisStore } from 'express-mcp-router/redis';
import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster, createSentinel } from 'redis';
import type { InstancePlan, RedisPlan } from '../support/instances.js';

const HOST = '127.0.0.1';

/** A store over a client that its user has made. */
export interface ConnectedStore {
  readonly store: Store;
  /** Ends the user's own client. */
  close(): Promise<unknown>;
}

/** Connects; undefined for the memory store. */
export async function connectRedis(plan: InstancePlan): Promise<ConnectedStore | undefined> {
  if (plan.redis === undefined) return undefined;
  return plan.redis.library === 'ioredis'
    ? withIoredis(plan.redis, plan.store)
    : withNodeRedis(plan.redis, plan.store);
}

function withIoredis(plan: RedisPlan, options: InstancePlan['store']): ConnectedStore {
  const client = ioredisOf(plan);
  client.on('error', () => {});
  return { store: redisStore(client, options), close: async () => client.disconnect() };
}

function ioredisOf({ kind, ports, masterName = '' }: RedisPlan): Redis | Cluster {
  const nodes = ports.map((port) => ({ host: HOST, port }));
  if (kind === 'cluster') return new Cluster(nodes);
  if (kind === 'sentinel') return new Redis({ sentinels: nodes, name: masterName });
  return new Redis(ports[0] ?? 0, HOST);
}

async function withNodeRedis(
  { kind, ports, masterName = '' }: RedisPlan,
  options: InstancePlan['store'],
): Promise<ConnectedStore> {
  const nodes = ports.map((port) => ({ host: HOST, port }));
  if (kind === 'cluster') {
    const rootNodes = nodes.map((socket) => ({ socket }));
    const client = createCluster({ rootNodes }).on('error', () => {});
    await client.connect();
    return { store: redisStore(client, options), close: async () => client.destroy() };
  }
  if (kind === 'sentinel') {
    const client = createSentinel({ name: masterName, sentinelRootNodes: nodes });
    client.on('error', () => {});
    await client.connect();
    return { store: redisStore(client, options), close: async () => client.destroy() };
  }
  const client = createClient({ socket: { host: HOST, port: ports[0] } }).on('error', () => {});
  await client.connect();
  return { store: redisStore(client, options), close: async () => client.destroy() };
}
