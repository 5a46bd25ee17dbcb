/**
 * The sessions of one endpoint: opened, found, woken, ended.
 *
 * Knows: the store, the ids, and which sessions are live. Does not know: HTTP answers, servers.
 *
 * @module
 */
import type { ClientIdentity } from '../protocol/client.js';
import { REFUSALS, type Refusal } from '../protocol/refusals.js';
import type {
  DropReason,
  SessionLimits,
  SessionPhase,
  SessionRecord,
  SessionStore,
  Store,
} from '../store/port.js';
import type { Audience } from './audience.js';
import type { EventStream } from './event-stream.js';
import type { Exchange } from './exchange.js';
import { Identities } from './identities.js';
import { andThen, type Later } from './later.js';
import { LiveSession } from './live-session.js';
import type { SealedSession } from './session-id.js';
import { randomSessionId, readSessionId, type SessionIds } from './session-id.js';
import { Subscriptions } from './subscriptions.js';

/** Told when a session is over, with what it followed. */
export type SessionEnded = (
  session: LiveSession,
  uris: readonly string[],
  reason: DropReason,
) => void;

/** A client that has not said who it is. */
const UNNAMED: ClientIdentity = {
  version: '2024-11-05',
  capabilities: {},
  clientInfo: { name: 'unknown', version: '0' },
};

export class Sessions implements Audience {
  readonly subscriptions = new Subscriptions();
  onEnded: SessionEnded = () => {};
  readonly #store: SessionStore;
  readonly #ids: SessionIds;
  readonly #limits: SessionLimits;
  readonly #endpointUrl: string | undefined;
  readonly #identities = new Identities();
  readonly #live = new Map<string, LiveSession>();
  /** Records that the store has dropped: a request may have found one just before. */
  readonly #dropped = new WeakSet<SessionRecord>();

