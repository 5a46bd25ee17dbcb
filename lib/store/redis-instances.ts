/**
 * The instances of one endpoint, as Redis knows them: leases, letters, notices.
 *
 * A letter waits in a list and is rung for; the list is looked at once a second all the same. Notices are
 * numbered; whoever sees that a number is missing reads what there is.
 *
 * Knows: the order of letters and notices. Does not know: what they say, Redis's clients.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { Logger } from '../log.js';
import type { InstanceListener, Instances, Letter, Notice } from './port.js';
import type { RedisConnection, Reply } from './redis-connection.js';
import { BEAT, HELD, POST, PUBLISH, READ, RESIGN, TAKE } from './redis-instance-scripts.js';

/** What instances are made with. */
export interface RedisInstancesOptions {
  /** What every key and channel begins with. */
  readonly prefix: string;
  /** Sets the endpoint apart from others. */
  readonly label: string;
  /** Names this instance. */
  readonly self: string;
  readonly leaseMs: number;
  readonly logger: Logger;
}

const POLL_MS = 1_000;
/** Letters that wait for one instance; the oldest go first. */
const MAX_LETTERS = 10_000;
/** Letters that are taken at once. */
const LETTERS_AT_ONCE = 100;
/** Notices that can still be read. */
const MAX_NOTICES = 1_000;
const NOTICES_MS = 86_400_000;

export class RedisInstances implements Instances {
  readonly #connection: RedisConnection;
  readonly #options: RedisInstancesOptions;
  readonly #busChannel: string;
  readonly #bus: readonly string[];
  #listener: InstanceListener | undefined;
  #revision = 0;
  #leaseUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #taking: Promise<void> | undefined;
  #isRung = false;
  #reading: Promise<void> | undefined;

  constructor(connection: RedisConnection, options: RedisInstancesOptions) {
    this.#connection = connection;
    this.#options = options;
    const { prefix, label } = options;
    const endpoint = createHash('sha256').update(`instances\0${label}`).digest('hex').slice(0, 16);
    this.#busChannel = `${prefix}:e:${endpoint}`;
    this.#bus = [`${prefix}:{e${endpoint}}:rev`, `${prefix}:{e${endpoint}}:bus`];
  }

  get revision(): number {
    return this.#revision;
  }

