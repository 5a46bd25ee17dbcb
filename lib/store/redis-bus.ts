/**
 * Notices to all instances: each is heard once, in order, or said to be missed.
 *
 * Every notice has a number, one more than the last. The first has the time of day, so that a bus which was
 * lost and begun again goes on behind what anybody has heard. What a subscription did not bring is read from
 * the list of the last 1 000, at the next notice or within a second.
 *
 * Knows: numbers and gaps. Does not know: what a notice is about.
 *
 * @module
 */
import type { Logger } from '../log.js';
import type { InstanceListener, Notice } from './port.js';
import type { RedisConnection, Reply } from './redis-connection.js';
import { isObject, parsed } from './redis-records.js';
import { textsOf } from './redis-room.js';
import { NOW, scriptOf } from './redis-script.js';

const MAX_NOTICES = 1_000;
const POLL_MS = 1_000;
/** A bus that no instance looks at any more is forgotten. */
const KEPT_MS = 86_400_000;

/** A bus that is not there, or is none, is begun. */
const COMMON = `${NOW}
local function lastNumber()
  local held = redis.pcall('GET', KEYS[2])
  local last = type(held) == 'string' and tonumber(held)
  if not last then
    last = now()
    redis.call('DEL', KEYS[1])
    redis.call('SET', KEYS[2], string.format('%.0f', last), 'PX', ${KEPT_MS})
  end
  return last
end

local function notices(from, to)
  local found = redis.pcall('LRANGE', KEYS[1], from, to)
  if found.err then redis.call('DEL', KEYS[1]) return {} end
  return found
end
`;

/** The number of what is published. Keys: list, count. Arguments: notice, channel. */
const PUBLISH = scriptOf(
  'publish',
  `${COMMON}
lastNumber()
notices(0, 0)
local number = redis.call('INCR', KEYS[2])
local notice = string.format('%.0f:', number) .. ARGV[1]
redis.call('RPUSH', KEYS[1], notice)
redis.call('LTRIM', KEYS[1], -${MAX_NOTICES}, -1)
for place = 1, 2 do redis.call('PEXPIRE', KEYS[place], ${KEPT_MS}) end
redis.call('PUBLISH', ARGV[2], notice)
return number
`,
);

/** The last number, and the notices after another. Keys: list, count. Argument: that number, or nothing. */
const AFTER = scriptOf(
  'notices-after',
  `${COMMON}
local last = lastNumber()
if redis.call('PTTL', KEYS[2]) < ${KEPT_MS / 2} then
  for place = 1, 2 do redis.call('PEXPIRE', KEYS[place], ${KEPT_MS}) end
end
local wanted = math.min(last - (tonumber(ARGV[1]) or last), ${MAX_NOTICES})
return {string.format('%.0f', last), wanted > 0 and notices(-wanted, -1) or {}}
`,
);

/** What a bus is made with. */
export interface BusOptions {
  readonly keys: readonly [notices: string, count: string];
  readonly channel: string;
  readonly logger: Logger;
}

interface Numbered {
  readonly revision: number;
  /** Undefined when it cannot be read. */
  readonly notice: Notice | undefined;
}

export class Bus {
  readonly #connection: RedisConnection;
  readonly #options: BusOptions;
  #listener: InstanceListener | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Undefined until it is known where the bus was when this instance came. */
  #revision: number | undefined;
  #looking: Promise<void> | undefined;
  #looksAgain = false;
  #isOver = false;

