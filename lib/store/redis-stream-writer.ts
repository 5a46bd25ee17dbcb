/**
 * A stream as the instance sees it that writes it: numbered here, written behind.
 *
 * Time: an event is on its way at once, and again after a failure, for as long as it could be replayed.
 *
 * Knows: the stream's state here and in Redis. Does not know: sessions, other streams.
 *
 * @module
 */
import type { Position, Replay, StreamKey, StreamLog } from '../events/port.js';
import type { RequestId } from '../protocol/json-rpc.js';
import type { Reply } from './redis-connection.js';
import { finishedMs, type StreamParts } from './redis-stream-parts.js';
import { EventQueue, type QueuedEvent } from './redis-stream-queue.js';
import { replayed } from './redis-stream-reading.js';
import { APPEND, ENDED, FENCED } from './redis-stream-scripts.js';

/** What becomes of a stream is told to its log and its caller. */
export interface WriterHooks {
  /** Something waits to be written, or may come. */
  opened(): void;
  /** Nothing waits, and nothing is to come. */
  closed(): void;
  /** Another instance has ended the stream, or its session. */
  fenced(): void;
  /** Redis had lost the stream; it may have lost others. */
  wasLost(): void;
}

/**
 * `fenced`: ended by another instance. `dropped`: its session is over. `closed`: this instance writes no more.
 */
type Phase = 'open' | 'finished' | 'fenced' | 'dropped' | 'closed';

/** Somebody waits until the stream is written as far as it was appended. */
interface Waiter {
  isServed(): boolean;
  resolve(): void;
  /** Absent for who waits for a retry. */
  readonly reject?: (error: unknown) => void;
}

const MAX_SCRIPT_BYTES = 262_144;
const MAX_SCRIPT_EVENTS = 1_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 1_000;

export class StreamWriter implements StreamLog {
  readonly key: StreamKey;
  readonly #parts: StreamParts;
  readonly #requests: string;
  readonly #hooks: WriterHooks;
  readonly #queue: EventQueue;
  readonly #waiters = new Set<Waiter>();
  #phase: Phase = 'open';
  /** Sequence number of the last event, and of the last that is known to be kept. */
  #head = 0;
  #kept = 0;
  #responses = 0;
  #isDoneKept = false;
  /** The hash is to be written, whether there are events or not. */
  #mustTouch = false;
  #isWriting = false;
  #finishedAt = 0;
  #writtenAt = Number.POSITIVE_INFINITY;
  #failures = 0;
  #triesLeft = Number.POSITIVE_INFINITY;
  #pause: NodeJS.Timeout | undefined;
  #follower = '';

