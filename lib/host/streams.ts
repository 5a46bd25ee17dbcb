/**
 * The streams of one endpoint: begun, found again, forgotten.
 *
 * Knows: their names, their logs and whose they are. Does not know: HTTP, what is sent on them.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type {
  EventLog,
  FoundStream,
  Position,
  Replay,
  SharedEventLog,
  SharedStream,
  StreamKey,
  StreamLog,
} from '../events/port.js';
import type { RequestId } from '../protocol/json-rpc.js';
import { allowsPolling } from '../protocol/versions.js';
import type { Shared } from '../store/port.js';
import type { Client } from './client.js';
import { Deadlines } from './deadlines.js';
import type { EventIds } from './event-ids.js';
import { EventStream, type Resumable, type StreamSettings } from './event-stream.js';
import { FollowedStream, lost } from './followed-stream.js';
import type { Later } from './later.js';
import { LiveSession } from './live-session.js';
import type { ListenedStream } from './standalone.js';

/** A stream of a session's own, and how far its client has read it. */
interface FoundStandalone {
  readonly kind: 'standalone';
  readonly stream: ListenedStream;
  readonly position: Position;
  /** True when nobody wrote to it for a while: what happened then is nowhere. */
  readonly wasAway: boolean;
}

/** The answer to a POST, and how far its client has read it. */
interface FoundPost {
  readonly kind: 'post';
  readonly name: string;
  readonly stream: Pick<EventStream, 'resume' | 'disconnect'>;
  readonly position: Position;
}

export type Found = FoundStandalone | FoundPost;

/** How late a client may be that comes back, milliseconds. */
const GRACE_MS = 1_000;

const STANDALONE = 'g';
const POST = 'p';

export class Streams {
  readonly #log: EventLog | undefined;
  readonly #ids: EventIds;
  readonly #settings: StreamSettings;
  readonly #shared: Shared | undefined;
  /** Tells the streams of this life of the endpoint from those of earlier ones. */
  readonly #life = randomBytes(6).toString('hex');
  #begun = 0;
  /** Streams that are being found, so that two readers find the same one. */
  readonly #finding = new Map<string, Promise<FoundPost['stream'] | undefined>>();
  /** Streams of other instances that are read here. */
  readonly #followed = new Map<string, FollowedStream>();
  /** Streams whose end is not kept yet. */
  readonly #unfinished = new Set<EventStream>();
  /** Streams of which the end is kept here alone, and whose clients are about to come back for it. */
  readonly #awaited: Deadlines<string>;
  #whenFinished: (() => void) | undefined;

  /**
   * @param log - keeps the events; without one nothing can be resumed.
   * @param shared - the other instances, where there are any and the log is theirs too.
   */
  constructor(log: EventLog | undefined, ids: EventIds, settings: StreamSettings, shared?: Shared) {
    this.#log = log;
    this.#ids = ids;
    this.#settings = settings;
    this.#shared = shared;
    this.#awaited = new Deadlines(settings.retryMs * 2 + GRACE_MS, () => this.#tellFinished());
  }

  /** Whether a client comes back to a connection that was closed before its answer. */
  allowsPolling({ identity }: Client): boolean {
    return this.#log !== undefined && identity !== undefined && allowsPolling(identity.version);
  }

