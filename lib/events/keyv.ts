/**
 * Events in any Keyv 5 or 6: a file, SQLite, Redis, whatever there is an adapter for.
 *
 * Time: an event can be replayed for `ttlMs` from its append. Writing is behind: `append` returns at once,
 * and a process that is killed loses what it had not yet written. Failure: what cannot be written is tried
 * again, then given up and told to `onError`; a read that fails rejects. Size: `maxEventsPerStream`, and the
 * responses. One process writes at a time: instances that serve side by side need a store that they share.
 *
 * Knows: options, and which streams there are. Does not know: where in the Keyv a stream's values are.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { OptionError, told } from '../errors.js';
import type { RequestId } from '../protocol/json-rpc.js';
import { recover } from './keyv-recovery.js';
import { KeyvStream, type Shelf } from './keyv-stream.js';
import { type KeyvLike, KeyvValues } from './keyv-values.js';
import { KnownStreams } from './known-streams.js';
import type { EventLog, FoundStream, StreamKey } from './port.js';
import { WriteBehind } from './write-behind.js';

export type { KeyvLike } from './keyv-values.js';

/** Options of {@link keyvEventStore}. */
export interface KeyvEventStoreOptions {
  /**
   * Events that are kept of one stream, at most 10 000; the oldest that is not a response goes first.
   *
   * Default: 100.
   */
  readonly maxEventsPerStream?: number;
  /** How long an event is kept, milliseconds. Default: 3 600 000 (1 hour). */
  readonly ttlMs?: number;
  /**
   * What every key begins with, inside the Keyv's own namespace: 1 to 64 letters, digits, `.`, `:`, `-`
   * and `_`.
   *
   * Default: `mcp`.
   */
  readonly prefix?: string;
  /** Told of every write that was given up and of every error of the Keyv. Default: nobody is told. */
  readonly onError?: (error: unknown) => void;
}

const DEFAULTS = { maxEventsPerStream: 100, ttlMs: 3_600_000, prefix: 'mcp', onError: () => {} };
const MAX_EVENTS_PER_STREAM = 10_000;
/** Finished streams whose state is remembered; of more it is read from the Keyv. */
const MAX_FINISHED = 10_000;
const MAX_TIMER_MS = 2_147_483_647;
const PREFIX = /^[A-Za-z0-9.:_-]{1,64}$/;
const NAME = /^[A-Za-z0-9]{1,128}$/;

/**
 * Keeps the events of streams in a Keyv, where they outlive the process.
 *
 * @throws OptionError `ERR_MCP_OPTION` when `keyv` is no Keyv, or an option is unknown or out of range.
 */
export function keyvEventStore(keyv: KeyvLike, options: KeyvEventStoreOptions = {}): EventLog {
  if (!isKeyv(keyv)) {
    throw new OptionError(
      `keyv: expected a Keyv, got ${told(keyv)}. Pass \`new Keyv({ store })\`, not the store.`,
    );
  }
  return new KeyvEventLog(keyv, checked(options));
}

class KeyvEventLog implements EventLog {
  readonly name = 'keyv';
  readonly #options: Required<KeyvEventStoreOptions>;
  readonly #values: KeyvValues;
  readonly #writes: WriteBehind;
  readonly #shelf: Shelf;
  readonly #known: KnownStreams<KeyvStream>;
  /** Streams that are being read from the Keyv, so that two readers get the same one. */
  readonly #recovering = new Map<string, Promise<KeyvStream | undefined>>();
  #refreshing: NodeJS.Timeout | undefined;

