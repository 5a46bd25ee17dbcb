/**
 * How many sessions there are, of an endpoint or of an owner, and which is to be evicted first.
 *
 * A sorted set holds keys of sessions; the score is the phase, then the time at which the session ends when
 * nobody uses it. Places whose time is over fall out, so a session that was forgotten costs nobody a place
 * for longer than it would have lived.
 *
 * Knows: sorted sets. Does not know: what is in a session.
 *
 * @module
 */
import type { RedisConnection } from './redis-connection.js';
import { NOW, scriptOf } from './redis-script.js';

/** What a session's place is made of. */
export interface Place {
  /** Key of the session. */
  readonly key: string;
  readonly phase: number;
  /** Time until it ends when nobody uses it, milliseconds. */
  readonly ttlMs: number;
}

/** Candidates of one look. */
export const CANDIDATES = 16;

const COMMON = `${NOW}
local SPAN = 1e14

local function score(phase, ttl) return string.format('%.0f', phase * SPAN + now() + ttl) end

local function prune()
  if type(redis.pcall('ZCARD', KEYS[1])) == 'table' then redis.call('DEL', KEYS[1]) end
  for phase = 0, 2 do
    redis.call('ZREMRANGEBYSCORE', KEYS[1], string.format('%.0f', phase * SPAN), score(phase, 0))
  end
end

local function place(key, phase, ttl)
  redis.call('ZADD', KEYS[1], score(tonumber(phase), tonumber(ttl)), key)
  if redis.call('PTTL', KEYS[1]) < tonumber(ttl) then redis.call('PEXPIRE', KEYS[1], ttl) end
end
`;

/** 1 when there was a place. Key: set. Arguments: key, phase, time to live, most places. */
const TAKE = scriptOf(
  'take-place',
  `${COMMON}
prune()
local isThere = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not isThere and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then return 0 end
place(ARGV[1], ARGV[2], ARGV[3])
return 1
`,
);

/** Key: set. Arguments: places to pass over, last phase. */
const FIRST = scriptOf(
  'first-places',
  `${COMMON}
local last = '(' .. string.format('%.0f', (tonumber(ARGV[2]) + 1) * SPAN)
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', last, 'LIMIT', ARGV[1], ${CANDIDATES})
`,
);

/** Key: set. Arguments: key, phase, time to live. */
const MOVE = scriptOf('move-place', `${COMMON} prune() place(ARGV[1], ARGV[2], ARGV[3]) return 0`);

/** Key: set. Argument: key. */
const FREE = scriptOf('free-place', `redis.pcall('ZREM', KEYS[1], ARGV[1]) return 0`);

/** Key: set. */
const COUNT = scriptOf('count', `${COMMON} prune() return redis.call('ZCARD', KEYS[1])`);

/** Places in sorted sets. */
export class RedisIndex {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  /** Takes a place, if there are fewer than `max`. */
  async take(set: string, { key, phase, ttlMs }: Place, max: number): Promise<boolean> {
    return Number(await this.#connection.run(TAKE, [set], [key, phase, ttlMs, max])) === 1;
  }

  /** Some keys of sessions up to a phase, the first to be evicted first. */
  async first(set: string, passOver: number, lastPhase: number): Promise<readonly string[]> {
    const reply = await this.#connection.run(FIRST, [set], [passOver, lastPhase]);
    return Array.isArray(reply) ? reply.map(String) : [];
  }

  async move(set: string, { key, phase, ttlMs }: Place): Promise<void> {
    await this.#connection.run(MOVE, [set], [key, phase, ttlMs]);
  }

  async free(set: string, key: string): Promise<void> {
    await this.#connection.run(FREE, [set], [key]);
  }

  async count(set: string): Promise<number> {
    return Number(await this.#connection.run(COUNT, [set], []));
  }
}