  constructor(
    key: StreamKey,
    requests: readonly RequestId[],
    parts: StreamParts,
    hooks: WriterHooks,
  ) {
    this.key = key;
    this.#requests = JSON.stringify(requests);
    this.#parts = parts;
    this.#hooks = hooks;
    const { maxBytesPerStream } = parts.limits;
    this.#queue = new EventQueue(parts.room, maxBytesPerStream, (count) =>
      parts.outage.lost(count),
    );
  }

  /** True while more is to come. */
  get isOpen(): boolean {
    return this.#phase === 'open';
  }

  /** Time of the last write, as `performance.now()` has it; infinite before the first. */
  get writtenAt(): number {
    return this.#writtenAt;
  }

  async prime(): Promise<Position> {
    if (this.#isActive) this.#mustTouch = true;
    await this.#served(() => !this.#mustTouch);
    return '0';
  }

  append(json: string, isResponse: boolean): Position {
    this.#head += 1;
    if (isResponse) this.#responses += 1;
    const position = String(this.#head);
    if (this.#phase === 'finished') {
      this.#isDoneKept = false;
      this.#hooks.opened();
    } else if (this.#phase !== 'open') return position;
    this.#queue.push(this.#head, json, isResponse, performance.now());
    this.#wake();
    return position;
  }

  finish(): Promise<void> {
    if (this.#phase === 'open') {
      this.#phase = 'finished';
      this.#finishedAt = performance.now();
      this.#wake();
    }
    return new Promise((resolve) => this.#wait({ isServed: () => this.#isDoneKept, resolve }));
  }

  async replay(after: Position, to: Replay): Promise<boolean> {
    if (this.#phase === 'dropped') return false;
    return replayed(this.#parts, this.key, after, to, {
      head: () => (this.#isLedger ? this.#head : undefined),
      settled: () => this.settled(),
    });
  }

  /** Resolves when what was appended is written; rejects with the first failure. */
  settled(): Promise<void> {
    const head = this.#head;
    const wantsDone = this.#phase === 'finished';
    return this.#served(() => this.#kept >= head && (this.#isDoneKept || !wantsDone));
  }

  /** Writes the hash again when that was before `oldest`, so that it does not expire. */
  async renew(oldest: number): Promise<void> {
    if (this.#phase !== 'open' || this.#writtenAt > oldest) return;
    await this.prime();
  }

  /** The session is over: nothing of the stream is kept any more. */
  drop(): void {
    this.#end('dropped');
  }

  /** The stream was ended in this writer's place. */
  fence(): void {
    if (!this.#isActive) return;
    this.#end('fenced');
    this.#hooks.fenced();
  }

  /** Tries once more to write what waits, and gives it up if that fails. */
  async close(): Promise<void> {
    this.#triesLeft = this.#isWriting && this.#pause === undefined ? 2 : 1;
    this.#resume();
    await new Promise<void>((resolve) => this.#wait({ isServed: () => !this.#isDue, resolve }));
    this.#end('closed');
  }

  get #isActive(): boolean {
    return this.#phase === 'open' || this.#phase === 'finished';
  }

  /** True while what is known here counts, whatever Redis has of it. */
  get #isLedger(): boolean {
    return this.#phase === 'open' || (this.#phase === 'finished' && !this.#isDoneKept);
  }

  get #isDue(): boolean {
    if (this.#phase === 'finished' && !this.#isDoneKept) return true;
    return this.#mustTouch || this.#queue.bytes > 0;
  }

  #served(isServed: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => this.#wait({ isServed, resolve, reject }));
  }

  #wait(waiter: Waiter): void {
    if (!this.#isDue || waiter.isServed()) return waiter.resolve();
    this.#waiters.add(waiter);
    this.#wake();
  }

  /** Begins in a moment, so that what follows at once goes along. */
  #wake(): void {
    if (this.#isWriting) return;
    this.#isWriting = true;
    queueMicrotask(() => void this.#write());
  }

  async #write(): Promise<void> {
    while (this.#isDue) {
      const events = this.#queue.take(MAX_SCRIPT_BYTES, MAX_SCRIPT_EVENTS);
      const isDone = this.#phase === 'finished' && this.#queue.isEmpty;
      const head = this.#head;
      try {
        const reply = await this.#run(events, isDone);
        this.#parts.outage.settled(this);
        this.#landed(reply, events, isDone && head === this.#head, head);
      } catch (error) {
        if (this.#isActive) this.#failed(error);
        if (this.#isDue) return this.#pauseThenWrite();
      }
    }
    this.#isWriting = false;
    this.#serve();
  }

  #run(events: readonly QueuedEvent[], isDone: boolean): Promise<Reply> {
    const { connection, keys, self, limits } = this.#parts;
    this.#mustTouch = false;
    return connection.run(APPEND, keys.of(this.key), [
      this.key.stream,
      self,
      this.#requests,
      this.#follower,
      this.#kept,
      this.#head,
      isDone ? this.#responses : '',
      isDone ? finishedMs(limits) : limits.ttlMs,
      limits.maxEventsPerStream,
      limits.maxBytesPerStream,
      ...events.map(({ element }) => element),
    ]);
  }

  #landed(reply: Reply, events: readonly QueuedEvent[], isDone: boolean, head: number): void {
    if (!this.#isActive) return;
    if (reply === FENCED || reply === ENDED) return this.fence();
    const [follower, isMade] = reply as readonly Reply[];
    const wasLost = isMade === 1 && this.#writtenAt < Number.POSITIVE_INFINITY;
    this.#queue.landed();
    this.#failures = 0;
    this.#writtenAt = performance.now();
    this.#kept = isDone ? head : (events.at(-1)?.number ?? this.#kept);
    this.#isDoneKept ||= isDone;
    this.#follower = typeof follower === 'string' ? follower : '';
    if (events.length > 0 || isDone) this.#parts.rings.ring(this.#follower, this.key);
    if (isDone) this.#hooks.closed();
    if (wasLost) this.#hooks.wasLost();
    this.#serve();
  }

  #failed(error: unknown): void {
    const oldest = performance.now() - this.#parts.limits.ttlMs;
    this.#parts.outage.failed(this, error);
    this.#failures += 1;
    this.#triesLeft -= 1;
    this.#queue.failed(this.#triesLeft > 0 ? oldest : Number.POSITIVE_INFINITY);
    const isTooOld = this.#finishedAt < oldest || this.#triesLeft <= 0;
    if (this.#phase === 'finished' && isTooOld) this.#end('closed');
    for (const waiter of this.#waiters) {
      if (waiter.reject === undefined) continue;
      this.#waiters.delete(waiter);
      waiter.reject(error);
    }
  }

  #pauseThenWrite(): void {
    const ms = Math.min(FIRST_PAUSE_MS * 2 ** (this.#failures - 1), LONGEST_PAUSE_MS);
    this.#pause = setTimeout(() => this.#resume(), this.#triesLeft < 2 ? 0 : ms).unref();
  }

  #resume(): void {
    if (this.#pause === undefined) return;
    clearTimeout(this.#pause);
    this.#pause = undefined;
    void this.#write();
  }

  #serve(): void {
    for (const waiter of this.#waiters) {
      if (this.#isDue && !waiter.isServed()) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  #end(phase: 'fenced' | 'dropped' | 'closed'): void {
    if (!this.#isActive) return;
    this.#phase = phase;
    this.#mustTouch = false;
    this.#isDoneKept = true;
    this.#queue.clear();
    this.#parts.outage.settled(this);
    this.#hooks.closed();
    this.#serve();
  }
}
