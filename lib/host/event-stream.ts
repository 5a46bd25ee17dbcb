/**
 * An ordered log of events that one connection at a time reads.
 *
 * A connection may end, be closed early or be cut off; the stream goes on, and another connection takes over
 * where the last one stopped. Without a log there is only the connection.
 *
 * Knows: order, connections and what is kept. Does not know: whose stream it is, what the messages say.
 *
 * @module
 */
import type { Position, StreamLog } from '../events/port.js';
import type { Logger } from '../log.js';
import { gapEvent, messageEvent, primingEvent, retryField } from '../protocol/sse.js';
import type { EventSink } from './exchange.js';
import type { KeepAlive } from './keep-alive.js';
import type { Later } from './later.js';
import { AHEAD_BYTES, Replaying } from './replaying.js';
import type { ListenedStream } from './standalone.js';

/** What the streams of one endpoint have in common. */
export interface StreamSettings {
  readonly keepAlive: KeepAlive;
  /** Sent as `retry:`, milliseconds. */
  readonly retryMs: number;
  readonly logger: Logger;
}

/** What makes a stream resumable. */
export interface Resumable {
  readonly log: StreamLog;
  /** What its event ids begin with. */
  readonly idPrefix: string;
  /** Whether the client takes priming events and connections that are closed early. */
  readonly allowsPolling: boolean;
  /** The place before the first event, where it is known before the log has the stream. */
  readonly firstPlace?: Position | undefined;
}

/**
 * `unknown`: no such place. `exhausted`: the stream is over, and all of it was read. `gap`: connected, and some
 * events were no longer there.
 */
export type Resumed = 'connected' | 'gap' | 'exhausted' | 'unknown';

export class EventStream implements ListenedStream {
  /** Names it within its session; empty without a log. */
  readonly name: string;
  readonly #settings: StreamSettings;
  readonly #resumable: Resumable | undefined;
  #sink: EventSink | undefined;
  /** Reads what a returning client missed, before that client's connection becomes the sink. */
  #replaying: Replaying | undefined;
  /** The place after the last event that was kept. */
  #tail: Position | undefined;
  /** Settles when what was sent so far is kept and written: a log may take its time. */
  #pending: Promise<void> | undefined;
  #hasGivenId = false;
  #isOver = false;
  #isAwaited = false;

  constructor(settings: StreamSettings, name = '', resumable?: Resumable) {
    this.name = name;
    this.#settings = settings;
    this.#resumable = resumable;
  }

  get isConnected(): boolean {
    return this.#sink !== undefined || this.#replaying !== undefined;
  }

  /** True while what is sent reaches the client, now or when it comes back. */
  get isOpen(): boolean {
    return !this.#isOver && (this.isConnected || this.#hasGivenId);
  }

  /** True when it ended while its client, which comes back by itself, was away. */
  get isAwaited(): boolean {
    return this.#isAwaited;
  }

