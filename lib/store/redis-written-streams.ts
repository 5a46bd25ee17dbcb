/**
 * The streams that this instance writes, until they have finished and are kept.
 *
 * Knows: names, and one clock for all. Does not know: Redis.
 *
 * @module
 */
import type { StreamKey } from '../events/port.js';
import type { StreamWriter } from './redis-stream-writer.js';

/** Streams that are written to less often than this are renewed, milliseconds. */
const LONGEST_QUIET_MS = 60_000;
/** A Redis that was emptied is found out within this time, milliseconds. */
const TICK_MS = 1_000;
/** All are not renewed more often than this, milliseconds: a Redis without memory loses some all the time. */
const BETWEEN_ALL_MS = 1_000;
/** Renewals that are begun at once. */
const RENEWALS_AT_ONCE = 100;

export class WrittenStreams {
  readonly #quietMs: number;
  readonly #bySession = new Map<string, Map<string, StreamWriter>>();
  #renewing: NodeJS.Timeout | undefined;
  #allRenewedAt = Number.NEGATIVE_INFINITY;
  /** Something written before this time is to be written again. */
  #due = Number.NEGATIVE_INFINITY;
  #isRenewing = false;
  #isClosed = false;

  /** @param ttlMs - how long a stream lives that is not renewed. */
  constructor(ttlMs: number) {
    this.#quietMs = Math.min(LONGEST_QUIET_MS, Math.ceil(ttlMs / 4));
  }

  get({ session, stream }: StreamKey): StreamWriter | undefined {
    return this.#bySession.get(session)?.get(stream);
  }

  add(writer: StreamWriter): void {
    if (this.#isClosed) return void writer.close();
    const { session, stream } = writer.key;
    const streams = this.#bySession.get(session);
    if (streams === undefined) this.#bySession.set(session, new Map([[stream, writer]]));
    else streams.set(stream, writer);
    this.#renewing ??= setInterval(() => this.#tick(), Math.min(TICK_MS, this.#quietMs)).unref();
  }

  delete(writer: StreamWriter): void {
    const { session, stream } = writer.key;
    const streams = this.#bySession.get(session);
    if (streams?.get(stream) !== writer) return;
    streams.delete(stream);
    if (streams.size === 0) this.#bySession.delete(session);
  }

  /** The session is over; the names of its streams. */
  end(session: string): string[] {
    const writers = [...(this.#bySession.get(session)?.values() ?? [])];
    for (const writer of writers) writer.drop();
    return writers.map(({ key }) => key.stream);
  }

  /** Writes them all again, those that wait included: Redis may have lost them. */
  renewAll(): void {
    const now = performance.now();
    if (this.#isClosed || now - this.#allRenewedAt < BETWEEN_ALL_MS) return;
    this.#allRenewedAt = now;
    void this.#renew(now);
  }

  /** Resolves when everything is written, or given up. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stop();
    await Promise.all(this.#all().map((writer) => writer.close()));
  }

  /** Writes again what was written before `oldest`. */
  async #renew(oldest: number): Promise<void> {
    this.#due = Math.max(this.#due, oldest);
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    while (this.#due > Number.NEGATIVE_INFINITY && !this.#isClosed) {
      const due = this.#due;
      this.#due = Number.NEGATIVE_INFINITY;
      await renewed(this.#all(), due);
    }
    this.#isRenewing = false;
  }

  /** The one that was written longest ago is written always: a Redis that has lost it has lost others. */
  #tick(): void {
    if (this.#bySession.size === 0) return this.#stop();
    let oldest = performance.now();
    for (const { writtenAt } of this.#all()) oldest = Math.min(oldest, writtenAt);
    void this.#renew(Math.max(oldest, performance.now() - this.#quietMs));
  }

  #all(): StreamWriter[] {
    return [...this.#bySession.values()].flatMap((streams) => [...streams.values()]);
  }

  #stop(): void {
    clearInterval(this.#renewing);
    this.#renewing = undefined;
  }
}

async function renewed(writers: readonly StreamWriter[], oldest: number): Promise<void> {
  for (let first = 0; first < writers.length; first += RENEWALS_AT_ONCE) {
    const some = writers.slice(first, first + RENEWALS_AT_ONCE);
    await Promise.allSettled(some.map((writer) => writer.renew(oldest)));
  }
}
