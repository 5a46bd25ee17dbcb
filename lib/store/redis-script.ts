/**
 * A script and the name that Redis knows it by.
 *
 * Knows: EVALSHA. Does not know: what scripts do.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { Script } from './redis-connection.js';

/** Names a script by the SHA-1 of its source. */
export const scriptOf = (name: string, source: string): Script => ({
  name,
  source,
  sha: createHash('sha1').update(source).digest('hex'),
});

/** Lua: the clock of Redis, Unix milliseconds. */
export const NOW = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`;
