/**
 * Streams in Redis, held against the contracts of event stores and of shared logs.
 *
 * @module
 */
import { eventStoreContract, sharedEventLogContract } from 'express-mcp-router/testing';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type PlainRedis, plainRedis } from '../support/plain-redis.js';
import { streamInstances } from '../support/redis-streams.js';

let redis: PlainRedis;
beforeAll(async () => {
  redis = await plainRedis();
});
afterAll(() => redis.stop());

const connect = () => redis.connection();

describe.each([16, 1_000])('streams of %i events in Redis', (maxEventsPerStream) => {
  const opening = () => streamInstances(connect, { maxEventsPerStream });
  for (const { name, run } of eventStoreContract(() => opening()().log)) it(name, run);

  const openTwo = async () => {
    const open = opening();
    return [open(), open()] as const;
  };
  for (const { name, run } of sharedEventLogContract(openTwo)) it(name, run);
});
