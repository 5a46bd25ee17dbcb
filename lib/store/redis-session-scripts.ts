/**
 * What is done to one session in Redis, each in one step.
 *
 * The record is a hash: `c0`, `c1`, … (pieces of the client's JSON), `o` (its owner's hash), `v` (the version, another one after
 * each change), `e` (absolute end, by the clock of Redis), `p` (phase: 0, 1, 2), `l` (log level), `g` (the
 * instance that has the GET stream), `b` (until when it is busy). A hash of calls holds `<instance>.<token>`
 * by the JSON of the request's id. What is not of this form counts as absent.
 *
 * Knows: Lua, keys as they are given. Does not know: how keys are named, who calls.
 *
 * @module
 */
import { NOW, scriptOf } from './redis-script.js';

const COMMON = `${NOW}
-- Version, phase, time that is left and owner of a live session; nil when there is none.
local function alive(key)
  local held = redis.pcall('HMGET', key, 'v', 'p', 'e', 'o')
  if held.err then redis.call('DEL', key) return nil end
  local phase, ends = tonumber(held[2]), tonumber(held[3])
  if not (held[1] and phase and ends and held[4]) then return nil end
  local left = ends - now()
  if left <= 0 then return nil end
  return held[1], phase, left, held[4]
end

-- Resets the idle clock when a tenth of it has passed, or always; the time to live, 0 when it was left as it is.
local function refresh(phase, left, idle, handshake, always)
  local wanted = math.min(phase == 0 and handshake or idle, left)
  if not always and redis.call('PTTL', KEYS[1]) >= wanted * 0.9 then return 0 end
  for place = 1, 3 do redis.call('PEXPIRE', KEYS[place], wanted) end
  return wanted
end

-- Fields and subscriptions.
local function contents()
  local fields, client = redis.call('HMGET', KEYS[1], 'o', 'p', 'l', 'g'), {}
  for place = 1, 4 do fields[place] = fields[place] or '' end
  local piece = redis.call('HGET', KEYS[1], 'c0')
  while piece do
    client[#client + 1] = piece
    piece = redis.call('HGET', KEYS[1], 'c' .. #client)
  end
  fields[5] = table.concat(client)
  local uris = redis.pcall('SMEMBERS', KEYS[3])
  return fields, uris.err and {} or uris
end

local function instanceIn(value) return string.match(value, '^(%w+)%.') end

-- Values of the hash of calls by field; without those of the instances in a list.
local function callsWithout(dead)
  local all = redis.pcall('HGETALL', KEYS[2])
  if all.err then redis.call('DEL', KEYS[2]) return {} end
  local calls = {}
  for place = 1, #all, 2 do
    local holder = instanceIn(all[place + 1])
    if holder and not string.find(dead, holder, 1, true) then calls[all[place]] = all[place + 1]
    else redis.call('HDEL', KEYS[2], all[place]) end
  end
  return calls
end

-- Instances that have calls or the GET stream, each once.
local function users(calls, listener, except)
  local found, list = { [except] = true, [''] = true }, {}
  local function add(name)
    if name and not found[name] then found[name] = true list[#list + 1] = name end
  end
  for _, value in pairs(calls) do add(instanceIn(value)) end
  add(listener or '')
  return list
end
`;

/**
 * Looks a session up, and enters claims.
 *
 * Keys: record, calls, subscriptions, tombstone. Arguments: the version that is known, idle and handshake
 * time (0 to leave the clock alone), most calls, instance, token, dead instances; ids.
 */
export const FIND = scriptOf(
  'find',
  `${COMMON}
if redis.call('EXISTS', KEYS[4]) == 1 then return {'ended'} end
local version, phase, left = alive(KEYS[1])
if not version then return {'unknown'} end
if #ARGV > 7 then
  local calls, count, others = callsWithout(ARGV[7]), 0, {}
  for _ in pairs(calls) do count = count + 1 end
  for place = 8, #ARGV do
    local value = calls[ARGV[place]]
    if not value then count = count + 1
    elseif instanceIn(value) ~= ARGV[5] then others[place] = value end
  end
  others = users(others, nil, ARGV[5])
  if #others > 0 then return {'duplicate', others} end
  if count > tonumber(ARGV[4]) then return {'full', users(calls, nil, ARGV[5])} end
  for place = 8, #ARGV do
    redis.call('HSET', KEYS[2], ARGV[place], ARGV[5] .. '.' .. ARGV[6])
  end
end
local idle, touched = tonumber(ARGV[2]), 0
if idle > 0 then touched = refresh(phase, left, idle, tonumber(ARGV[3])) end
if touched == 0 and #ARGV > 7 then redis.call('PEXPIRE', KEYS[2], redis.call('PTTL', KEYS[1])) end
if version == ARGV[1] then return {'found', version, left, touched} end
return {'found', version, left, touched, contents()}
`,
);

/**
 * Makes a session, if there is none.
 *
 * Keys: as above. Arguments: version, time to its absolute end, time to live, phase, owner, `1` to replace one
 * that cannot be read; pieces of the client.
 */
export const OPEN = scriptOf(
  'open',
  `${COMMON}
if redis.call('EXISTS', KEYS[4]) == 1 then return {'ended'} end
local version, _, left = alive(KEYS[1])
if version and ARGV[6] ~= '1' then return {'found', version, left, 0, contents()} end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'e', string.format('%.0f', now() + tonumber(ARGV[2])),
  'p', ARGV[4], 'o', ARGV[5])
for place = 7, #ARGV do redis.call('HSET', KEYS[1], 'c' .. place - 7, ARGV[place]) end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {'opened'}
`,
);