  constructor(connection: RedisConnection, options: BusOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  get revision(): number {
    return this.#revision ?? 0;
  }

  start(listener: InstanceListener): void {
    const { channel, logger } = this.#options;
    this.#listener = listener;
    this.#timer = setInterval(() => this.#tryLook(), POLL_MS).unref();
    this.#tryLook();
    this.#connection
      .subscribe(channel, (text) => this.#heard(text))
      .catch((error: unknown) => {
        logger.debug(
          { err: error },
          'notices are looked for once a second until Redis is in reach',
        );
      });
  }

  /** Rejects while it is not known where the bus is. */
  async ready(): Promise<void> {
    if (this.#revision === undefined) await this.#look();
  }

  async publish({ method, uri }: Notice): Promise<number> {
    const { keys, channel } = this.#options;
    const args = [JSON.stringify({ method, uri }), channel];
    const revision = Number(await this.#connection.run(PUBLISH, keys, args));
    this.#take({ revision, notice: noticeOf(method, uri) });
    return revision;
  }

  async noticesAfter(revision: number): Promise<readonly Notice[] | 'lost'> {
    if (!Number.isSafeInteger(revision) || revision < 0) return 'lost';
    const { last, notices } = await this.#read(revision);
    if (last === revision) return [];
    const isWhole = notices[0]?.revision === revision + 1 && notices.length === last - revision;
    if (!isWhole) return 'lost';
    return notices.flatMap(({ notice }) => notice ?? []);
  }

  stop(): void {
    this.#isOver = true;
    clearInterval(this.#timer);
  }

  #heard(text: string): void {
    const numbered = readNumbered(text);
    if (numbered !== undefined) this.#take(numbered);
    else this.#options.logger.debug({}, 'dropped a notice that cannot be read');
  }

  /** The next notice is told; before one that is further ahead comes what is between. */
  #take({ revision, notice }: Numbered): void {
    if (this.#isOver || this.#revision === undefined) return;
    if (revision === this.#revision + 1) this.#tell(revision, notice);
    else if (revision > this.#revision) this.#tryLook();
  }

  #tell(revision: number, notice: Notice | undefined): void {
    this.#revision = revision;
    if (notice !== undefined) this.#call((listener) => listener.notice(notice, revision));
  }

  #miss(revision: number): void {
    this.#revision = revision;
    this.#call((listener) => listener.missed(revision));
  }

  #call(tell: (listener: InstanceListener) => void): void {
    if (this.#listener === undefined) return;
    try {
      tell(this.#listener);
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'a notice could not be taken');
    }
  }

  #tryLook(): void {
    this.#looksAgain = this.#looking !== undefined;
    this.#look().catch((error: unknown) => {
      this.#options.logger.debug({ err: error }, 'notices could not be read; they will be');
    });
  }

  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
      if (this.#looksAgain && !this.#isOver) this.#tryLook();
    });
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    const since = this.#revision;
    const { last, notices } = await this.#read(since ?? '');
    if (this.#isOver) return;
    if (since === undefined) this.#revision = last;
    else if (last < since) this.#miss(last);
    else this.#catchUp(notices, last);
  }

  #catchUp(notices: readonly Numbered[], last: number): void {
    for (const { revision, notice } of notices) {
      if (revision <= this.revision || revision > last) continue;
      if (revision > this.revision + 1) this.#miss(revision - 1);
      this.#tell(revision, notice);
    }
    if (last > this.revision) this.#miss(last);
  }

  async #read(after: number | ''): Promise<{ last: number; notices: readonly Numbered[] }> {
    const reply = await this.#connection.run(AFTER, this.#options.keys, [after]);
    const [last, texts] = Array.isArray(reply) ? (reply as readonly Reply[]) : [];
    const notices = textsOf(texts).flatMap((text) => readNumbered(text) ?? []);
    return { last: Number(last ?? 0), notices };
  }
}

/** Undefined when it has no number; what others have written may be anything. */
function readNumbered(text: string): Numbered | undefined {
  const [, digits, json] = /^(\d{1,15}):(.*)$/s.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const said = parsed(json);
  const isNotice =
    isObject(said) &&
    typeof said.method === 'string' &&
    (said.uri === undefined || typeof said.uri === 'string');
  const notice = isNotice
    ? noticeOf(said.method as string, said.uri as string | undefined)
    : undefined;
  return { revision: Number(digits), notice };
}

const noticeOf = (method: string, uri: string | undefined): Notice =>
  uri === undefined ? { method } : { method, uri };
