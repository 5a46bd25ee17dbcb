/**
 * The streams of one endpoint: begun, found again, forgotten.
 *
 * Knows: their names, their logs and whose they are. Does not know: HTTP, what is sent on them.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { EventLog, FoundStream, Position, StreamKey, StreamLog } from '../events/port.js';
import { CODES, errorResponse, type RequestId } from '../protocol/json-rpc.js';
import { allowsPolling } from '../protocol/versions.js';
import type { Client } from './client.js';
import type { EventIds } from './event-ids.js';
import { EventStream, type StreamSettings } from './event-stream.js';
import type { Later } from './later.js';
import { LiveSession } from './live-session.js';

/** A stream, and how far its client has read it. */
export interface Found {
  readonly stream: EventStream;
  readonly position: Position;
  /** True for the session's own stream, false for the answer to a POST. */
  readonly isStandalone: boolean;
  /** True when nobody wrote to it for a while: what happened then is nowhere. */
  readonly wasAway: boolean;
}

/** The end of a call whose process is gone. */
const INSTANCE_LOST = {
  code: CODES.server,
  message: 'The instance that ran this call is gone',
  data: { reason: 'instance_lost' },
};

const STANDALONE = 'g';
const POST = 'p';

export class Streams {
  readonly #log: EventLog | undefined;
  readonly #ids: EventIds;
  readonly #settings: StreamSettings;
  /** Tells the streams of this life of the endpoint from those of earlier ones. */
  readonly #life = randomBytes(6).toString('hex');
  #begun = 0;
  /** Streams that are being found, so that two readers find the same one. */
  readonly #finding = new Map<string, Promise<EventStream | undefined>>();

  /** @param log - keeps the events; without one nothing can be resumed. */
  constructor(log: EventLog | undefined, ids: EventIds, settings: StreamSettings) {
    this.#log = log;
    this.#ids = ids;
    this.#settings = settings;
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
    const stream = this.#resumable(client, key, this.#log.open(key, requests));
    client.streams.set(stream.name, stream);
    return stream;
  }

  /** The stream of a POST is over; what is left of it is in the log. */
  ended(client: Client, stream: EventStream): void {
    if (client instanceof LiveSession) client.streams.delete(stream.name);
  }

  /** A stream of which nothing is kept: it ends with its connection. */
  unkept(): EventStream {
    return new EventStream(this.#settings);
  }

  /** What the server says to a session on its own account: the stream there is, or a new one. */
  standalone(session: LiveSession): EventStream {
    if (session.standalone !== undefined) return session.standalone;
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
    const live = this.#live(session, name);
    const stream = live ?? (await this.#recalled(session, name));
    if (stream === undefined) return isStandalone(name) ? 'lost' : undefined;
    return { stream, position, isStandalone: isStandalone(name), wasAway: live === undefined };
  }

  /** The session is over for good. */
  forget(session: LiveSession): Later<void> {
    return this.#log?.drop(this.#digestOf(session));
  }

  close(): Later<void> {
    return this.#log?.close();
  }

  #live(session: LiveSession, name: string): EventStream | undefined {
    const { standalone } = session;
    return session.streams.get(name) ?? (standalone?.name === name ? standalone : undefined);
  }

  /** A stream that the log still knows, although nobody writes to it any more. */
  async #recalled(session: LiveSession, name: string): Promise<EventStream | undefined> {
    if (isStandalone(name) && session.standalone !== undefined) return undefined;
    const key = { session: this.#digestOf(session), stream: name };
    const id = `${key.session}.${name}`;
    const finding = this.#finding.get(id) ?? this.#recall(session, key);
    this.#finding.set(id, finding);
    try {
      return await finding;
    } finally {
      this.#finding.delete(id);
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
    return new EventStream(this.#settings, key.stream, {
      log,
      idPrefix: this.#ids.prefixOf(key),
      allowsPolling: allowsPolling(session.identity.version),
    });
  }

  #newKey(session: LiveSession, kind: string): StreamKey {
    this.#begun += 1;
    const stream = `${kind}${this.#life}${this.#begun.toString(36)}`;
    return { session: this.#digestOf(session), stream };
  }

  #digestOf(session: LiveSession): string {
    session.digest ??= this.#ids.digestOf(session.contextId);
    return session.digest;
  }
}

const isStandalone = (name: string) => name.startsWith(STANDALONE);

/** Nobody works on these requests any more: each gets its one definite end. */
function conclude(stream: EventStream, { unanswered }: FoundStream): void {
  for (const id of unanswered ?? []) {
    void stream.send(JSON.stringify(errorResponse(INSTANCE_LOST, id)), true);
  }
  stream.end();
}