  /** Gives the stream a connection, from now on; a second one takes the place of the first. */
  connect(sink: EventSink): void {
    this.#dismiss();
    this.#adopt(sink);
    if (this.#resumable === undefined) return;
    const { log, firstPlace } = this.#resumable;
    void this.#inOrder(() =>
      this.#keeping(
        () => this.#tail ?? firstPlace ?? log.prime(),
        (place) => this.#prime(sink, place),
      ),
    );
  }

  /**
   * Gives the stream the connection of a client that has read up to `after`, and writes what it missed.
   *
   * @param open - opens the connection; called once it is certain that the stream has this place.
   */
  async resume(after: Position, open: () => EventSink): Promise<Resumed> {
    if (this.#resumable === undefined) return 'unknown';
    const replaying: Replaying = new Replaying(this.#resumable, this.#settings.retryMs, after, () =>
      this.#welcome(replaying, open),
    );
    try {
      if (!(await replaying.read())) return 'unknown';
      if (!replaying.isOpen) this.#takeOver(replaying);
      await this.#catchUp(replaying);
    } catch (error) {
      if (replaying.sink === undefined) throw error;
      this.#breakOff(replaying, error);
    }
    if (!replaying.isOpen) return 'exhausted';
    return replaying.hasMissed ? 'gap' : 'connected';
  }

  /** Sends a message: keeps it first, if the stream has a log. */
  send(json: string, isResponse = false): Later<void> {
    if (this.#resumable === undefined) {
      this.#sink?.write(messageEvent(json));
      return undefined;
    }
    const { log, idPrefix } = this.#resumable;
    return this.#inOrder(() =>
      this.#keeping(
        () => log.append(json, isResponse),
        (place) => {
          if (place !== undefined) this.#tail = place;
          if (this.#sink === undefined) return;
          if (place !== undefined) this.#hasGivenId = true;
          const unread = this.#sink.write(messageEvent(json, place && idPrefix + place));
          if (unread > AHEAD_BYTES && place !== undefined) this.#slowDown(this.#sink, place);
        },
      ),
    );
  }

  /** Says that events of an earlier stream are gone; nobody knows how many. */
  tellGap(): void {
    void this.#inOrder(() => void this.#sink?.write(gapEvent(undefined)));
  }

  /** Closes the connection and not the stream: the client comes back after `retryMs` for the rest, if any is kept. */
  close(retryMs = this.#settings.retryMs): void {
    if (this.#resumable === undefined) return;
    void this.#inOrder(() => {
      const sink = this.#sink ?? this.#replaying?.sink;
      // Without an id there is nothing to come back with: an outage of the log has kept it.
      if (sink === undefined || !this.#hasGivenId) return;
      sink.write(retryField(retryMs));
      this.#dismiss();
    });
  }

  /** The connection is gone. */
  disconnect(sink: EventSink): void {
    this.#settings.keepAlive.delete(sink);
    if (this.#sink === sink) this.#sink = undefined;
    if (this.#replaying?.sink === sink) this.#stopReplaying();
  }

  /** Nothing more will be sent; what is returned settles when all that was sent is kept. */
  end(): Later<void> {
    return this.#inOrder(() => {
      this.#isOver = true;
      this.#isAwaited =
        this.#resumable?.allowsPolling === true && this.#hasGivenId && !this.isConnected;
      const finished = this.#resumable?.log.finish();
      if (this.#sink !== undefined) this.#dismiss();
      return finished instanceof Promise ? finished.catch(this.#unfinished) : undefined;
    });
  }

  readonly #unfinished = (error: unknown): void => {
    this.#settings.logger.warn({ err: error }, 'the end of a stream could not be kept');
  };

  /** From now on the reader is sent what it can take, out of the log. */
  #slowDown(sink: EventSink, place: Position): void {
    const resumable = this.#resumable;
    if (resumable === undefined) return;
    const { retryMs } = this.#settings;
    const replaying = new Replaying(resumable, retryMs, place, () => sink, sink);
    this.#sink = undefined;
    this.#replaying = replaying;
    sink
      .drained()
      .then(() => this.#catchUp(replaying))
      .catch((error) => this.#breakOff(replaying, error));
  }

  /** Ends the connection without the response, so that the client asks for the rest. */
  #breakOff(replaying: Replaying, error: unknown): void {
    if (this.#replaying === replaying) this.#replaying = undefined;
    this.#settings.logger.warn({ err: error }, 'a stream could not be replayed to its end');
    if (replaying.sink !== undefined) this.#release(replaying.sink);
  }

  #takeOver(replaying: Replaying): void {
    this.#dismiss();
    this.#replaying = replaying;
  }

  #welcome(replaying: Replaying, open: () => EventSink): EventSink {
    if (this.#replaying !== replaying) this.#takeOver(replaying);
    this.#hasGivenId = true;
    const sink = open();
    this.#settings.keepAlive.add(sink);
    return sink;
  }

  /** Reads until there is nothing that the client has not been sent; then it hears what is sent. */
  async #catchUp(replaying: Replaying): Promise<void> {
    for (;;) {
      await this.#pending;
      if (this.#replaying !== replaying) return;
      const { place } = replaying;
      if (this.#tail === undefined || this.#tail === place) break;
      await replaying.read();
      // A log that has lost its last event is read as far as it goes.
      if (replaying.place === place) break;
    }
    this.#replaying = undefined;
    this.#tail ??= replaying.place;
    if (!this.#isOver) this.#sink = replaying.opened();
    else if (replaying.sink !== undefined) this.#release(replaying.sink);
  }

  #prime(sink: EventSink, place: Position | undefined): void {
    if (this.#resumable === undefined || place === undefined) return;
    this.#tail = place;
    if (!this.#resumable.allowsPolling) return;
    this.#hasGivenId = true;
    sink.write(primingEvent(this.#resumable.idPrefix + place, this.#settings.retryMs));
  }

  #adopt(sink: EventSink): void {
    this.#sink = sink;
    this.#settings.keepAlive.add(sink);
  }

  /** Ends the connection that there is. */
  #dismiss(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    if (sink !== undefined) this.#release(sink);
    const replayed = this.#replaying?.sink;
    this.#stopReplaying();
    if (replayed !== undefined) this.#release(replayed);
  }

  #release(sink: EventSink): void {
    this.#settings.keepAlive.delete(sink);
    sink.end();
  }

  #stopReplaying(): void {
    this.#replaying?.stop();
    this.#replaying = undefined;
  }

  /** Does `keep`, then `write` with the place, or without one when the log failed. */
  #keeping(keep: () => Later<Position>, write: (place: Position | undefined) => void): Later<void> {
    const failed = (error: unknown) => {
      this.#settings.logger.warn({ err: error }, 'an event could not be kept');
      write(undefined);
    };
    try {
      const kept = keep();
      if (kept instanceof Promise) return kept.then(write, failed);
      write(kept);
    } catch (error) {
      failed(error);
    }
    return undefined;
  }

  /** Does `work` at once, or after what was begun before it. */
  #inOrder(work: () => Later<void>): Later<void> {
    const done = this.#pending === undefined ? work() : this.#pending.then(work);
    if (!(done instanceof Promise)) return undefined;
    const pending = done.finally(() => {
      if (this.#pending === pending) this.#pending = undefined;
    });
    this.#pending = pending;
    return pending;
  }
}
