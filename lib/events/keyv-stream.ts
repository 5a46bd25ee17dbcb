/**
 * One stream in a Keyv: a ring of events, a key for each response, and a key that says what it is.
 *
 * The event with the number `n` is at the slot `n` modulo the size of the ring, so that the newest take the
 * places of the oldest. Responses have slots of their own and stay.
 *
 * Time: a key lives for `ttlMs` from when it is written; the key of the stream itself twice that
 * while it is open, and `refresh` writes it again in time. Failure: a replay rejects when the Keyv cannot be reached; appends never do.
 *
 * Knows: which value is at which key. Does not know: how values are written, whose stream it is.
 *
 * @module
 */
import { isRequestId, type RequestId } from '../protocol/json-rpc.js';
import { Places } from './keyv-places.js';
import type { Position, Replay, StreamLog } from './port.js';

/** Reads through what is still to be written; writing never fails. */
export interface Shelf {
  readonly ttlMs: number;
  /** Rejects on an outage. */
  read(key: string): Promise<unknown>;
  set(key: string, value: object, size: { bytes: number; lasting: boolean; lives?: 1 | 2 }): void;
  delete(key: string): void;
}

/** What is kept of a stream beside its events. */
export interface StreamState {
  /** Tells the stream from another one that had its name. */
  readonly run: string;
  /** Size of the ring. */
  readonly ring: number;
  /** Last event of each process that wrote the stream before. */
  readonly ends: readonly number[];
  readonly unanswered: readonly RequestId[];
  /** Numbers of the responses, in the order of their keys. */
  readonly responses: readonly number[];
  /** Number of the last event; undefined while there may be more. */
  readonly head?: number;
}

/** An event as it is kept. */
export interface StoredEvent {
  readonly run: string;
  readonly number: number;
  readonly json: string;
}

const READS_AT_ONCE = 16;
/** What a value takes besides its JSON text. */
const OVERHEAD_BYTES = 200;

export class KeyvStream implements StreamLog {
  readonly #prefix: string;
  readonly #shelf: Shelf;
  readonly #run: string;
  readonly #ring: number;
  readonly #places: Places;
  readonly #unanswered: Set<RequestId>;
  readonly #responses: number[];
  #head: number;
  #phase: 'open' | 'lost' | 'finished' | 'dropped';
  #stateWrittenAt = 0;
  /** Called when the stream has finished. */
  onFinished: () => void = () => {};

