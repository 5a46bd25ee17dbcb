/**
 * The streams of which this process knows, and the sessions that it has seen end.
 *
 * Streams that are open stay; finished ones are forgotten after a while, or when there are too many. So
 * are ended sessions.
 *
 * Knows: names and clocks. Does not know: what a log does with a stream.
 *
 * @module
 */
import type { StreamKey } from './port.js';

const MAX_ENDED_SESSIONS = 10_000;

/** Streams of one log by name; `S` is what the log keeps of each. */
export class KnownStreams<S> {
  readonly #keepMs: number;
  readonly #maxFinished: number;
  readonly #bySession = new Map<string, Map<string, S>>();
  /** When each finished stream may be forgotten, by its name in full; the oldest first. */
  readonly #finished = new Map<string, { readonly key: StreamKey; readonly until: number }>();
  readonly #ended = new Set<string>();

  /** `keepMs`: how long a finished stream is remembered, unless there are more than `maxFinished`. */
  constructor(keepMs: number, maxFinished: number) {
    this.#keepMs = keepMs;
    this.#maxFinished = maxFinished;
  }

  get(key: StreamKey, now: number): S | undefined {
    const finished = this.#finished.get(nameOf(key));
    if (finished !== undefined && finished.until <= now) this.#forget(key);
    return this.#bySession.get(key.session)?.get(key.stream);
  }

  add(key: StreamKey, value: S): void {
    const { session, stream } = key;
    const streams = this.#bySession.get(session);
    if (streams === undefined) this.#bySession.set(session, new Map([[stream, value]]));
    else streams.set(stream, value);
    this.#finished.delete(nameOf(key));
  }

  /** Nothing more will be appended to the stream. */
  finish(key: StreamKey, now: number): void {
    if (this.#bySession.get(key.session)?.has(key.stream) !== true) return;
    this.#finished.delete(nameOf(key));
    this.#finished.set(nameOf(key), { key, until: now + this.#keepMs });
    for (const { key: oldest, until } of this.#finished.values()) {
      if (until > now && this.#finished.size <= this.#maxFinished) return;
      this.#forget(oldest);
    }
  }

  /** Ends a session for good; what was known of its streams. */
  end(session: string): S[] {
    this.#ended.add(session);
    for (const oldest of this.#ended) {
      if (this.#ended.size <= MAX_ENDED_SESSIONS) break;
      this.#ended.delete(oldest);
    }
    const streams = this.#bySession.get(session);
    this.#bySession.delete(session);
    for (const stream of streams?.keys() ?? []) this.#finished.delete(nameOf({ session, stream }));
    return [...(streams?.values() ?? [])];
  }

  hasEnded(session: string): boolean {
    return this.#ended.has(session);
  }

  /** Everything that is known, in no order. */
  all(): S[] {
    return [...this.#bySession.values()].flatMap((streams) => [...streams.values()]);
  }

  clear(): void {
    for (const held of [this.#bySession, this.#finished, this.#ended]) held.clear();
  }

  #forget(key: StreamKey): void {
    const { session, stream } = key;
    this.#finished.delete(nameOf(key));
    const streams = this.#bySession.get(session);
    streams?.delete(stream);
    if (streams?.size === 0) this.#bySession.delete(session);
  }
}

const nameOf = ({ session, stream }: StreamKey): string => `${session}:${stream}`;
