/**
 * The door to Redis: a store that instances share.
 *
 * @module
 */

export type { Store } from './store/port.js';
export {
  type RedisClient,
  type RedisDurability,
  type RedisStoreOptions,
  redisStore,
} from './store/redis.js';
export type { IoredisClient } from './store/redis-ioredis.js';
export type { NodeRedisClient } from './store/redis-node.js';