  /** Begins the stream that answers a POST. */
  begin(client: Client, requests: readonly RequestId[]): EventStream {
    if (this.#log === undefined || !(client instanceof LiveSession)) {
      return new EventStream(this.#settings);
    }
    const key = this.#newKey(client, POST);
    const stream = this.#shared
      ? this.#beginShared(client, key, requests, this.#shared.events)
      : this.#resumable(client, key, this.#log.open(key, requests));
    client.streams.set(stream.name, stream);
    this.#unfinished.add(stream);
    return stream;
  }

  /** Nothing waits until the others can find it; the log sees to it that they will. */
  #beginShared(
    session: LiveSession,
    key: StreamKey,
    requests: readonly RequestId[],
    events: SharedEventLog,
  ): EventStream {
    const log = events.open(key, requests, () => fence(session, requests));
    Promise.resolve(log.prime()).catch((error) => {
      this.#settings.logger.warn({ err: error }, 'a stream could not be begun; it will be');
    });
    const { firstPlace } = events;
    const resumable = { ...this.#resumableBy(session, key, log), firstPlace };
    return new EventStream(this.#settings, key.stream, resumable);
  }

  /** The stream of a POST is over; what is left of it is in the log. */
  ended(client: Client, stream: EventStream): void {
    if (client instanceof LiveSession) client.streams.delete(stream.name);
    this.#unfinished.delete(stream);
    if (this.#shared === undefined && stream.isAwaited) this.#awaited.add(stream.name);
    this.#tellFinished();
  }

  /**
   * Resolves when the end of every stream is kept and, if it is kept in this process alone, was fetched by
   * those who come back for it; or after `waitMs`.
   */
  finished(waitMs: number): Promise<void> {
    if (this.#isFinished) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#whenFinished = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** A stream of which nothing is kept: it ends with its connection. */
  unkept(): EventStream {
    return new EventStream(this.#settings);
  }

  /** What the server says to a session on its own account: the stream there is, or a new one. */
  standalone(session: LiveSession): ListenedStream {
    if (session.roaming !== undefined) return session.roaming.stream;
    if (session.standalone instanceof EventStream) return session.standalone;
    if (this.#log === undefined) return new EventStream(this.#settings);
    const key = this.#newKey(session, STANDALONE);
    return this.#resumable(session, key, this.#log.open(key, []));
  }

  /**
   * The stream that an event id of a session belongs to.
   *
   * @returns `lost` for a standalone stream of which nothing is left; undefined for an id that the session
   * was not given, and for one whose stream is gone.
   */
  async find(session: LiveSession, eventId: string): Promise<Found | 'lost' | undefined> {
    const place = this.#log && this.#ids.read(eventId, this.#digestOf(session));
    if (place === undefined) return undefined;
    const { stream: name, position } = place;
    const isOwn = isStandalone(name);
    if (isOwn && session.roaming !== undefined) return this.#roaming(session, name, position);
    const live = this.#live(session, name);
    const stream = live ?? (await this.#recalled(session, name, position));
    if (!isOwn) return stream && { kind: 'post', name, stream, position };
    if (!(stream instanceof EventStream)) return 'lost';
    return { kind: 'standalone', stream, position, wasAway: live === undefined };
  }

  /** A client has come back for the answer to a POST, and was sent what there is. */
  fetched(name: string): void {
    this.#awaited.delete(name);
    this.#tellFinished();
  }

  /** Something was appended to a stream that another instance writes. */
  appended({ session, stream }: StreamKey): void {
    this.#followed.get(pathOf(session, stream))?.wake();
  }

  /** Another instance has the client's connection to a stream now. */
  taken({ session, stream }: StreamKey, live: LiveSession | undefined): void {
    live?.streams.get(stream)?.close();
    this.#followed.get(pathOf(session, stream))?.yield();
  }

  /** The session is over for good. */
  forget(session: LiveSession): void {
    const dropped = this.#log?.drop(this.#digestOf(session));
    if (!(dropped instanceof Promise)) return;
    // Nobody finds the session any more, and its streams end by themselves.
    dropped.catch((error) => {
      this.#settings.logger.warn({ err: error }, 'streams of a session that ended are still kept');
    });
  }

  close(): Later<void> {
    return this.#log?.close();
  }

  get #isFinished(): boolean {
    return this.#unfinished.size + this.#awaited.size === 0;
  }

  #tellFinished(): void {
    if (this.#isFinished) this.#whenFinished?.();
  }

  #live(session: LiveSession, name: string): EventStream | undefined {
    const { standalone } = session;
    if (standalone instanceof EventStream && standalone.name === name) return standalone;
    return session.streams.get(name);
  }

  /** A stream that the log still knows, although nobody here writes to it any more. */
  async #recalled(
    session: LiveSession,
    name: string,
    position: Position,
  ): Promise<FoundPost['stream'] | undefined> {
    if (isStandalone(name) && session.standalone !== undefined) return undefined;
    const key = { session: this.#digestOf(session), stream: name };
    const path = pathOf(key.session, name);
    const finding =
      this.#finding.get(path) ??
      (this.#shared
        ? this.#elsewhere(session, key, position, this.#shared)
        : this.#recall(session, key));
    this.#finding.set(path, finding);
    try {
      return await finding;
    } finally {
      this.#finding.delete(path);
    }
  }

  async #roaming(session: LiveSession, name: string, position: Position): Promise<Found | 'lost'> {
    const kept = await this.#shared?.events.standalone(this.#digestOf(session));
    if (session.roaming === undefined || kept?.name !== name) return 'lost';
    return { kind: 'standalone', stream: session.roaming.stream, position, wasAway: false };
  }

  /** A stream that another instance writes, or has written. */
  async #elsewhere(
    session: LiveSession,
    key: StreamKey,
    position: Position,
    { self, events, instances }: Shared,
  ): Promise<FoundPost['stream'] | undefined> {
    const stream = await events.find(key);
    if (stream === undefined) return undefined;
    const { writer } = stream;
    if (writer === undefined) return this.#recall(session, key);
    if (writer === self || !(await instances.alive(writer))) {
      // Its client may have read what was never kept: the end comes after that.
      await stream.log.replay(position, NOWHERE);
      await events.adopt(key, writer, lost);
      return this.#recall(session, key);
    }
    await this.#tellTaken(key, writer, await events.follow(key));
    return this.#follow(session, key, stream, this.#shared as Shared);
  }

  #follow(
    session: LiveSession,
    key: StreamKey,
    stream: SharedStream,
    { events, instances }: Shared,
  ): FollowedStream {
    const path = pathOf(key.session, key.stream);
    this.#followed.get(path)?.yield();
    const followed = new FollowedStream({
      key,
      stream,
      resumable: this.#resumableBy(session, key, stream.log),
      settings: this.#settings,
      events,
      instances,
      left: (gone) => {
        if (this.#followed.get(path) === gone) this.#followed.delete(path);
      },
    });
    this.#followed.set(path, followed);
    return followed;
  }

  /** The client is here now: those who had its connection let go of it. */
  async #tellTaken(key: StreamKey, ...instances: (string | undefined)[]): Promise<void> {
    const { session, stream } = key;
    for (const instance of new Set(instances)) {
      if (instance === undefined || instance === this.#shared?.self) continue;
      const letter = { kind: 'taken', session, stream };
      await this.#shared?.instances.post(instance, letter);
    }
  }

  async #recall(session: LiveSession, key: StreamKey): Promise<EventStream | undefined> {
    const found = await this.#log?.find(key);
    if (found === undefined) return undefined;
    const stream = this.#resumable(session, key, found.log);
    if (!isStandalone(key.stream)) conclude(stream, found);
    return stream;
  }

  #resumable(session: LiveSession, key: StreamKey, log: StreamLog): EventStream {
    const resumable = this.#resumableBy(session, key, log);
    return new EventStream(this.#settings, key.stream, resumable);
  }

  #resumableBy({ identity }: LiveSession, key: StreamKey, log: StreamLog): Resumable {
    const idPrefix = this.#ids.prefixOf(key);
    return { log, idPrefix, allowsPolling: allowsPolling(identity.version) };
  }

  #newKey(session: LiveSession, kind: string): StreamKey {
    this.#begun += 1;
    const stream = `${kind}${this.#life}${this.#begun.toString(36)}`;
    return { session: this.#digestOf(session), stream };
  }

  #digestOf(session: LiveSession): string {
    session.digest ??= session.record.key ?? this.#ids.digestOf(session.contextId);
    return session.digest;
  }
}

/** Takes nothing of a replay. */
const NOWHERE: Replay = { missed: () => {}, event: () => false };

const pathOf = (session: string, stream: string) => `${session}.${stream}`;
const isStandalone = (name: string) => name.startsWith(STANDALONE);

/** Nobody works on these requests any more: each gets its one definite end. */
function conclude(stream: EventStream, { unanswered }: FoundStream): void {
  for (const id of unanswered ?? []) {
    void stream.send(lost(id), true);
  }
  stream.end();
}

/** Another instance has ended these calls: what they do from now on reaches nobody. */
function fence(session: LiveSession, requests: readonly RequestId[]): void {
  for (const id of requests) {
    const running = session.calls.get(id);
    running?.server.cancel(running.call, 'Another instance has ended this call');
  }
}