  /** @param endpointUrl - public URL of the endpoint without `:params`, if it has one. */
  constructor(
    store: Store,
    limits: SessionLimits,
    ids: SessionIds,
    endpointUrl: string | undefined,
  ) {
    this.#ids = ids;
    this.#limits = limits;
    this.#endpointUrl = endpointUrl;
    this.#store = store.sessions(limits, {
      busy: (id) => this.#isBusy(id),
      dropped: (record, reason) => this.#drop(record, reason),
    });
  }

  /** Opens a session for a handshake, held until `release`; undefined when there is no room for it. */
  async open(exchange: Exchange, identity: ClientIdentity): Promise<LiveSession | undefined> {
    const endsAt = Date.now() + this.#limits.absoluteMs;
    const client = this.#identities.shared(identity);
    const { principal } = exchange;
    const sealed = { client, principal, resource: this.#resourceOf(exchange), endsAt };
    return this.#admit(exchange, this.#ids.mint(sealed), sealed, 'handshake');
  }

  /**
   * Opens a session whose client has not said who it is, held until `release`; undefined when there is no
   * room for it. It cannot be woken: its id is random.
   */
  async openUnnamed(exchange: Exchange): Promise<LiveSession | undefined> {
    const endsAt = Date.now() + this.#limits.absoluteMs;
    const opened = { client: UNNAMED, principal: exchange.principal, endsAt };
    const session = await this.#admit(exchange, randomSessionId(), opened, 'handshake');
    if (session !== undefined) session.isReady = false;
    return session;
  }

  /** The client has said who it is. */
  name({ record }: LiveSession, identity: ClientIdentity): void {
    record.client = this.#identities.shared(identity);
  }

  /** The session that a request names, if the caller may use it; held until `release`. */
  find(exchange: Exchange, id = readSessionId(exchange)): Later<LiveSession | Refusal> {
    if (id === undefined) return REFUSALS.sessionRequired;
    return andThen(this.#store.find(id, Date.now()), (record) => {
      if (record === undefined || this.#dropped.has(record)) return this.#wake(exchange, id);
      const isOurs = record.principal === exchange.principal && record.place === exchange.place;
      return isOurs ? this.#liveOf(record) : REFUSALS.sessionNotFound;
    });
  }

  /** True when the session that a request has found is over by now. */
  isOver({ record }: LiveSession): boolean {
    return this.#dropped.has(record);
  }

  /** The session was used: its idle time begins now. */
  touch(session: LiveSession, phase: SessionPhase = session.record.phase): Later<void> {
    return this.#store.touch(session.record, phase, Date.now());
  }

  /** What kept the session busy is over: it is not idle before the store knows when that was. */
  leaveOff(session: LiveSession): void {
    const touched = this.touch(session);
    if (!(touched instanceof Promise)) return this.tidy(session);
    session.pins += 1;
    // A store that is out of reach answers the next request with 503.
    void touched.catch(() => {}).then(() => this.release(session));
  }

  /** Ends a session for good. */
  async end(id: string): Promise<boolean> {
    const now = Date.now();
    if (await this.#store.ended(id, now)) return false;
    const sealed = this.#ids.open(id);
    const wasThere = await this.#store.end(id, sealed?.endsAt ?? now, now);
    return wasThere || (sealed !== undefined && sealed.endsAt > now);
  }

  /** Drops a session whose id no client has seen. */
  async discard({ record }: LiveSession): Promise<void> {
    const now = Date.now();
    await this.#store.end(record.id, now, now);
  }

  /** Undoes what `open` or `find` did: the request that held the session is done with it. */
  release(session: LiveSession): void {
    session.pins -= 1;
    this.tidy(session);
  }

  /** Lets go of a session in which nothing is open any more. */
  tidy(session: LiveSession): void {
    const { id } = session.record;
    if (session.isIdle && this.#live.get(id) === session) this.#live.delete(id);
  }

  count(): number | Promise<number> {
    return this.#store.count();
  }

  *streams(): Iterable<EventStream> {
    for (const { standalone } of this.#live.values()) {
      if (standalone !== undefined) yield standalone;
    }
  }

  *subscribers(uri: string): Iterable<LiveSession> {
    for (const id of this.subscriptions.followers(uri)) {
      const session = this.#live.get(id);
      if (session !== undefined) yield session;
    }
  }

  client(contextId: string): LiveSession | undefined {
    return this.#live.get(contextId);
  }

  /** Ends every stream and call; the records go with the store. */
  async close(): Promise<void> {
    for (const session of [...this.#live.values()]) session.end();
    this.#live.clear();
    await this.#store.close();
  }

  async #wake(exchange: Exchange, id: string): Promise<LiveSession | Refusal> {
    const now = Date.now();
    const sealed = this.#ids.open(id);
    const isOurs =
      sealed !== undefined &&
      sealed.endsAt > now &&
      sealed.principal === exchange.principal &&
      sealed.resource === this.#resourceOf(exchange);
    if (!isOurs || (await this.#store.ended(id, now))) return REFUSALS.sessionNotFound;
    const client = this.#identities.shared(sealed.client);
    const session = await this.#admit(exchange, id, { ...sealed, client }, 'used');
    if (session === undefined) return REFUSALS.tooManySessions;
    if (!(await this.#store.ended(id, now))) return session;
    // It was ended while it was woken.
    await this.#store.end(id, sealed.endsAt, now);
    return REFUSALS.sessionNotFound;
  }

  async #admit(
    exchange: Exchange,
    id: string,
    { client, principal, endsAt }: Omit<SealedSession, 'resource'>,
    phase: SessionPhase,
  ): Promise<LiveSession | undefined> {
    const now = Date.now();
    const record: SessionRecord = {
      id,
      client,
      principal,
      owner: principal ?? `address ${exchange.address}`,
      place: exchange.place,
      endsAt,
      lastSeenAt: now,
      phase,
      logLevel: undefined,
      subscriptions: undefined,
    };
    const kept = await this.#store.admit(record, now);
    return kept && this.#liveOf(kept);
  }

  #resourceOf(exchange: Exchange): string {
    return this.#endpointUrl ?? exchange.place;
  }

  #liveOf(record: SessionRecord): LiveSession {
    const session = this.#live.get(record.id) ?? new LiveSession(record);
    session.pins += 1;
    this.#live.set(record.id, session);
    return session;
  }

  #isBusy(id: string): boolean {
    const session = this.#live.get(id);
    if (session === undefined) return false;
    this.tidy(session);
    return session.isBusy;
  }

  #drop(record: SessionRecord, reason: DropReason): void {
    this.#dropped.add(record);
    const session = this.#live.get(record.id) ?? new LiveSession(record);
    this.#live.delete(record.id);
    const uris = this.subscriptions.drop(record);
    session.end();
    this.onEnded(session, uris, reason);
  }
}
