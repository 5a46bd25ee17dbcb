/**
 * What instances do in Redis, each in one step.
 *
 * Knows: Lua, keys as they are given. Does not know: how keys are named, who calls.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { Script } from './redis-connection.js';

/** Takes the lease again, and the letters that wait. Keys: lease, inbox. Arguments: lease in ms, letters. */
export const BEAT = script(
  'beat',
  `
redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
if redis.call('TYPE', KEYS[2]).ok ~= 'list' then redis.call('DEL', KEYS[2]) end
return redis.call('LPOP', KEYS[2], ARGV[2])
`,
);

/** Takes the letters that wait. Keys: inbox. Arguments: letters. */
export const TAKE = script(
  'take',
  `
if redis.call('TYPE', KEYS[1]).ok ~= 'list' then return false end
return redis.call('LPOP', KEYS[1], ARGV[1])
`,
);

/** Leaves a letter and rings. Keys: inbox. Arguments: letter, how many are kept, ttl in ms, channel. */
export const POST = script(
  'post',
  `
if redis.call('TYPE', KEYS[1]).ok ~= 'list' then redis.call('DEL', KEYS[1]) end
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], -ARGV[2], -1)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return redis.call('PUBLISH', ARGV[4], '')
`,
);

/** True while a lease is held. Keys: lease. */
export const HELD = script('held', `return redis.call('EXISTS', KEYS[1])`);

/** Gives the lease up. Keys: lease. */
export const RESIGN = script('resign', `return redis.call('DEL', KEYS[1])`);

/**
 * The last revision. The first is the time in milliseconds, so that one which was given out before the data
 * was lost is always older than what there is now.
 */
const REVISION = `
local function revision()
  local n = redis.pcall('GET', KEYS[1])
  if type(n) == 'string' and #n < 16 and string.match(n, '^%d+$') then return tonumber(n) end
  local time = redis.call('TIME')
  redis.call('DEL', KEYS[1], KEYS[2])
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function keep(n, ttl)
  redis.call('SET', KEYS[1], string.format('%.0f', n), 'PX', ttl)
  redis.call('PEXPIRE', KEYS[2], ttl)
end
`;

/**
 * Tells all instances; the notice's revision.
 *
 * Keys: revision, notices. Arguments: notice, how many are kept, ttl in ms, channel.
 */
export const PUBLISH = script(
  'publish',
  `${REVISION}
local n = revision() + 1
if redis.call('TYPE', KEYS[2]).ok ~= 'list' then redis.call('DEL', KEYS[2]) end
redis.call('RPUSH', KEYS[2], ARGV[1])
redis.call('LTRIM', KEYS[2], -ARGV[2], -1)
keep(n, ARGV[3])
redis.call('PUBLISH', ARGV[4], string.format('%.0f', n) .. ':' .. ARGV[1])
return n
`,
);

/**
 * The last revision and the notices after another one; `false` in their place when some of them are gone.
 *
 * Keys: revision, notices. Arguments: the other revision, ttl in ms.
 */
export const READ = script(
  'read',
  `${REVISION}
local n, after = revision(), tonumber(ARGV[1])
if redis.call('PTTL', KEYS[1]) < ARGV[2] / 2 then keep(n, ARGV[2]) end
if after == n then return { n } end
local isList = redis.call('TYPE', KEYS[2]).ok == 'list'
local count = isList and redis.call('LLEN', KEYS[2]) or 0
if after > n or n - after > count then return { n, false } end
return { n, redis.call('LRANGE', KEYS[2], after - n, -1) }
`,
);

function script(name: string, source: string): Script {
  return { name, source, sha: createHash('sha1').update(source).digest('hex') };
}
