/**
 * A store in Redis or Valkey, which any number of instances share: sessions, streams, leases, letters, notices.
 *
 * Time: everything ends by the clock of Redis, so those of the instances may differ. Failure: no answer
 * within `commandMs` is an outage. Size: about 1 kB for an idle session; everything has a time to live.
 *
 * Knows: which part is made of what. Does not know: scripts.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { Logger } from '../log.js';
import type { EndpointStore, Store, StoredEndpoint } from './port.js';
import { Claims } from './redis-claims.js';
import { checkedClient, connectionOf, type RedisClient } from './redis-client.js';
import type { RedisConnection } from './redis-connection.js';
import { DurableWrites } from './redis-durability.js';
import { RedisInstances } from './redis-instances.js';
import { EndpointKeys } from './redis-keys.js';
import { type RedisSettings, type RedisStoreOptions, redisSettings } from './redis-options.js';
import { KnownRecords } from './redis-records.js';
import { Room } from './redis-room.js';
import type { SessionParts } from './redis-session-parts.js';
import { RedisSessions } from './redis-sessions.js';
import { RedisSharing } from './redis-sharing.js';
import { redisStreams } from './redis-streams.js';

export type { RedisClient } from './redis-client.js';
export type { RedisDurability, RedisStoreOptions } from './redis-options.js';

/** Records that an instance need not be sent again while they are as they were. */
const MAX_KNOWN = 10_000;

/**
 * Keeps sessions and streams in Redis 6.2 or later, or Valkey, where all instances of an endpoint find them.
 *
 * A client that is given stays its owner's: it is connected when nobody has, and never closed. Subscriptions
 * are made on a duplicate of it. For a URL, whichever of ioredis and redis is installed is loaded at first use.
 *
 * @param clientOrUrl - a client of ioredis 5 or 6 (`Redis`, `Cluster`) or redis 5 or 6 (`createClient`,
 * `createCluster`, `createSentinel`), or a `redis:` or `rediss:` URL.
 * @throws OptionError `ERR_MCP_OPTION` when it is neither, or an option is unknown or out of range.
 */
export function redisStore(
  clientOrUrl: RedisClient | string,
  options: RedisStoreOptions = {},
): Store {
  const settings = redisSettings(options);
  checkedClient(clientOrUrl);
  const connections = new SharedConnection((logger) =>
    connectionOf(clientOrUrl, { commandMs: settings.commandMs, logger }),
  );
  return {
    name: 'redis',
    isShared: true,
    open: (endpoint) => opened(connections, settings, endpoint),
  };
}

function opened(
  connections: SharedConnection,
  settings: RedisSettings,
  { label, limits, callsPerSession, logger }: StoredEndpoint,
): EndpointStore {
  const { prefix, durability, leaseMs } = settings;
  const connection = connections.take(logger);
  const self = randomBytes(6).toString('hex');
  const keys = new EndpointKeys(prefix, label);
  const instances = new RedisInstances(connection, { prefix, keys, self, leaseMs, logger });
  const alive = (instance: string) => instances.alive(instance);
  const parts: SessionParts = {
    connection,
    keys,
    self,
    limits,
    callsPerSession,
    known: new KnownRecords(MAX_KNOWN),
    claims: new Claims(connection, self),
    room: new Room(connection, keys, limits.max, alive),
    durable: new DurableWrites(connection, durability, logger),
    alive,
    logger,
  };
  const events = redisStreams(connection, {
    ...settings,
    self,
    logger,
    alive,
    post: (instance, letter) => instances.post(instance, letter),
    ring: (session, stream) => instances.tellSelf({ kind: 'appended', session, stream }),
  });
  return {
    sessions: new RedisSessions(parts),
    shared: { self, sessions: new RedisSharing(parts), events, instances },
    close: async () => {
      instances.close();
      parts.claims.close();
      parts.known.clear();
      await connections.give(connection);
    },
  };
}

/** One connection for all endpoints of a store, from the first that is opened to the last that is closed. */
class SharedConnection {
  readonly #make: (logger: Logger) => RedisConnection;
  #connection: RedisConnection | undefined;
  #users = 0;

  constructor(make: (logger: Logger) => RedisConnection) {
    this.#make = make;
  }

  take(logger: Logger): RedisConnection {
    this.#connection ??= this.#make(logger);
    this.#users += 1;
    return this.#connection;
  }

  async give(connection: RedisConnection): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#connection = undefined;
    await connection.close();
  }
}
