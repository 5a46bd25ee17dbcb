/**
 * The sessions in which something is open here: found by id or key, told of what concerns them.
 *
 * Knows: who is live, and who follows which resource. Does not know: the store, who may use a session.
 *
 * @module
 */
import type { SessionChange, SessionRecord } from '../store/port.js';
import type { SessionAudience } from './audience.js';
import { LiveSession } from './live-session.js';
import type { Roaming } from './roaming.js';
import { ifMayHear, Subscriptions, sendUpdate } from './subscriptions.js';

/** How other instances are told. */
export interface Outside {
  /** What a session is to them. */
  roam(session: LiveSession): Roaming;
  /** Tells the clients of all instances. */
  publish(method: string, uri?: string): void;
  /** Tells some instances of a session. */
  post(instances: readonly string[], kind: 'ended' | 'changed', session: string): void;
  /** Tells a session's client of a resource at the instance where it listens. */
  pass(session: LiveSession, uri: string): void;
  /** Tells them once more that a session's client listens here. */
  listenAgain(session: LiveSession): void;
  /** This instance has let go of a session. */
  left(session: LiveSession): void;
}

export class LiveSessions implements SessionAudience, Iterable<LiveSession> {
  /** Absent where there is only this instance. */
  outside: Outside | undefined;
  readonly #subscriptions = new Subscriptions();
  readonly #byId = new Map<string, LiveSession>();
  readonly #byKey = new Map<string, LiveSession>();

  [Symbol.iterator](): Iterator<LiveSession> {
    return this.#byId.values();
  }

  client(id: string): LiveSession | undefined {
    return this.#byId.get(id);
  }

  /** The session that stands under this key in the shared store. */
  byKey(key: string): LiveSession | undefined {
    return this.#byKey.get(key);
  }

  /** The live session of a record that was found, with what the record says now. */
  of(record: SessionRecord): LiveSession {
    const known = this.#byId.get(record.id);
    if (known === undefined) return this.#enliven(record);
    if (known.roaming !== undefined) this.refresh(known, record);
    return known;
  }

  /** Takes over what other instances have written. */
  refresh(session: LiveSession, now: SessionRecord): void {
    const { record } = session;
    this.#subscriptions.replace(record, now.subscriptions);
    record.logLevel = now.logLevel;
    // Another instance has made the record anew, and does not know who listens.
    const isUnknown = now.listener === undefined && session.roamsHere;
    record.listener = isUnknown ? session.instance : now.listener;
    if (isUnknown) this.outside?.listenAgain(session);
    record.phase = now.phase;
    record.lastSeenAt = now.lastSeenAt;
  }

  /** Writes a change into a record. */
  apply(record: SessionRecord, change: SessionChange): void {
    if ('logLevel' in change) record.logLevel = change.logLevel;
    else if ('subscribe' in change) this.#subscriptions.add(record, change.subscribe);
    else this.#subscriptions.delete(record, change.unsubscribe);
  }

  /** Lets go of a session in which nothing is open any more. */
  tidy(session: LiveSession): void {
    const { record } = session;
    if (!session.isIdle || this.#byId.get(record.id) !== session) return;
    this.#byId.delete(record.id);
    if (session.roaming === undefined) return;
    this.#byKey.delete(record.key ?? '');
    this.#subscriptions.drop(record);
    this.outside?.left(session);
  }

  /** Ends what is open in a session that is over; its session, and what its server follows for it. */
  drop(record: SessionRecord): { session: LiveSession; uris: readonly string[] } {
    const session = this.#byId.get(record.id) ?? new LiveSession(record);
    this.#byId.delete(record.id);
    if (record.key !== undefined) this.#byKey.delete(record.key);
    const followed = this.#subscriptions.drop(record);
    session.end();
    return { session, uris: session.roaming === undefined ? followed : [...session.roaming.told] };
  }

  /** True while a session has a call or an open stream. */
  isBusy(id: string): boolean {
    const session = this.#byId.get(id);
    if (session === undefined) return false;
    this.tidy(session);
    return session.isBusy;
  }

  tellAll(method: string, json: string): void {
    if (this.outside !== undefined) return this.outside.publish(method);
    for (const { standalone } of this.#byId.values()) void standalone?.send(json);
  }

  tellSubscribers(uri: string, json: string): void {
    if (this.outside !== undefined) {
      return this.outside.publish('notifications/resources/updated', uri);
    }
    for (const client of this.#subscribers(uri)) sendUpdate(client, uri, json);
  }

  tellSubscriber(session: LiveSession, uri: string, json: string): void {
    if (this.outside === undefined || session.listensHere) sendUpdate(session, uri, json);
    else this.outside.pass(session, uri);
  }

  /** Tells the clients that listen here of what was published. */
  broadcast(json: string, uri: string | undefined, revision: number | undefined): void {
    const audience = uri === undefined ? this.#byId.values() : this.#subscribers(uri);
    for (const session of audience) {
      if (!session.listensHere) continue;
      const tell = () => session.hear(json, revision);
      if (uri === undefined) tell();
      else ifMayHear(session.mayHear, uri, tell);
    }
  }

  /** Ends every stream and call. */
  close(): void {
    for (const session of [...this.#byId.values()]) session.end();
    this.#byId.clear();
    this.#byKey.clear();
  }

  #enliven(record: SessionRecord): LiveSession {
    const { outside } = this;
    if (outside === undefined) {
      const session = new LiveSession(record);
      this.#byId.set(record.id, session);
      return session;
    }
    // The store may keep what it has handed out.
    const own = { ...record, subscriptions: undefined };
    const session = new LiveSession(own, (made) => outside.roam(made));
    this.#byId.set(record.id, session);
    this.#byKey.set(record.key ?? '', session);
    this.#subscriptions.replace(own, record.subscriptions);
    return session;
  }

  *#subscribers(uri: string): Iterable<LiveSession> {
    for (const id of this.#subscriptions.followers(uri)) {
      const session = this.#byId.get(id);
      if (session !== undefined) yield session;
    }
  }
}
