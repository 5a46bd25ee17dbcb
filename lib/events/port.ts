/**
 * Where the events of resumable streams are kept.
 *
 * Time: an event can be replayed for a while that its log chooses, counted from its append; the log of a
 * stream that has finished, from its end. Failure: a rejected promise is an outage; an event that cannot be
 * kept is sent all the same, and a stream that cannot be read is answered with 503. Size: every log has a
 * limit on what it keeps of one stream; what it gives up first is the oldest event that is not a response.
 *
 * Knows: streams, positions and JSON texts. Does not know: HTTP, event ids on the wire, what a message says.
 *
 * @module
 */
import type { RequestId } from '../protocol/json-rpc.js';

type Awaitable<T> = T | Promise<T>;

/** Names one stream. Both members are letters and digits only. */
export interface StreamKey {
  /** Stands for one session of one endpoint: a digest, never the session's id itself. */
  readonly session: string;
  /** The stream, within its session. */
  readonly stream: string;
}

/**
 * A place in a stream: after the event that it names. Letters, digits, `-` and `_`, at most 512.
 *
 * It comes back from clients, so a log is given positions that it never made.
 */
export type Position = string;

/** Takes what is replayed. */
export interface Replay {
  /** `count` events at this place are gone; called before the next event. */
  missed(count: number): Awaitable<void>;
  /** One event, in order; false when nobody reads any more and the replay should stop. */
  event(position: Position, json: string): Awaitable<boolean>;
}

/** The events of one stream; one writer, any number of readers one after the other. */
export interface StreamLog {
  /** The place before the first event. Called once, before any `append`. */
  prime(): Awaitable<Position>;
  /**
   * Keeps one JSON-RPC message; the place after it.
   *
   * @param isResponse - true for the answer to one of the stream's requests: it is never given up.
   */
  append(json: string, isResponse: boolean): Awaitable<Position>;
  /**
   * Every request is answered: nothing more is to come. Called again, it does nothing.
   *
   * A log that writes behind resolves when everything is kept.
   */
  finish(): Awaitable<void>;
  /**
   * Hands over what was appended after a place, up to the last event there is when it ends.
   *
   * Resolves with false, having handed over nothing, when `after` is no place in this stream.
   */
  replay(after: Position, to: Replay): Promise<boolean>;
}

/** A stream of which its writer is gone, as a reader finds it. */
export interface FoundStream {
  readonly log: StreamLog;
  /** Ids of the requests that it had to answer and did not; undefined when the log cannot tell. */
  readonly unanswered: readonly RequestId[] | undefined;
}

/** The event logs of one endpoint. */
export interface EventLog {
  /** Name for the operator: `memory`, `keyv`, `sdk`. */
  readonly name: string;
  /** Begins a stream that answers `requests`; the standalone stream answers none. */
  open(key: StreamKey, requests: readonly RequestId[]): StreamLog;
  /**
   * The stream of this name, if something of it is kept.
   *
   * Asked for a stream that has finished, or whose writer was another process. Appending goes on where
   * it ended.
   */
  find(key: StreamKey): Awaitable<FoundStream | undefined>;
  /** The session has ended: its streams are forgotten, those still open included. */
  drop(session: string): Awaitable<void>;
  /** Stops timers, waits for what is being written, forgets what is kept in memory. */
  close(): Awaitable<void>;
}

/** A stream in a log that several instances share, as a reader finds it. */
export interface SharedStream extends FoundStream {
  /** The instance that writes it, as of the last replay; undefined when it has finished. */
  readonly writer: string | undefined;
}

/** A session's own stream, to which any instance may append. */
export interface StandaloneStream {
  /** Its name: another one after the log has lost it. Begins with `g`. */
  readonly name: string;
  /** The place after its last event. */
  readonly end: Position;
  /** Replays it; nothing is appended here. */
  readonly log: StreamLog;
}

/**
 * Event logs that several instances share: each stream of a POST has one writer, and any instance may read.
 *
 * A writer does not wait for its events to be kept; they are written in order, and again after an outage,
 * as far as the limit of the stream allows. Its name is `p…`.
 */
export interface SharedEventLog extends EventLog {
  /** The place before the first event of every stream that is begun; a writer need not wait for `prime`. */
  readonly firstPlace: Position;
  /**
   * Begins a stream that this instance writes.
   *
   * @param fenced - called once when another instance has ended the stream in this one's place: nothing that
   * is appended from then on is kept.
   */
  open(key: StreamKey, requests: readonly RequestId[], fenced?: () => void): StreamLog;
  /** The stream of this name, whoever writes it. `unanswered` is known once its writer is gone. */
  find(key: StreamKey): Promise<SharedStream | undefined>;
  /**
   * From now on this instance is told what is appended, by a letter `{ kind: 'appended', session, stream }`;
   * the instance that was told before, if another.
   */
  follow(key: StreamKey): Promise<string | undefined>;
  /**
   * Ends a stream in the place of its writer, if that still is `writer`: each unanswered request gets the
   * response that `respond` makes. False when somebody else was first.
   */
  adopt(key: StreamKey, writer: string, respond: (id: RequestId) => string): Promise<boolean>;
  /**
   * Appends to a session's own stream, and tells the instance that its client listens at.
   *
   * Resolves when the event is kept.
   */
  tell(session: string, json: string): Promise<void>;
  /** A session's own stream, as it is now. */
  standalone(session: string): Promise<StandaloneStream>;
}

/** An event store of the SDK's kind, any version's. */
export interface SdkEventStore {
  /** Keeps a message; resolves with the id of its event, at most 384 bytes. */
  storeEvent(streamId: string, message: unknown): Promise<string>;
  /** The stream of an event; without this method only a replay tells. */
  getStreamIdForEventId?(eventId: string): Promise<string | undefined>;
  /** Sends what came after an event on its stream; resolves with the stream's id. */
  replayEventsAfter(
    lastEventId: string,
    to: { send: (eventId: string, message: unknown) => Promise<void> },
  ): Promise<string>;
}

/** What the option `eventStore` takes: a log of this package, or an event store of the SDK's kind. */
export type EventStore = EventLog | SdkEventStore;
