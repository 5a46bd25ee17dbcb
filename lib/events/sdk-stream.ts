/**
 * One stream in an event store of the SDK's kind.
 *
 * Time: an event is stored before it is sent, one after the other. Failure: a store that rejects an event,
 * or gives no answer in time, is an outage. For a place that the store does not know it may answer with
 * another stream or none, reject or throw: that is no place in this stream, unless this process had the
 * place from the store itself, or the error has the code of a network that failed.
 *
 * Knows: the SDK's `EventStore`. Does not know: which streams there are.
 *
 * @module
 */
import type { RequestId } from '../protocol/json-rpc.js';
import { STORE_DEADLINE_MS, within } from './deadline.js';
import type { Position, Replay, SdkEventStore, StreamLog } from './port.js';
import { AppendOrder } from './sdk-order.js';

/** What the stream's log tells it. */
export interface SdkStreamOptions {
  readonly store: SdkEventStore;
  readonly streamId: string;
  /** Undefined when the stream was begun by another process. */
  readonly requests: readonly RequestId[] | undefined;
  /** Whether the session has ended. */
  readonly hasEnded: () => boolean;
  readonly onKept: () => void;
  readonly onFinished: () => void;
}

const MAX_POSITION = 512;
/** Codes of Node's network, after which nothing is known of a place. */
const NETWORK_FAILURES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

export class SdkStream implements StreamLog {
  readonly #options: SdkStreamOptions;
  readonly #order: AppendOrder;
  readonly #unanswered: Set<RequestId> | undefined;
  /** Id of the event that stands for the place before the first. */
  #prime: string | undefined;
  #position: Position = positionOf('none');
  #writing: Promise<unknown> = Promise.resolve();

  constructor(options: SdkStreamOptions) {
    this.#options = options;
    this.#order = new AppendOrder(options.requests !== undefined);
    this.#unanswered = options.requests && new Set(options.requests);
  }

  /** Requests whose responses the store has not taken; undefined for another process's stream. */
  get unanswered(): readonly RequestId[] | undefined {
    return this.#unanswered && [...this.#unanswered];
  }

  async prime(): Promise<Position> {
    return this.#inTurn(async () => {
      this.#prime = await this.#keep({});
      return this.#position;
    });
  }

  async append(json: string, isResponse: boolean): Promise<Position> {
    return this.#inTurn(async () => {
      const message: unknown = JSON.parse(json);
      await this.#keep(message);
      if (isResponse) this.#unanswered?.delete((message as { id: RequestId }).id);
      return this.#position;
    });
  }

  finish(): void {
    this.#options.onFinished();
  }

  async replay(after: Position, to: Replay): Promise<boolean> {
    const from = eventIdOf(after);
    if (from === undefined || !(await this.#mayOwn(from))) return false;
    let last = from;
    let covered = this.#order.numberOf(from);
    for (let round = 0; ; round += 1) {
      const newest = this.#order.newest;
      const messages = await this.#messagesAfter(last, covered);
      if (messages === undefined && round === 0) return false;
      const placed = this.#order.arrange(messages ?? new Map(), covered, newest);
      for (const { id, message, missed } of placed) {
        if (missed > 0) await to.missed(missed);
        if (id === undefined) continue;
        last = id;
        if (!(await to.event(positionOf(id), JSON.stringify(message)))) return true;
      }
      covered = Math.max(newest, this.#order.numberOf(last) ?? -1);
      if (this.#order.newest <= covered || this.#options.hasEnded()) return true;
    }
  }

  /** Resolves when nothing is being stored any more. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#writing.then(act);
    this.#writing = turn.catch(() => {});
    return turn;
  }

  async #keep(message: unknown): Promise<string | undefined> {
    if (this.#options.hasEnded()) return undefined;
    const { store, streamId } = this.#options;
    const id = await call(() => store.storeEvent(streamId, message));
    this.#position = positionOf(id);
    this.#order.add(id);
    this.#options.onKept();
    return id;
  }

  /** False when an event is known to be of another stream, or of none. */
  async #mayOwn(id: string): Promise<boolean> {
    if (this.#options.hasEnded()) return false;
    if (this.#order.numberOf(id) !== undefined) return true;
    if (this.#order.isWhole) return false;
    const { store, streamId } = this.#options;
    if (store.getStreamIdForEventId === undefined) return true;
    const owner = await this.#ask(id, async () => store.getStreamIdForEventId?.(id));
    return owner === streamId;
  }

  /**
   * What the store has after an event; undefined when it says that the event is not of this stream.
   *
   * A store that sorts at random may leave out what it has: then everything is asked for.
   */
  async #messagesAfter(
    id: string,
    covered: number | undefined,
  ): Promise<ReadonlyMap<string, unknown> | undefined> {
    const messages = await this.#fetch(id);
    if (messages === undefined || covered === undefined) return messages;
    if (this.#prime === undefined || this.#prime === id) return messages;
    if (!this.#order.lacks(messages, covered)) return messages;
    return new Map([...((await this.#fetch(this.#prime)) ?? []), ...messages]);
  }

  async #fetch(id: string): Promise<Map<string, unknown> | undefined> {
    const { store, streamId } = this.#options;
    const messages = new Map<string, unknown>();
    const send = async (eventId: string, message: unknown) => {
      if (typeof eventId === 'string' && isMessage(message)) messages.set(eventId, message);
    };
    const owner = await this.#ask(id, () => store.replayEventsAfter(id, { send }));
    return owner === streamId ? messages : undefined;
  }

  /** The store's answer; undefined when it fails over an id that it may not know. */
  async #ask<T>(id: string, question: () => Promise<T>): Promise<T | undefined> {
    try {
      return await call(question);
    } catch (error) {
      if (this.#order.numberOf(id) !== undefined || isNetworkFailure(error)) throw error;
      return undefined;
    }
  }
}

/** A method of the store that throws rejects, and one that never answers too. */
function call<T>(question: () => Promise<T>): Promise<T> {
  return within(STORE_DEADLINE_MS, (async () => question())());
}

/** @throws Error for an id that makes no position. */
function positionOf(id: unknown): Position {
  if (typeof id !== 'string' || id === '') {
    throw new Error('The event store gave an event no id: a string was expected.');
  }
  const position = Buffer.from(id).toString('base64url');
  if (position.length <= MAX_POSITION && eventIdOf(position) === id) return position;
  throw new Error('The event store gave an event an id that is too long, or no Unicode text.');
}

/** The id behind a position; undefined for what was never made of one. */
function eventIdOf(position: Position): string | undefined {
  if (position === '' || position.length > MAX_POSITION) return undefined;
  const id = Buffer.from(position, 'base64url').toString();
  return Buffer.from(id).toString('base64url') === position ? id : undefined;
}

/** Primes, which hold nothing, are not handed over. */
const isMessage = (message: unknown): boolean =>
  typeof message === 'object' && message !== null && Object.keys(message).length > 0;

function isNetworkFailure(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } };
  return [code, cause?.code].some((it) => typeof it === 'string' && NETWORK_FAILURES.has(it));
}
