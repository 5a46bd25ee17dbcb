/**
 * Letters to other instances: one batch at a time to each, so that they keep their order.
 *
 * Size: 10 000 letters and 32 MiB wait for an instance; the oldest goes first. Time: what nobody reads ends
 * twice a lease after the last letter.
 *
 * Knows: whose inbox is where. Does not know: what letters say, who reads them.
 *
 * @module
 */
import type { Letter } from './port.js';
import type { RedisConnection } from './redis-connection.js';
import { inboxKeys, instanceChannel, isInstance } from './redis-keys.js';
import { NOW, scriptOf } from './redis-script.js';

const MAX_LETTERS = 10_000;
const MAX_BYTES = 33_554_432;
const LETTERS_PER_BATCH = 100;

/** Keys: list, count. Arguments: time to live, channel; letters. */
const POST = scriptOf(
  'post',
  `${NOW}
for place, kind in ipairs({'list', 'hash'}) do
  local found = redis.call('TYPE', KEYS[place]).ok
  if found ~= kind and found ~= 'none' then redis.call('DEL', KEYS[place]) end
end
if not tonumber(redis.call('HGET', KEYS[2], 'n') or '') then
  redis.call('DEL', KEYS[1], KEYS[2])
  redis.call('HSET', KEYS[2], 'n', string.format('%.0f', now()))
end
local count, bytes = 0, 0
for place = 3, #ARGV do
  local number = redis.call('HINCRBY', KEYS[2], 'n', 1)
  local letter = string.format('%.0f:', number) .. ARGV[place]
  bytes = redis.call('HINCRBY', KEYS[2], 'b', #letter)
  count = redis.call('RPUSH', KEYS[1], letter)
end
while count > 1 and (count > ${MAX_LETTERS} or bytes > ${MAX_BYTES}) do
  bytes = redis.call('HINCRBY', KEYS[2], 'b', -#redis.call('LPOP', KEYS[1]))
  count = count - 1
end
for place = 1, 2 do redis.call('PEXPIRE', KEYS[place], ARGV[1]) end
redis.call('PUBLISH', ARGV[2], '')
return 0
`,
);

interface Posted {
  readonly json: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What an outbox is made with. */
export interface OutboxOptions {
  readonly prefix: string;
  readonly leaseMs: number;
}

export class Outbox {
  readonly #connection: RedisConnection;
  readonly #options: OutboxOptions;
  /** What waits, by instance; an instance is here while a batch is under way. */
  readonly #waiting = new Map<string, Posted[]>();

  constructor(connection: RedisConnection, options: OutboxOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** Resolves when the letter waits for its reader. */
  post(instance: string, letter: Letter): Promise<void> {
    if (!isInstance(instance)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const posted = { json: JSON.stringify(letter), resolve, reject };
      const waiting = this.#waiting.get(instance);
      if (waiting !== undefined) {
        waiting.push(posted);
        return;
      }
      this.#waiting.set(instance, []);
      void this.#send(instance, [posted]);
    });
  }

  async #send(instance: string, first: Posted[]): Promise<void> {
    let batch = first;
    while (batch.length > 0) {
      await this.#sendBatch(instance, batch);
      batch = this.#waiting.get(instance)?.splice(0, LETTERS_PER_BATCH) ?? [];
    }
    this.#waiting.delete(instance);
  }

  async #sendBatch(instance: string, batch: readonly Posted[]): Promise<void> {
    const { prefix, leaseMs } = this.#options;
    const how = [2 * leaseMs, instanceChannel(prefix, instance)];
    const letters = batch.map(({ json }) => json);
    try {
      await this.#connection.run(POST, inboxKeys(prefix, instance), [...how, ...letters]);
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
