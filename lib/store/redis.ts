/**
 * Temporary.
 *
 * Knows: nothing. Does not know: all.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { EndpointStore, Store, StoredEndpoint } from './port.js';
import { Claims } from './redis-claims.js';
import { connectionOf, type RedisClient } from './redis-client.js';
import { DurableWrites } from './redis-durability.js';
import { RedisInstances } from './redis-instances.js';
import { EndpointKeys } from './redis-keys.js';
import { KnownRecords } from './redis-records.js';
import { Room } from './redis-room.js';
import { RedisSessions } from './redis-sessions.js';
import { RedisSharing } from './redis-sharing.js';
import { redisStreams } from './redis-streams.js';

export interface RedisStoreOptions {
  readonly prefix?: string;
  readonly commandMs?: number;
  readonly leaseMs?: number;
  readonly maxEventsPerStream?: number;
  readonly maxBytesPerStream?: number;
  readonly ttlMs?: number;
}

export function redisStore(
  client: RedisClient | string,
  {
    prefix = 'mcp',
    commandMs = 1_000,
    leaseMs = 15_000,
    maxEventsPerStream = 1_000,
    maxBytesPerStream = 4_194_304,
    ttlMs = 600_000,
  }: RedisStoreOptions = {},
): Store {
  return {
    name: 'redis',
    isShared: true,
    open: ({ label, limits, callsPerSession, logger }: StoredEndpoint): EndpointStore => {
      const connection = connectionOf(client, { commandMs, logger });
      const self = randomBytes(6).toString('hex');
      const instances = new RedisInstances(connection, { prefix, label, self, leaseMs, logger });
      const alive = (name: string) => instances.alive(name);
      const events = redisStreams(connection, {
        prefix,
        self,
        logger,
        maxEventsPerStream,
        maxBytesPerStream,
        ttlMs,
        alive,
        post: (name, letter) => instances.post(name, letter),
      });
      const keys = new EndpointKeys(prefix, label);
      const claims = new Claims(connection, self);
      const parts = {
        connection,
        keys,
        self,
        limits,
        callsPerSession,
        known: new KnownRecords(10_000),
        claims,
        room: new Room(connection, keys, limits.max, alive),
        durable: new DurableWrites(connection, undefined, logger),
        alive,
        logger,
      };
      return {
        sessions: new RedisSessions(parts),
        shared: { self, instances, events, sessions: new RedisSharing(parts) },
        close: async () => {
          claims.close();
          await connection.close();
        },
      };
    },
  };
}
