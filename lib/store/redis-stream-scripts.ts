/**
 * What is done to streams in Redis, each in one step.
 *
 * A stream is a hash and a list. The hash holds `run` (the instance that writes), `req` (JSON array of the
 * requests it answers), `n` (the last sequence number), `bytes`, `done` (the instance that ended it), `rs` (how
 * many responses it was finished with), `fol` (the instance that is told of appends) and `seen` (the furthest
 * place that a client has asked for). An element of the list is `<sequence><r or n>:<JSON>`, `r` for a
 * response. A session's own stream has `life` in the place of `run` and `req`. A sorted set holds the session's
 * other streams by the time they expire, and `-` once the session has ended. What is not of this form counts as
 * absent.
 *
 * Knows: Lua, keys as they are given. Does not know: how keys are named, who calls.
 *
 * @module
 */
import { NOW, scriptOf } from './redis-script.js';

const COMMON = `
local function whole(text)
  if type(text) == 'string' and #text < 16 and string.match(text, '^%d+$') then return tonumber(text) end
end

local function word(text)
  return type(text) == 'string' and string.match(text, '^%w+$') and text
end

-- The sequence number of an element, and its kind.
local function place(element)
  local digits, kind = string.match(element or '', '^(%d+)([rn]):')
  if digits then return whole(digits), kind end
end

-- A stream's hash; nil when there is none.
local function meta(key, name)
  local held = redis.pcall('HMGET', key, name, 'n', 'bytes', 'done', 'fol', 'req', 'seen')
  if held.err then return nil end
  local n, bytes = whole(held[2]), whole(held[3])
  if not (word(held[1]) and n and bytes) then return nil end
  return { name = held[1], n = n, bytes = bytes, done = held[4], fol = held[5] or '', req = held[6],
    seen = whole(held[7]) or 0 }
end

-- The length of a list; nil when there is something else in its place.
local function length(key)
  local found = redis.pcall('LLEN', key)
  if type(found) == 'number' then return found end
end
`;

const WRITING = `
${COMMON}${NOW}
local function ended(names)
  local score = redis.pcall('ZSCORE', names, '-')
  if type(score) ~= 'table' then return score end
  redis.call('DEL', names)
  return false
end

-- Lets a stream live for a while from now, and enters it among its session's.
local function live(key, list, names, name, ttl)
  redis.call('PEXPIRE', key, ttl)
  redis.call('PEXPIRE', list, ttl)
  if not name then return end
  redis.call('ZREMRANGEBYSCORE', names, 0, now())
  redis.call('ZADD', names, now() + ttl, name)
  if redis.call('PTTL', names) < ttl then redis.call('PEXPIRE', names, ttl) end
end

-- The list's length, after removing what is in its place.
local function cleared(key)
  local found = length(key)
  if found then return found end
  redis.call('DEL', key)
  return 0
end

-- Gives up the oldest that are no responses; the bytes that are left.
local function trim(key, count, bytes, maxEvents, maxBytes)
  local all, looked, responses = count, 0, {}
  while looked < all and (count > maxEvents or bytes > maxBytes) do
    local element = redis.call('LPOP', key)
    local _, kind = place(element)
    looked = looked + 1
    if kind == 'r' then
      responses[#responses + 1] = element
    else
      count = count - 1
      bytes = math.max(0, bytes - #element)
    end
  end
  if looked == all and all > 0 then bytes = 0 end
  for index = #responses, 1, -1 do
    if looked == all then bytes = bytes + #responses[index] end
    redis.call('LPUSH', key, responses[index])
  end
  return bytes
end
`;

/** What {@link APPEND} answers when the session is over. */
export const ENDED = 'ended';
/** What {@link APPEND} answers when another instance has ended the stream. */
export const FENCED = 'fenced';

/**
 * Appends what is not there yet; makes the hash when it is gone. An array with the follower, and 1 when the
 * hash was made.
 *
 * Keys: hash, list, names. Arguments: stream, self, requests, follower, last kept, last appended, how many
 * responses there were when finished, ttl, events, bytes; elements.
 */
