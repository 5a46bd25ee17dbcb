/**
 * Streams in Redis, held against the contract of event stores.
 *
 * @module
 */
import { eventStoreContract } from 'express-mcp-router/testing';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { silentLogger } from '../../lib/log.js';
import { redisStreams } from '../../lib/store/redis-streams.js';
import { type PlainRedis, plainRedis } from '../support/plain-redis.js';

let redis: PlainRedis;
beforeAll(async () => {
  redis = await plainRedis();
});
afterAll(() => redis.stop());

const open = () =>
  redisStreams(redis.connection(), {
    prefix: 'mcp:test',
    self: 'aaaaaaaaaaaa',
    maxEventsPerStream: 100,
    maxBytesPerStream: 4_194_304,
    ttlMs: 600_000,
    logger: silentLogger,
    alive: async () => true,
    post: async () => {},
  });

describe('streams in Redis', () => {
  for (const { name, run } of eventStoreContract(open)) it(name, run);
});
