/**
 * Two instances over a Redis of the test's own, closed after each test.
 *
 * Knows: the life of a test file. Does not know: what is tested.
 *
 * @module
 */
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { connectionOf } from '../../lib/store/redis-client.js';
import type { RedisConnection } from '../../lib/store/redis-connection.js';
import type { RedisStreamsOptions } from '../../lib/store/redis-streams.js';
import { type RedisServer, useRedis } from './redis.js';
import { type StreamInstance, streamInstances } from './redis-streams.js';

export interface StreamPairs {
  readonly redis: RedisServer;
  /** Looks at what is kept, and spoils it. */
  readonly client: Redis;
  /** Opens instances that know each other; two from the first call on. */
  opening(options?: Partial<RedisStreamsOptions>, through?: Through): () => StreamInstance;
  open(
    options?: Partial<RedisStreamsOptions>,
    through?: Through,
  ): readonly [StreamInstance, StreamInstance];
}

/** What an instance's connection is seen through. */
export type Through = (connection: RedisConnection) => RedisConnection;

const COMMAND_MS = 1_000;

/** Starts Redis before the first test of a `describe`, and ends it after the last. */
export function streamPairs(): StreamPairs {
  const redis = useRedis();
  const opened: StreamInstance[] = [];
  let client: Redis | undefined;
  let connections: readonly RedisConnection[] = [];
  beforeAll(() => {
    client = new Redis(redis.url).on('error', () => {});
    connections = [0, 1].map(() => connectionOf(redis.url, { commandMs: COMMAND_MS }));
  });
  afterEach(async () => {
    redis.thaw();
    await Promise.all(opened.splice(0).map(({ log }) => log.close()));
  });
  afterAll(async () => {
    client?.disconnect();
    await Promise.all(connections.map((connection) => connection.close()));
  });
  const opening: StreamPairs['opening'] = (options, through = (connection) => connection) => {
    let count = 0;
    return streamInstances(() => {
      const connection = connections[count % 2];
      count += 1;
      if (connection === undefined) throw new Error('Redis has not been started');
      return through(connection);
    }, options);
  };
  return {
    redis,
    get client() {
      if (client === undefined) throw new Error('Redis has not been started');
      return client;
    },
    opening,
    open: (options, through) => {
      const one = opening({ maxEventsPerStream: 1_000, ...options }, through);
      const pair = [one(), one()] as const;
      opened.push(...pair);
      return pair;
    },
  };
}
