/**
 * Events in the memory of one process.
 *
 * Knows: limits in events, bytes and time, and what goes first. Does not know: what an event says.
 *
 * @module
 */
import { OptionError, shown } from '../errors.js';
import type { RequestId } from '../protocol/json-rpc.js';
import type { EventLog, FoundStream, Position, Replay, StreamKey, StreamLog } from './port.js';

/** Options of {@link memoryEventStore}. */
export interface MemoryEventStoreOptions {
  /** Most events kept of one stream. Default: 1 000. */
  readonly maxEventsPerStream?: number;
  /** Most bytes kept of one stream. Default: 4 194 304 (4 MiB). */
  readonly maxBytesPerStream?: number;
  /** Most bytes kept in all; what streams that have finished hold beside responses goes first. Default: 33 554 432 (32 MiB). */
  readonly maxBytes?: number;
  /** How long an event can be replayed, milliseconds. Default: 600 000 (10 min). */
  readonly ttlMs?: number;
}

type Limits = Required<MemoryEventStoreOptions>;

/** What a stream costs beside its events. */
const STREAM_BYTES = 512;
/** What an event costs beside its text. */
const EVENT_BYTES = 64;
const LONGEST_SWEEP_MS = 30_000;
const MAX_TIMER_MS = 2_147_483_647;

/**
 * Keeps the events of streams in this process: the default of `eventStore`.
 *
 * @throws OptionError `ERR_MCP_OPTION` for a limit that is no positive integer.
 */
export function memoryEventStore({
  maxEventsPerStream = 1_000,
  maxBytesPerStream = 4_194_304,
  maxBytes = 33_554_432,
  ttlMs = 600_000,
}: MemoryEventStoreOptions = {}): EventLog {
  const limits = { maxEventsPerStream, maxBytesPerStream, maxBytes, ttlMs };
  for (const [name, value] of Object.entries(limits)) checkLimit(name, value);
  return new MemoryEventLog(limits);
}

function checkLimit(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new OptionError(`${name}: expected a positive integer, got ${shown(value)}.`);
  }
  if (name === 'ttlMs' && value > MAX_TIMER_MS) {
    throw new OptionError(`${name}: expected at most ${MAX_TIMER_MS} milliseconds, got ${value}.`);
  }
}

