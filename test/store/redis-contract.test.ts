/**
 * The Redis store, held against the contract of stores with every client library.
 *
 * @module
 */
import { redisStore } from 'express-mcp-router/redis';
import { sharedStoreContract, storeContract } from 'express-mcp-router/testing';
import { describe, it } from 'vitest';
import { lacksRedis, useCluster, useRedis } from '../support/redis.js';
import { CLIENTS, CLUSTERS, useClients } from '../support/redis-clients.js';

/** What is slow here is the machine: deadlines have tests of their own. */
const PATIENT = { commandMs: 10_000 };

describe.skipIf(lacksRedis('the Redis store'))('one Redis', () => {
  const redis = useRedis();

  describe.each(Object.entries(CLIENTS))('with %s', (_name, connect) => {
    const client = useClients(connect);
    const open = () => redisStore(client(redis.url), PATIENT);
    for (const { name, run } of storeContract(open)) it.concurrent(name, run);
    for (const { name, run } of sharedStoreContract(open)) it.concurrent(name, run);
  });
});

describe.skipIf(lacksRedis('the Redis store over a Cluster'))('a Redis Cluster', () => {
  const cluster = useCluster();

  describe.each(Object.entries(CLUSTERS))('with %s', (_name, connect) => {
    const client = useClients(connect);
    const open = () => redisStore(client(cluster), PATIENT);
    for (const { name, run } of storeContract(open)) it.concurrent(name, run);
    for (const { name, run } of sharedStoreContract(open)) it.concurrent(name, run);
  });
});
