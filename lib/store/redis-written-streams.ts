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
/** Renewals that are begun at once. */
const RENEWALS_AT_ONCE = 100;

export class WrittenStreams {
  readonly #quietMs: number;
  readonly #bySession = new Map<string, Map<string, StreamWriter>>();
  #renewing: NodeJS.Timeout | undefined;
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
    this.#renewing ??= setTimeout(() => void this.#renew(), this.#quietMs).unref();
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

  /** Resolves when everything is written, or given up. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stop();
    await Promise.all(this.#all().map((writer) => writer.close()));
  }

  async #renew(): Promise<void> {
    const oldest = Date.now() - this.#quietMs;
    const writers = this.#all();
    for (let first = 0; first < writers.length; first += RENEWALS_AT_ONCE) {
      const some = writers.slice(first, first + RENEWALS_AT_ONCE);
      await Promise.allSettled(some.map((writer) => writer.renew(oldest)));
    }
    this.#renewing = undefined;
    if (this.#isClosed || this.#bySession.size === 0) return;
    this.#renewing = setTimeout(() => void this.#renew(), this.#quietMs).unref();
  }

  #all(): StreamWriter[] {
    return [...this.#bySession.values()].flatMap((streams) => [...streams.values()]);
  }

  #stop(): void {
    clearTimeout(this.#renewing);
    this.#renewing = undefined;
  }
}