class MemoryEventLog implements EventLog {
  readonly name = 'memory';
  readonly #limits: Limits;
  readonly #sessions = new Map<string, Map<string, MemoryStream>>();
  readonly #open = new Set<MemoryStream>();
  /** Oldest end first. */
  readonly #finished = new Set<MemoryStream>();
  /** Finished streams of which only the responses are left, oldest end first. */
  readonly #responses = new Set<MemoryStream>();
  #bytes = 0;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  open(key: StreamKey, requests: readonly RequestId[]): StreamLog {
    const stream = new MemoryStream(key, requests, {
      appended: (bytes) => this.#appended(stream, bytes),
      finished: () => this.#finish(stream),
    });
    this.#enter(stream);
    return stream;
  }

  find({ session, stream }: StreamKey): FoundStream | undefined {
    const log = this.#sessions.get(session)?.get(stream);
    return log && { log, unanswered: log.unanswered };
  }

  drop(session: string): void {
    for (const stream of this.#sessions.get(session)?.values() ?? []) {
      this.#forget(stream);
      stream.isDropped = true;
    }
  }

  close(): void {
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
    for (const session of [...this.#sessions.keys()]) this.drop(session);
    this.#bytes = 0;
    for (const held of [this.#sessions, this.#open, this.#finished, this.#responses]) held.clear();
  }

  #enter(stream: MemoryStream): void {
    const { session, stream: name } = stream.key;
    const streams = this.#sessions.get(session) ?? new Map<string, MemoryStream>();
    this.#sessions.set(session, streams.set(name, stream));
    this.#open.add(stream);
    this.#bytes += STREAM_BYTES;
    const tickMs = Math.min(LONGEST_SWEEP_MS, this.#limits.ttlMs);
    this.#sweeper ??= setInterval(() => this.#sweep(Date.now()), tickMs).unref();
  }

  /** What is written to goes on, even if it had finished and was forgotten. */
  #appended(stream: MemoryStream, bytes: number): void {
    const { maxEventsPerStream, maxBytesPerStream, maxBytes, ttlMs } = this.#limits;
    if (this.#finished.delete(stream) || this.#responses.delete(stream)) this.#open.add(stream);
    if (!this.#open.has(stream)) this.#enter(stream);
    this.#bytes += bytes;
    this.#bytes -= stream.dropBefore(Date.now() - ttlMs);
    while (stream.length > maxEventsPerStream || stream.bytes > maxBytesPerStream) {
      const freed = stream.dropOldest();
      if (freed === 0) break;
      this.#bytes -= freed;
    }
    if (this.#bytes > maxBytes) this.#makeRoom(stream);
  }

  /**
   * Finished streams are reduced to their responses first; then the stream that wants the room pays; and
   * only when there is nothing else, finished streams go with their responses.
   */
  #makeRoom(asking: MemoryStream): void {
    const { maxBytes } = this.#limits;
    for (const stream of this.#finished) {
      if (this.#bytes <= maxBytes) return;
      this.#finished.delete(stream);
      this.#responses.add(stream);
      this.#bytes -= stream.dropBefore(Number.POSITIVE_INFINITY);
    }
    while (this.#bytes > maxBytes) {
      const freed = asking.dropOldest();
      if (freed === 0) break;
      this.#bytes -= freed;
    }
    for (const stream of this.#responses) {
      if (this.#bytes <= maxBytes) return;
      this.#forget(stream);
    }
  }

  #finish(stream: MemoryStream): void {
    if (this.#open.delete(stream)) this.#finished.add(stream);
  }

  #forget(stream: MemoryStream): void {
    const { session, stream: name } = stream.key;
    const streams = this.#sessions.get(session);
    if (streams?.get(name) !== stream) return;
    this.#bytes -= STREAM_BYTES + stream.bytes;
    stream.clear();
    streams.delete(name);
    if (streams.size === 0) this.#sessions.delete(session);
    this.#open.delete(stream);
    this.#finished.delete(stream);
    this.#responses.delete(stream);
  }

  #sweep(now: number): void {
    const oldest = now - this.#limits.ttlMs;
    for (const ended of [this.#responses, this.#finished]) {
      for (const stream of ended) {
        if (stream.finishedAt > oldest) break;
        this.#forget(stream);
      }
    }
    for (const stream of this.#open) this.#bytes -= stream.dropBefore(oldest);
    if (this.#open.size + this.#finished.size + this.#responses.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}

interface KeptEvent {
  /** 1 for the first event of the stream. */
  readonly sequence: number;
  /** Outside the heap: strings that live this long would make every collection longer. */
  readonly text: Buffer;
  readonly isResponse: boolean;
  readonly bytes: number;
  readonly at: number;
}

interface StreamHooks {
  appended(bytes: number): void;
  finished(): void;
}

class MemoryStream implements StreamLog {
  readonly key: StreamKey;
  bytes = 0;
  finishedAt = 0;
  /** Its session has ended: nothing of it is kept any more. */
  isDropped = false;
  readonly #requests: readonly RequestId[];
  readonly #hooks: StreamHooks;
  readonly #events: KeptEvent[] = [];
  #head = 0;
  #isFinished = false;

  constructor(key: StreamKey, requests: readonly RequestId[], hooks: StreamHooks) {
    this.key = key;
    this.#requests = requests;
    this.#hooks = hooks;
  }

  get length(): number {
    return this.#events.length;
  }

  get unanswered(): readonly RequestId[] {
    return this.#isFinished ? [] : this.#requests;
  }

  prime(): Position {
    return '0';
  }

  append(json: string, isResponse: boolean): Position {
    this.#head += 1;
    if (this.isDropped) return String(this.#head);
    this.#isFinished = false;
    const text = Buffer.from(json);
    const bytes = text.length + EVENT_BYTES;
    this.#events.push({ sequence: this.#head, text, isResponse, bytes, at: Date.now() });
    this.bytes += bytes;
    this.#hooks.appended(bytes);
    return String(this.#head);
  }

  finish(): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.finishedAt = Date.now();
    this.#hooks.finished();
  }

  async replay(after: Position, to: Replay): Promise<boolean> {
    const place = placeOf(after);
    if (this.isDropped || place === undefined || place > this.#head) return false;
    let cursor = place;
    while (cursor < this.#head) {
      const next = this.#events.find(({ sequence }) => sequence > cursor);
      const before = (next?.sequence ?? this.#head + 1) - 1;
      if (before > cursor) await to.missed(before - cursor);
      cursor = next?.sequence ?? before;
      if (next !== undefined && !(await to.event(String(cursor), next.text.toString()))) break;
    }
    return true;
  }

  clear(): void {
    this.#events.length = 0;
    this.bytes = 0;
  }

  /** Gives up events from before `oldest`; the bytes that this frees. */
  dropBefore(oldest: number): number {
    let freed = 0;
    for (let index = this.#oldest(); index !== -1; index = this.#oldest()) {
      if ((this.#events[index]?.at ?? oldest) >= oldest) break;
      freed += this.#dropAt(index);
    }
    return freed;
  }

  /** Gives up the oldest event that is not a response; the bytes that this frees. */
  dropOldest(): number {
    const index = this.#oldest();
    return index === -1 ? 0 : this.#dropAt(index);
  }

  #oldest(): number {
    return this.#events.findIndex(({ isResponse }) => !isResponse);
  }

  #dropAt(index: number): number {
    const [dropped] = this.#events.splice(index, 1);
    const bytes = dropped?.bytes ?? 0;
    this.bytes -= bytes;
    return bytes;
  }
}

const placeOf = (position: Position): number | undefined =>
  /^(0|[1-9]\d{0,14})$/.test(position) ? Number(position) : undefined;
