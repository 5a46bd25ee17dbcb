/**
 * Streams in Redis, held against the contracts of event stores and of shared logs.
 *
 * @module
 */
import { eventStoreContract, sharedEventLogContract } from 'express-mcp-router/testing';
import { describe, it } from 'vitest';
import { lacksRedis } from '../support/redis.js';
import { streamPairs } from '../support/redis-stream-pairs.js';

describe.skipIf(lacksRedis('streams in Redis, by contract'))('streams in Redis', () => {
  const pairs = streamPairs();

  describe.each([16, 1_000])('that keep %i events', (maxEventsPerStream) => {
    const opening = () => pairs.opening({ maxEventsPerStream });
    for (const { name, run } of eventStoreContract(() => opening()().log)) it(name, run);

    const openTwo = async () => {
      const open = opening();
      return [open(), open()] as const;
    };
    for (const { name, run } of sharedEventLogContract(openTwo)) it(name, run);
  });
});
