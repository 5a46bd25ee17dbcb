/**
 * Values in a Keyv, of which an outage is never taken for absence.
 *
 * A Keyv hides the errors of its store: depending on the version, on the store and on who listens, a failed
 * read resolves with undefined and a failed write with true. What gives them away is the event `error` that
 * is emitted while the operation runs; `getRaw` of Keyv 5 rejects instead.
 *
 * Knows: the API that Keyv 5 and 6 share. Does not know: events, streams.
 *
 * @module
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { STORE_DEADLINE_MS, within } from './deadline.js';

/** What is used of a Keyv, version 5 or 6. */
export interface KeyvLike {
  get(key: string): Promise<unknown>;
  /** Resolves with `{ value }` and more, or undefined. */
  getRaw?(key: string): Promise<unknown>;
  set(key: string, value: unknown, ttl?: number): Promise<boolean>;
  delete(key: string): Promise<boolean>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  off(event: 'error', listener: (error: unknown) => void): unknown;
}

/** One operation; errors that are emitted while it runs are its own. */
interface Attempt {
  readonly by: KeyvValues;
  readonly errors: unknown[];
  ended: boolean;
}

/** One for all Keyvs: each of these costs every promise of the process a little. */
const attempts = new AsyncLocalStorage<Attempt>();

/** Reads and writes values; every method rejects when the Keyv cannot be reached. */
export class KeyvValues {
  readonly #keyv: KeyvLike;
  readonly #onError: (error: unknown) => void;
  #listening = false;

  /** `onError` is told what went wrong outside of every operation. */
  constructor(keyv: KeyvLike, onError: (error: unknown) => void) {
    this.#keyv = keyv;
    this.#onError = onError;
    this.#listen();
  }

  /** The value; undefined when there is none. */
  async read(key: string): Promise<unknown> {
    const { result, errors } = await this.#attempt(() => this.#get(key));
    if (result === undefined && errors.length > 0) throw outage('read', errors[0]);
    return result;
  }

  async write(key: string, value: unknown, ttlMs: number): Promise<void> {
    const { result, errors } = await this.#attempt(() => this.#keyv.set(key, value, ttlMs));
    if (result === false || errors.length > 0) throw outage('write', errors[0]);
  }

  async remove(key: string): Promise<void> {
    const { errors } = await this.#attempt(() => this.#keyv.delete(key));
    if (errors.length > 0) throw outage('delete', errors[0]);
  }

  /** Takes its listener off the Keyv, which stays open; the next operation puts it on again. */
  close(): void {
    if (this.#listening) this.#keyv.off('error', this.#heard);
    this.#listening = false;
  }

  #listen(): void {
    if (!this.#listening) this.#keyv.on('error', this.#heard);
    this.#listening = true;
  }

  async #get(key: string): Promise<unknown> {
    if (this.#keyv.getRaw === undefined) return this.#keyv.get(key);
    const raw = (await this.#keyv.getRaw(key)) as { readonly value?: unknown } | undefined;
    return raw?.value;
  }

  async #attempt<T>(act: () => Promise<T>): Promise<{ result: T; errors: readonly unknown[] }> {
    this.#listen();
    const attempt: Attempt = { by: this, errors: [], ended: false };
    try {
      const running = attempts.run(attempt, async () => act());
      return { result: await within(STORE_DEADLINE_MS, running), errors: attempt.errors };
    } finally {
      attempt.ended = true;
    }
  }

  readonly #heard = (error: unknown): void => {
    const attempt = attempts.getStore();
    if (attempt?.by === this && !attempt.ended) attempt.errors.push(error);
    else this.#onError(error);
  };
}

const outage = (operation: string, cause: unknown): Error =>
  new Error(`The Keyv of the event store failed to ${operation}.`, { cause });
