/**
 * What a returning client missed, on its way to that client.
 *
 * Knows: how far the client has read, and that it must not be written to faster than it reads.
 * Does not know: what is sent meanwhile; the stream reads again until nothing is left.
 *
 * @module
 */
import type { Position, Replay } from '../events/port.js';
import { gapEvent, messageEvent, primingEvent } from '../protocol/sse.js';
import type { Resumable } from './event-stream.js';
import type { EventSink } from './exchange.js';

/** A reader that has not read more than this is not sent more, bytes: it is kept once, in the log. */
export const AHEAD_BYTES = 65_536;

export class Replaying implements Replay {
  readonly #resumable: Resumable;
  readonly #retryMs: number;
  readonly #open: () => EventSink;
  #place: Position;
  #sink: EventSink | undefined;
  #isStopped = false;
  /** The place after which events were gone, last. */
  #gapAt: Position | undefined;

  /**
   * @param after - the place up to which the client has read.
   * @param sink - its connection, when that is open already.
   */
  constructor(
    resumable: Resumable,
    retryMs: number,
    after: Position,
    open: () => EventSink,
    sink?: EventSink,
  ) {
    this.#resumable = resumable;
    this.#retryMs = retryMs;
    this.#place = after;
    this.#open = open;
    this.#sink = sink;
  }

  /** The place up to which the client was sent everything. */
  get place(): Position {
    return this.#place;
  }

  /** The client's connection, once it is open. */
  get sink(): EventSink | undefined {
    return this.#sink;
  }

  get isOpen(): boolean {
    return this.#sink !== undefined;
  }

  /** True when some of what the client missed is gone. */
  get hasMissed(): boolean {
    return this.#gapAt !== undefined;
  }

  /** Writes what the log has; false when it does not know the place. */
  read(): Promise<boolean> {
    return this.#resumable.log.replay(this.#place, this);
  }

  /** The client's connection, opened if it is not. */
  opened(): EventSink {
    if (this.#sink !== undefined) return this.#sink;
    this.#sink = this.#open();
    const { allowsPolling, idPrefix } = this.#resumable;
    if (allowsPolling) this.#sink.write(primingEvent(idPrefix + this.#place, this.#retryMs));
    return this.#sink;
  }

  missed(count: number): void {
    // Read again, the log tells of the same gap again.
    if (this.#isStopped || this.#gapAt === this.#place) return;
    this.#gapAt = this.#place;
    this.opened().write(gapEvent(count));
  }

  event(position: Position, json: string): Promise<boolean> {
    return this.#write(messageEvent(json, this.#resumable.idPrefix + position), position);
  }

  /** Another connection has taken its place, or its own is gone. */
  stop(): void {
    this.#isStopped = true;
  }

  async #write(frames: string, position: Position): Promise<boolean> {
    if (this.#isStopped) return false;
    const sink = this.opened();
    const unread = sink.write(frames);
    this.#place = position;
    if (unread > AHEAD_BYTES) await sink.drained();
    return !this.#isStopped;
  }
}