export const APPEND = scriptOf(
  'append',
  `${WRITING}
local key, list, names = KEYS[1], KEYS[2], KEYS[3]
local self, kept, head, ttl = ARGV[2], tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[8])
if ended(names) then return '${ENDED}' end
local held = meta(key, 'run')
if held and held.name == self and not held.done then
  if held.n > head or held.req ~= ARGV[3] then held = nil end
end
if held and (held.name ~= self or (held.done and held.done ~= self)) then return '${FENCED}' end
local count = cleared(list)
local isMade, isNew = not held, not held or count == 0
if not held then
  held = { n = kept, bytes = 0, fol = ARGV[4] }
  local last = place(redis.call('LINDEX', list, -1))
  if last and last > kept and last <= head then held.n = last end
  for _, element in ipairs(redis.call('LRANGE', list, 0, -1)) do held.bytes = held.bytes + #element end
  redis.call('DEL', key)
  redis.call('HSET', key, 'run', self, 'req', ARGV[3])
  if held.fol ~= '' then redis.call('HSET', key, 'fol', held.fol) end
end
for index = 11, #ARGV do
  local number = place(ARGV[index])
  if number > held.n then
    count = redis.call('RPUSH', list, ARGV[index])
    held.n = number
    held.bytes = held.bytes + #ARGV[index]
  end
end
local bytes = trim(list, count, held.bytes, tonumber(ARGV[9]), tonumber(ARGV[10]))
if ARGV[7] ~= '' then
  held.n = math.max(held.n, head)
  redis.call('HSET', key, 'done', self, 'rs', ARGV[7])
end
redis.call('HSET', key, 'n', held.n, 'bytes', bytes)
if isNew or ARGV[7] ~= '' or redis.call('PTTL', key) < ttl * 0.9 then
  live(key, list, names, ARGV[1], ttl)
end
return { held.fol, isMade and 1 or 0 }
`,
);

/** What {@link EXTEND} answers when the stream is gone. */
export const GONE = 'gone';

/**
 * Appends to a stream that is over; an array of the sequence number and the follower.
 *
 * Keys: hash, list, names. Arguments: stream, ttl, events, bytes, `r` or `n`, text.
 */
export const EXTEND = scriptOf(
  'extend',
  `${WRITING}
local key, list = KEYS[1], KEYS[2]
if ended(KEYS[3]) then return '${ENDED}' end
local held = meta(key, 'run')
if not held then return '${GONE}' end
if not held.done then return '${FENCED}' end
local count = cleared(list)
local number = math.max(held.n, held.seen) + 1
local element = string.format('%.0f', number) .. ARGV[5] .. ':' .. ARGV[6]
redis.call('RPUSH', list, element)
local bytes = trim(list, count + 1, held.bytes + #element, tonumber(ARGV[3]), tonumber(ARGV[4]))
redis.call('HSET', key, 'n', number, 'bytes', bytes)
live(key, list, KEYS[3], ARGV[1], tonumber(ARGV[2]))
return { number, held.fol }
`,
);

/** What {@link ADOPT} answers when somebody else was first. */
export const LATE = 'late';
/** What {@link ADOPT} answers when the writer has written since. */
export const CHANGED = 'changed';

/**
 * Ends a stream in the place of its writer; an array with the follower.
 *
 * Keys: hash, list, names. Arguments: stream, self, writer, last sequence number, ttl, events, bytes; texts
 * of responses.
 */
export const ADOPT = scriptOf(
  'adopt',
  `${WRITING}
local key, list = KEYS[1], KEYS[2]
local held = meta(key, 'run')
if ended(KEYS[3]) or not held or held.done or held.name ~= ARGV[3] then return '${LATE}' end
if held.n ~= tonumber(ARGV[4]) then return '${CHANGED}' end
local count, bytes, number = cleared(list), held.bytes, math.max(held.n, held.seen)
for index = 8, #ARGV do
  number = number + 1
  local element = string.format('%.0f', number) .. 'r:' .. ARGV[index]
  count = redis.call('RPUSH', list, element)
  bytes = bytes + #element
end
bytes = trim(list, count, bytes, tonumber(ARGV[6]), tonumber(ARGV[7]))
redis.call('HSET', key, 'n', number, 'bytes', bytes, 'done', ARGV[2])
live(key, list, KEYS[3], ARGV[1], tonumber(ARGV[5]))
return { held.fol }
`,
);

/**
 * Appends to a session's own stream, or only begins it; an array of its life, its last sequence number and
 * the instance that listens.
 *
 * Keys: hash, list, names, session. Arguments: a life for a new one, ttl, events, bytes; texts.
 */
