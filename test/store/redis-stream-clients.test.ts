/**
 * Streams in Redis over every client and in a Cluster, held against the contract of shared logs.
 *
 * @module
 */
import { sharedEventLogContract } from 'express-mcp-router/testing';
import { afterAll, describe, it } from 'vitest';
import { connectionOf, type RedisClient } from '../../lib/store/redis-client.js';
import type { RedisConnection } from '../../lib/store/redis-connection.js';
import { lacksRedis, useCluster, useRedis } from '../support/redis.js';
import { CLIENTS, CLUSTERS, useClients } from '../support/redis-clients.js';
import { streamInstances } from '../support/redis-streams.js';

const COMMAND_MS = 1_000;

describe.skipIf(lacksRedis('streams over every client'))('streams', () => {
  describe('in one Redis', () => {
    const redis = useRedis();
    describe.each(Object.entries(CLIENTS))('over %s', (_name, connect) => {
      const client = useClients(connect);
      keepTheContract(() => client(redis.url));
    });
  });

  describe('in a Cluster', () => {
    const cluster = useCluster();
    describe.each(Object.entries(CLUSTERS))('over %s', (_name, connect) => {
      const client = useClients(connect);
      keepTheContract(() => client(cluster));
    });
  });
});

/** Holds two instances against the contract, each with a connection of its own. */
function keepTheContract(connect: () => RedisClient | string): void {
  const connections: RedisConnection[] = [];
  afterAll(() => Promise.all(connections.map((connection) => connection.close())));
  const openTwo = async () => {
    while (connections.length < 2) {
      connections.push(connectionOf(connect(), { commandMs: COMMAND_MS }));
    }
    const left = [...connections];
    const open = streamInstances(() => {
      const connection = left.pop();
      if (connection === undefined) throw new Error('There are two instances');
      return connection;
    });
    return [open(), open()] as const;
  };
  for (const { name, run } of sharedEventLogContract(openTwo)) it(name, run);
}