  constructor(keyv: KeyvLike, options: Required<KeyvEventStoreOptions>) {
    this.#options = options;
    const { ttlMs } = options;
    const onError = (error: unknown) => tell(options.onError, error);
    const values = new KeyvValues(keyv, onError);
    const writes = new WriteBehind(values, onError);
    this.#values = values;
    this.#writes = writes;
    this.#known = new KnownStreams(ttlMs, MAX_FINISHED);
    this.#shelf = {
      ttlMs,
      read: async (key) => {
        const pending = writes.pending(key);
        return pending === undefined ? values.read(key) : pending.value;
      },
      set: (key, value, { bytes, lasting, lives = 1 }) =>
        writes.set(key, { value, ttlMs: lives * ttlMs, bytes, lasting }),
      delete: (key) => writes.delete(key),
    };
  }

  open(key: StreamKey, requests: readonly RequestId[]): KeyvStream {
    const state = {
      run: randomBytes(6).toString('base64url'),
      ring: this.#options.maxEventsPerStream,
      ends: [],
      unanswered: requests,
      responses: [],
    };
    const stream = new KeyvStream(this.#prefixOf(key), state, this.#shelf);
    if (this.#known.hasEnded(key.session)) stream.drop();
    else this.#remember(key, stream);
    return stream;
  }

  async find(key: StreamKey): Promise<FoundStream | undefined> {
    if (!NAME.test(key.session) || !NAME.test(key.stream)) return undefined;
    if (this.#known.hasEnded(key.session)) return undefined;
    const log = this.#known.get(key, Date.now()) ?? (await this.#recovered(key));
    return log && { log, unanswered: log.unanswered };
  }

  drop(session: string): void {
    for (const stream of this.#known.end(session)) stream.drop();
  }

  async close(): Promise<void> {
    clearInterval(this.#refreshing);
    this.#refreshing = undefined;
    await this.#writes.close();
    this.#values.close();
    this.#known.clear();
  }

  #recovered(key: StreamKey): Promise<KeyvStream | undefined> {
    const prefix = this.#prefixOf(key);
    const running = this.#recovering.get(prefix);
    if (running !== undefined) return running;
    const recovering = this.#recover(key, prefix).finally(() => this.#recovering.delete(prefix));
    this.#recovering.set(prefix, recovering);
    return recovering;
  }

  async #recover(key: StreamKey, prefix: string): Promise<KeyvStream | undefined> {
    const found = await recover(prefix, this.#shelf);
    if (found === undefined) return undefined;
    if (this.#known.hasEnded(key.session)) {
      found.stream.drop();
      return undefined;
    }
    this.#remember(key, found.stream);
    if (found.isFinished) this.#known.finish(key, Date.now());
    return found.stream;
  }

  #remember(key: StreamKey, stream: KeyvStream): void {
    stream.onFinished = () => this.#known.finish(key, Date.now());
    this.#known.add(key, stream);
    this.#refreshing ??= setInterval(() => {
      for (const known of this.#known.all()) known.refresh(Date.now());
    }, this.#options.ttlMs / 2).unref();
  }

  #prefixOf({ session, stream }: StreamKey): string {
    return `${this.#options.prefix}:${session}:${stream}`;
  }
}

function checked(options: KeyvEventStoreOptions): Required<KeyvEventStoreOptions> {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new OptionError(`keyvEventStore options: expected an object, got ${told(options)}.`);
  }
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(DEFAULTS, name));
  if (unknown !== undefined) {
    const names = Object.keys(DEFAULTS).join(', ');
    throw new OptionError(`keyvEventStore: unknown option "${unknown}". There are ${names}.`);
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const all = { ...DEFAULTS, ...Object.fromEntries(given) };
  const { maxEventsPerStream, ttlMs, prefix, onError } = all;
  expectPositive('maxEventsPerStream', maxEventsPerStream, MAX_EVENTS_PER_STREAM);
  expectPositive('ttlMs', ttlMs, MAX_TIMER_MS);
  if (typeof prefix !== 'string' || !PREFIX.test(prefix)) {
    const wanted = '1 to 64 letters, digits, ".", ":", "-" and "_"';
    throw new OptionError(`prefix: expected ${wanted}, got ${told(prefix)}.`);
  }
  if (typeof onError !== 'function') {
    throw new OptionError(`onError: expected a function (error), got ${told(onError)}.`);
  }
  return all;
}

function expectPositive(name: string, value: unknown, max: number): void {
  if (Number.isSafeInteger(value) && Number(value) > 0 && Number(value) <= max) return;
  throw new OptionError(
    `${name}: expected a positive integer, at most ${max}, got ${told(value)}.`,
  );
}

/** Tells a Keyv from the stores that it wraps: those hold no store themselves and have no default ttl. */
function isKeyv(value: unknown): value is KeyvLike {
  if (typeof value !== 'object' || value === null) return false;
  const methods = ['get', 'set', 'delete', 'on', 'off'] as const;
  const members = value as Partial<Record<string, unknown>>;
  if (!methods.every((name) => typeof members[name] === 'function')) return false;
  if ('store' in value && 'ttl' in value) return true;
  const { opts } = members;
  return typeof opts === 'object' && opts !== null && 'store' in opts;
}

function tell(onError: (error: unknown) => void, error: unknown): void {
  try {
    onError(error);
  } catch {
    // What the listener throws is its own affair: nobody here waits for an answer.
  }
}