export const TELL = scriptOf(
  'tell',
  `${WRITING}
local key, list, ttl = KEYS[1], KEYS[2], tonumber(ARGV[2])
if ended(KEYS[3]) then return '${ENDED}' end
local held = meta(key, 'life')
if not held then
  held = { name = ARGV[1], n = 0, bytes = 0 }
  redis.call('DEL', key, list)
  redis.call('HSET', key, 'life', held.name, 'n', 0, 'bytes', 0)
end
if ARGV[5] then
  local count, bytes = cleared(list), held.bytes
  for index = 5, #ARGV do
    held.n = held.n + 1
    local element = string.format('%.0f', held.n) .. 'n:' .. ARGV[index]
    count = redis.call('RPUSH', list, element)
    bytes = bytes + #element
  end
  bytes = trim(list, count, bytes, tonumber(ARGV[3]), tonumber(ARGV[4]))
  redis.call('HSET', key, 'n', held.n, 'bytes', bytes)
end
live(key, list, nil, nil, ttl)
local listener = redis.pcall('HGET', KEYS[4], 'g')
return { held.name, held.n, word(listener) or '' }
`,
);

/** Names whom to tell of appends; whom it was before, empty when nobody. Keys: hash. Arguments: self. */
export const FOLLOW = scriptOf(
  'follow',
  `${COMMON}
local held = meta(KEYS[1], 'run')
if not held then return '' end
redis.call('HSET', KEYS[1], 'fol', ARGV[1])
return held.fol
`,
);

/**
 * A stream's state: run, done, last sequence number, requests, how many responses it was finished with; its
 * responses when they are asked for.
 *
 * Keys: hash, list. Arguments: `1` for the responses.
 */
export const LOOK = scriptOf(
  'look',
  `${COMMON}
local held = meta(KEYS[1], 'run')
if not held or not length(KEYS[2]) then return false end
local found = { held.name, held.done or '', held.n, held.req or '', redis.call('HGET', KEYS[1], 'rs') or '' }
if ARGV[1] ~= '1' then return found end
for _, element in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  local _, kind = place(element)
  if kind == 'r' then found[#found + 1] = element end
end
return found
`,
);

/**
 * The next elements after a place: name, done, last sequence number, `1` when there are more; elements.
 *
 * A place that is ahead of the log by no more than `lead` is remembered: its client has read what the writer
 * had not kept.
 *
 * Keys: hash, list. Arguments: `run` or `life`, place, events, bytes, lead, ttl that a session's own stream
 * is kept for.
 */
export const PAGE = scriptOf(
  'page',
  `${COMMON}
local key, list, after = KEYS[1], KEYS[2], tonumber(ARGV[2])
local held = meta(key, ARGV[1])
if not held then return false end
local ahead = after - held.n
if ahead > 0 and ahead <= tonumber(ARGV[5]) and after > held.seen and not held.done then
  redis.call('HSET', key, 'seen', after)
end
local ttl = tonumber(ARGV[6])
if ARGV[1] == 'life' and redis.call('PTTL', key) < ttl * 0.9 then redis.call('PEXPIRE', key, ttl) end
local page = { held.name, held.done or '', held.n, 0 }
local count, bytes = length(list) or 0, 0
local from = math.min(count, math.max(0, count + ahead))
while from > 0 do
  local number = place(redis.call('LINDEX', list, from - 1))
  if number and number <= after then break end
  from = from - 1
end
while from < count do
  for _, element in ipairs(redis.call('LRANGE', list, from, from + 9)) do
    local number = place(element)
    if number and number > after and number <= held.n then
      bytes = bytes + #element
      if #page > 4 and (#page - 4 >= tonumber(ARGV[3]) or bytes > tonumber(ARGV[4])) then
        page[4] = 1
        return page
      end
      page[#page + 1] = element
    end
  end
  from = from + 10
end
return page
`,
);

/** Says that a session is over; its streams. Keys: names. Arguments: for how long. */
export const END = scriptOf(
  'end',
  `${WRITING}
ended(KEYS[1])
redis.call('ZADD', KEYS[1], now() + ARGV[1], '-')
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('ZRANGE', KEYS[1], 0, -1)
`,
);

/** Removes streams. Keys: names; hashes and lists. Arguments: names of the streams. */
export const WIPE = scriptOf(
  'wipe',
  `
for index = 2, #KEYS do redis.call('DEL', KEYS[index]) end
for _, name in ipairs(ARGV) do redis.call('ZREM', KEYS[1], name) end
return #KEYS
`,
);