/** Takes back a session that was opened and that nobody has used. Keys: record, calls. Argument: version. */
export const CLOSE = scriptOf(
  'close',
  `
if redis.pcall('HGET', KEYS[1], 'v') ~= ARGV[1] then return 0 end
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
return redis.call('DEL', KEYS[1])
`,
);

/**
 * A session was used; its version before, its phase, time to live if that was set, owner.
 *
 * Keys: record, calls, subscriptions. Arguments: version, idle and handshake time, phase.
 */
export const TOUCH = scriptOf(
  'touch',
  `${COMMON}
local version, phase, left, owner = alive(KEYS[1])
if not version then return {} end
local advances = tonumber(ARGV[4]) > phase
if advances then
  phase = tonumber(ARGV[4])
  redis.call('HSET', KEYS[1], 'p', ARGV[4], 'v', ARGV[1])
end
return {version, phase, refresh(phase, left, tonumber(ARGV[2]), tonumber(ARGV[3]), advances), owner}
`,
);

/**
 * A session is busy; its phase, time to live if that was set, owner.
 *
 * Keys: record, calls, subscriptions. Arguments: idle and handshake time, how long it counts as busy.
 */
export const RENEW = scriptOf(
  'renew',
  `${COMMON}
local version, phase, left, owner = alive(KEYS[1])
if not version then return {} end
redis.call('HSET', KEYS[1], 'b', string.format('%.0f', now() + tonumber(ARGV[3])))
return {phase, refresh(phase, left, tonumber(ARGV[1]), tonumber(ARGV[2])), owner}
`,
);

/**
 * Ends a session for good; 1 when there was one, its owner, who uses it.
 *
 * Keys: record, calls, subscriptions, tombstone. Arguments: instance, how long that is remembered.
 */
export const END = scriptOf(
  'end',
  `${COMMON}
local version, _, _, owner = alive(KEYS[1])
local listener = version and redis.call('HGET', KEYS[1], 'g')
local list = users(callsWithout(''), listener, ARGV[1])
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
if tonumber(ARGV[2]) > 0 then redis.call('SET', KEYS[4], '1', 'PX', ARGV[2]) end
return {version and 1 or 0, owner or '', list}
`,
);

/** Whether a session was ended. Key: tombstone. */
export const ENDED = scriptOf('ended', `return redis.call('EXISTS', KEYS[1])`);

/**
 * Makes room; what became of it, its owner or who uses it.
 *
 * Keys: record, calls, subscriptions. Arguments: the last phase that may go, dead instances.
 */
export const EVICT = scriptOf(
  'evict',
  `${COMMON}
local version, phase, _, owner = alive(KEYS[1])
if not version then redis.call('DEL', KEYS[1], KEYS[2], KEYS[3]) return {'gone'} end
if phase > tonumber(ARGV[1]) then return {'spared'} end
local held = redis.call('HMGET', KEYS[1], 'b', 'g')
if (tonumber(held[1] or '') or 0) > now() then return {'spared'} end
local listener = held[2]
if listener and string.find(ARGV[2], listener, 1, true) then listener = nil end
local list = users(callsWithout(ARGV[2]), listener, '')
if #list > 0 then return {'used', list} end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
return {'gone', owner}
`,
);

/** Takes claims back. Key: calls. Arguments: `<instance>.<token>`; ids. */
export const LEAVE = scriptOf(
  'leave',
  `
for place = 2, #ARGV do
  local held = redis.pcall('HGET', KEYS[1], ARGV[place])
  if held == ARGV[1] then redis.call('HDEL', KEYS[1], ARGV[place]) end
end
return 0
`,
);

/** Who serves a request. Key: calls. Argument: id. */
export const RUNNER = scriptOf(
  'runner',
  `
local held = redis.pcall('HGET', KEYS[1], ARGV[1])
return type(held) == 'string' and string.match(held, '^(%w+)%.') or ''
`,
);

/**
 * Changes a session; its version before, who uses it.
 *
 * Keys: record, calls, subscriptions. Arguments: version, instance, what is changed, to what.
 */
export const CHANGE = scriptOf(
  'change',
  `${COMMON}
local version = alive(KEYS[1])
if not version then return {} end
if ARGV[3] == 'logLevel' then redis.call('HSET', KEYS[1], 'l', ARGV[4])
else
  if type(redis.pcall('SCARD', KEYS[3])) == 'table' then redis.call('DEL', KEYS[3]) end
  redis.call(ARGV[3] == 'subscribe' and 'SADD' or 'SREM', KEYS[3], ARGV[4])
  redis.call('PEXPIRE', KEYS[3], redis.call('PTTL', KEYS[1]))
end
redis.call('HSET', KEYS[1], 'v', ARGV[1])
return {version, users(callsWithout(''), redis.call('HGET', KEYS[1], 'g'), ARGV[2])}
`,
);

/** Takes a session's GET stream; its version before, who had it. Keys: record. Arguments: version, instance. */
export const LISTEN = scriptOf(
  'listen',
  `${COMMON}
local version = alive(KEYS[1])
if not version then return {} end
local before = redis.call('HGET', KEYS[1], 'g') or ''
redis.call('HSET', KEYS[1], 'g', ARGV[2], 'v', ARGV[1])
return {version, before}
`,
);

/** Gives it up, if it was not taken; the version before. Keys and arguments: the same. */
export const UNLISTEN = scriptOf(
  'unlisten',
  `${COMMON}
local version = alive(KEYS[1])
if not version or redis.call('HGET', KEYS[1], 'g') ~= ARGV[2] then return {} end
redis.call('HDEL', KEYS[1], 'g')
redis.call('HSET', KEYS[1], 'v', ARGV[1])
return {version, ''}
`,
);