  start(listener: InstanceListener): void {
    if (this.#listener !== undefined) return;
    this.#listener = listener;
    const { self, prefix } = this.#options;
    this.#hear(`${prefix}:i:${self}`, () => void this.#take());
    this.#hear(this.#busChannel, (text) => this.#published(text));
    const everyMs = Math.min(POLL_MS, this.#options.leaseMs / 3);
    this.#timer = setInterval(() => this.#poll(), everyMs).unref();
    this.#poll();
  }

  async ready(): Promise<void> {
    await this.#beat();
    await this.#read();
  }

  async alive(instance: string): Promise<boolean> {
    return (await this.#connection.run(HELD, [this.#key(instance, 'l')], [])) === 1;
  }

  async post(instance: string, letter: Letter): Promise<void> {
    const { prefix, leaseMs } = this.#options;
    const args = [JSON.stringify(letter), MAX_LETTERS, leaseMs * 4, `${prefix}:i:${instance}`];
    await this.#connection.run(POST, [this.#key(instance, 'in')], args);
  }

  async publish(notice: Notice): Promise<number> {
    const args = [JSON.stringify(notice), MAX_NOTICES, NOTICES_MS, this.#busChannel];
    return Number(await this.#connection.run(PUBLISH, this.#bus, args));
  }

  async noticesAfter(revision: number): Promise<readonly Notice[] | 'lost'> {
    const [, texts] = await this.#noticesFrom(revision);
    return texts === undefined ? 'lost' : texts.flatMap(readNotice);
  }

  async resign(): Promise<void> {
    clearInterval(this.#timer);
    this.#listener = undefined;
    const { self, prefix } = this.#options;
    await this.#connection.unsubscribe(`${prefix}:i:${self}`);
    await this.#connection.unsubscribe(this.#busChannel);
    await this.#connection.run(RESIGN, [this.#key(self, 'l')], []);
  }

  #key(instance: string, what: 'l' | 'in'): string {
    return `${this.#options.prefix}:{i${instance}}:${what}`;
  }

  #hear(channel: string, heard: (text: string) => void): void {
    // The connection asks again by itself; meanwhile there is the poll.
    this.#connection.subscribe(channel, heard).catch(this.#failed);
  }

  readonly #failed = (error: unknown): void => {
    this.#options.logger.debug({ err: error }, 'Redis gave no answer to an instance');
  };

  #poll(): void {
    const { leaseMs } = this.#options;
    const isDue = performance.now() + (leaseMs * 2) / 3 > this.#leaseUntil;
    (isDue ? this.#beat() : this.#take()).catch(this.#failed);
    this.#read().catch(this.#failed);
  }

  /** Takes the lease again. */
  async #beat(): Promise<void> {
    const { self, leaseMs } = this.#options;
    const until = performance.now() + leaseMs;
    const keys = [this.#key(self, 'l'), this.#key(self, 'in')];
    const letters = await this.#connection.run(BEAT, keys, [leaseMs, LETTERS_AT_ONCE]);
    this.#leaseUntil = until;
    if (this.#open(letters) === LETTERS_AT_ONCE) await this.#take();
  }

  /** Takes the letters that wait, one batch after the other. */
  #take(): Promise<void> {
    this.#isRung = true;
    this.#taking ??= this.#takeAll().finally(() => {
      this.#taking = undefined;
    });
    return this.#taking;
  }

  async #takeAll(): Promise<void> {
    const inbox = this.#key(this.#options.self, 'in');
    while (this.#isRung && this.#listener !== undefined) {
      this.#isRung = false;
      const letters = await this.#connection.run(TAKE, [inbox], [LETTERS_AT_ONCE]);
      if (this.#open(letters) === LETTERS_AT_ONCE) this.#isRung = true;
    }
  }

  /** Hands letters over; how many there were. */
  #open(letters: Reply): number {
    if (!Array.isArray(letters)) return 0;
    for (const text of letters) {
      const letter = parsed(text);
      if (letter !== undefined) this.#guarded(() => this.#listener?.letter(letter));
    }
    return letters.length;
  }

  #published(text: string): void {
    const [, digits = '', json = ''] = /^(\d{1,15}):(.*)$/s.exec(text) ?? [];
    const revision = Number(digits);
    if (revision <= this.#revision) return;
    if (revision === this.#revision + 1) this.#tell(json, revision);
    else this.#read().catch(this.#failed);
  }

  /** Reads what was published since, if anything was. */
  #read(): Promise<void> {
    this.#reading ??= this.#readNew().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readNew(): Promise<void> {
    const from = this.#revision;
    const [last, texts] = await this.#noticesFrom(from);
    if (from === 0) {
      this.#revision = Math.max(this.#revision, last);
    } else if (texts === undefined) {
      this.#revision = last;
      this.#guarded(() => this.#listener?.missed(last));
    } else {
      const first = last - texts.length + 1;
      for (const [index, json] of texts.entries()) {
        if (first + index > this.#revision) this.#tell(json, first + index);
      }
    }
  }

  #tell(json: string, revision: number): void {
    this.#revision = revision;
    const [notice] = readNotice(json);
    if (notice !== undefined) this.#guarded(() => this.#listener?.notice(notice, revision));
  }

  #guarded(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#options.logger.error({ err: error }, 'what an instance was told could not be acted on');
    }
  }

  async #noticesFrom(revision: number): Promise<[last: number, texts: string[] | undefined]> {
    const reply = await this.#connection.run(READ, this.#bus, [revision, NOTICES_MS]);
    const [last, texts] = Array.isArray(reply) ? (reply as readonly Reply[]) : [];
    if (texts === undefined) return [Number(last), []];
    return [Number(last), Array.isArray(texts) ? texts.map(String) : undefined];
  }
}

function parsed(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}

/** The notice in a text; none when it is not one. */
function readNotice(text: string): Notice[] {
  const value = parsed(text) as Partial<Notice> | undefined | null;
  const { method, uri } = value ?? {};
  if (typeof method !== 'string') return [];
  return [{ method, ...(typeof uri === 'string' && { uri }) }];
}
