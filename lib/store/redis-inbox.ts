/**
 * Letters to this instance.
 *
 * A letter has a number and stays until the reader has said that it came so far, so a reply that is lost
 * takes no letter with it, and none is read twice.
 *
 * Knows: lists, numbers and rings. Does not know: what letters say.
 *
 * @module
 */
import type { Logger } from '../log.js';
import type { RedisConnection, Reply } from './redis-connection.js';
import { inboxKeys, instanceChannel } from './redis-keys.js';
import { isObject, parsed } from './redis-records.js';
import { textsOf } from './redis-room.js';
import { scriptOf } from './redis-script.js';

const LETTERS_PER_LOOK = 100;
const POLL_MS = 1_000;

/**
 * The last number that was given, and letters after another; those up to that, and what has no number, go.
 *
 * Keys: list, count. Arguments: number, how many.
 */
const READ = scriptOf(
  'read-letters',
  `
local count = redis.pcall('HGET', KEYS[2], 'n')
local last = type(count) == 'string' and tonumber(count) or 2 ^ 53
local function first()
  local letter = redis.pcall('LINDEX', KEYS[1], 0)
  return type(letter) == 'string' and letter
end
local letter = first()
while letter do
  local number = tonumber(string.match(letter, '^(%d+):') or '')
  if number and number > tonumber(ARGV[1]) and number <= last then
    return {string.format('%.0f', last), redis.call('LRANGE', KEYS[1], 0, ARGV[2] - 1)}
  end
  redis.call('LPOP', KEYS[1])
  redis.pcall('HINCRBY', KEYS[2], 'b', -#letter)
  letter = first()
end
return {'0', {}}
`,
);

/** What an inbox is made with. */
export interface InboxOptions {
  readonly prefix: string;
  readonly self: string;
  readonly logger: Logger;
}

export class Inbox {
  readonly #connection: RedisConnection;
  readonly #options: InboxOptions;
  #hear = (_letter: unknown) => {};
  #timer: NodeJS.Timeout | undefined;
  /** The number of the last letter that was read. */
  #last = 0;
  #reading: Promise<void> | undefined;
  #wasRung = false;
  #isOver = false;

  constructor(connection: RedisConnection, options: InboxOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  start(hear: (letter: unknown) => void): void {
    const { prefix, self, logger } = this.#options;
    this.#hear = hear;
    this.#timer = setInterval(() => this.#ring(), POLL_MS).unref();
    this.#connection
      .subscribe(instanceChannel(prefix, self), () => this.#ring())
      .catch((error: unknown) => {
        logger.debug(
          { err: error },
          'letters are looked for once a second until Redis is in reach',
        );
      });
    this.#ring();
  }

  /** Hands a letter over. */
  hear(letter: unknown): void {
    if (this.#isOver) return;
    try {
      this.#hear(letter);
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'a letter could not be taken');
    }
  }

  stop(): void {
    this.#isOver = true;
    clearInterval(this.#timer);
  }

  /** Looks now, or again once the look that is under way is over. */
  #ring(): void {
    this.#wasRung = true;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
  }

  async #read(): Promise<void> {
    const { prefix, self, logger } = this.#options;
    const keys = inboxKeys(prefix, self);
    try {
      while (this.#wasRung && !this.#isOver) {
        this.#wasRung = false;
        const args = [this.#last, LETTERS_PER_LOOK];
        const reply = await this.#connection.run(READ, keys, args);
        const [last, texts] = Array.isArray(reply) ? (reply as readonly Reply[]) : [];
        const letters = textsOf(texts);
        for (const letter of letters) this.#open(letter, Number(last));
        if (letters.length > 0) this.#wasRung = true;
      }
    } catch (error) {
      logger.debug({ err: error }, 'letters could not be read; they will be');
    }
  }

  #open(text: string, last: number): void {
    const [, digits, json] = /^(\d{1,16}):(.*)$/s.exec(text) ?? [];
    const number = Number(digits);
    const isNew = number > this.#last && number <= last;
    if (isNew) this.#last = number;
    const letter = isNew ? parsed(json) : undefined;
    if (isObject(letter)) this.hear(letter);
    else this.#options.logger.debug({}, 'dropped a letter that cannot be read');
  }
}