  /** `lostAt`: the last event that is left of a stream whose writer is gone. */
  constructor(prefix: string, state: StreamState, shelf: Shelf, lostAt?: number) {
    this.#prefix = prefix;
    this.#shelf = shelf;
    this.#run = state.run;
    this.#ring = state.ring;
    this.#places = new Places(state.ends);
    this.#unanswered = new Set(state.unanswered);
    this.#responses = [...state.responses];
    this.#head = state.head ?? lostAt ?? 0;
    if (state.head !== undefined) this.#phase = 'finished';
    else this.#phase = lostAt === undefined ? 'open' : 'lost';
    if (this.#phase === 'open') this.#writeState();
  }

  get unanswered(): readonly RequestId[] {
    return [...this.#unanswered];
  }

  prime(): Position {
    return this.#places.after(0);
  }

  append(json: string, isResponse: boolean): Position {
    if (this.#phase === 'lost') this.#places.takeOver(this.#head);
    const mustTell = this.#phase === 'lost' || this.#phase === 'finished';
    if (this.#phase !== 'dropped') this.#phase = 'open';
    this.#head += 1;
    const position = this.#places.after(this.#head);
    if (this.#phase === 'dropped') return position;
    if (mustTell) this.#writeState();
    this.#write(json, isResponse);
    return position;
  }

  /** Writes the stream's own key again before it expires; called every half of `ttlMs`. */
  refresh(now: number): void {
    const isAging = now - this.#stateWrittenAt >= this.#shelf.ttlMs / 2;
    if (this.#phase === 'open' && isAging) this.#writeState();
  }

  finish(): void {
    if (this.#phase === 'dropped') return;
    this.#phase = 'finished';
    this.#writeState();
    this.onFinished();
  }

  /** Removes every key, and keeps nothing that is appended from now on. */
  drop(): void {
    if (this.#phase === 'dropped') return;
    this.#phase = 'dropped';
    this.#shelf.delete(stateKey(this.#prefix));
    const slots = Math.min(this.#head, this.#ring);
    for (let slot = 0; slot < slots; slot += 1) {
      this.#shelf.delete(eventKey(this.#prefix, this.#ring, this.#head - slot));
    }
    for (const index of this.#responses.keys()) {
      this.#shelf.delete(responseKey(this.#prefix, index));
    }
  }

  async replay(after: Position, to: Replay): Promise<boolean> {
    const start =
      this.#phase === 'dropped'
        ? undefined
        : this.#places.find(after, this.#head, this.#phase === 'lost');
    if (start === undefined) return false;
    let last = start;
    let missed = 0;
    while (last < this.#head && !this.#isDropped()) {
      for (const { number, json } of await this.#read(this.#keptAfter(last))) {
        missed += number - last - 1;
        last = number;
        if (json === undefined) {
          missed += 1;
          continue;
        }
        if (missed > 0) await to.missed(missed);
        missed = 0;
        if (!(await to.event(this.#places.after(number), json))) return true;
      }
    }
    if (missed > 0) await to.missed(missed);
    return true;
  }

  #isDropped(): boolean {
    return this.#phase === 'dropped';
  }

  /** Numbers of the next events that can still be there: old responses, then what the ring holds. */
  #keptAfter(last: number): number[] {
    const oldest = Math.max(last, this.#head - this.#ring) + 1;
    const kept = this.#responses.filter((number) => number > last && number < oldest);
    for (let number = oldest; number <= this.#head && kept.length < READS_AT_ONCE; number += 1) {
      kept.push(number);
    }
    return kept.slice(0, READS_AT_ONCE);
  }

  #read(numbers: readonly number[]): Promise<{ number: number; json: string | undefined }[]> {
    const reads = numbers.map(async (number) => {
      const index = this.#responses.indexOf(number);
      const key =
        index === -1
          ? eventKey(this.#prefix, this.#ring, number)
          : responseKey(this.#prefix, index);
      const value = await this.#shelf.read(key);
      const isIt = isStoredEvent(value, this.#run) && value.number === number;
      return { number, json: isIt ? value.json : undefined };
    });
    return Promise.all(reads);
  }

  #write(json: string, isResponse: boolean): void {
    const event: StoredEvent = { run: this.#run, number: this.#head, json };
    const bytes = 2 * json.length + OVERHEAD_BYTES;
    if (!isResponse) {
      const key = eventKey(this.#prefix, this.#ring, this.#head);
      this.#shelf.set(key, event, { bytes, lasting: false });
      return;
    }
    this.#shelf.set(responseKey(this.#prefix, this.#responses.length), event, {
      bytes,
      lasting: true,
    });
    this.#responses.push(this.#head);
    this.#answered(json);
    this.#writeState();
  }

  #answered(json: string): void {
    if (this.#unanswered.size === 1) return this.#unanswered.clear();
    const id = answeredId(json);
    if (id !== undefined) this.#unanswered.delete(id);
  }

  #writeState(): void {
    this.#stateWrittenAt = Date.now();
    const state: StreamState = {
      run: this.#run,
      ring: this.#ring,
      ends: this.#places.ends,
      unanswered: this.unanswered,
      responses: [...this.#responses],
      ...(this.#phase === 'finished' && { head: this.#head }),
    };
    const lives = this.#phase === 'finished' ? 1 : 2;
    const size = { bytes: OVERHEAD_BYTES, lasting: true, lives } as const;
    this.#shelf.set(stateKey(this.#prefix), state, size);
  }
}

export const stateKey = (prefix: string): string => `${prefix}:s`;
export const eventKey = (prefix: string, ring: number, number: number): string =>
  `${prefix}:e${number % ring}`;
export const responseKey = (prefix: string, index: number): string => `${prefix}:r${index}`;

export function isStoredEvent(value: unknown, run: string): value is StoredEvent {
  if (typeof value !== 'object' || value === null) return false;
  const { run: its, number, json } = value as Partial<StoredEvent>;
  return its === run && Number.isSafeInteger(number) && typeof json === 'string';
}

/** The id of the request that a response answers. */
export function answeredId(json: string): RequestId | undefined {
  const { id } = JSON.parse(json) as { id?: unknown };
  return isRequestId(id) ? id : undefined;
}
