/**
 * The door for Redis.
 *
 * @module
 */
export { type RedisStoreOptions, redisStore } from './store/redis.js';
