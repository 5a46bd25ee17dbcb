/**
 * Two instances over a Redis of the test's own, closed after each test.
 *
 * Knows: the life of a test file. Does not know: what is tested.
 *
 * @module
 */
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { RedisStreamsOptions } from '../../lib/store/redis-streams.js';
import { type PlainRedis, plainRedis } from './plain-redis.js';
import { type StreamInstance, streamInstances } from './redis-streams.js';

export interface StreamPairs {
  readonly redis: PlainRedis;
  open(options?: Partial<RedisStreamsOptions>): readonly [StreamInstance, StreamInstance];
}

/** Starts Redis before the first test of the file, and ends it after the last. */
export function streamPairs(): StreamPairs {
  const opened: StreamInstance[] = [];
  let redis: PlainRedis | undefined;
  const started = (): PlainRedis => {
    if (redis === undefined) throw new Error('Redis is started before the first test.');
    return redis;
  };
  beforeAll(async () => {
    redis = await plainRedis();
  });
  afterEach(async () => {
    started().resume();
    await Promise.all(opened.splice(0).map(({ log }) => log.close()));
  });
  afterAll(() => redis?.stop());
  return {
    get redis() {
      return started();
    },
    open: (options) => {
      const open = streamInstances(() => started().connection(), {
        maxEventsPerStream: 1_000,
        ...options,
      });
      const pair = [open(), open()] as const;
      opened.push(...pair);
      return pair;
    },
  };
}
