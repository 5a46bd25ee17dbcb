/**
 * The sessions of one endpoint: opened, found, woken, ended.
 *
 * Knows: the store, the ids, and which sessions are live. Does not know: HTTP answers, servers, how other
 * instances are told.
 *
 * @module
 */
import type { ClientIdentity } from '../protocol/client.js';
import type { JsonRpcRequest } from '../protocol/json-rpc.js';
import type { LoggingLevel } from '../protocol/logging.js';
import { REFUSALS, type Refusal } from '../protocol/refusals.js';
import type {
  Claim,
  DropReason,
  SessionAddress,
  SessionChange,
  SessionPhase,
  SessionRecord,
  SessionStore,
  Shared,
  Sought,
} from '../store/port.js';
import type { Exchange } from './exchange.js';
import { Identities } from './identities.js';
import { andThen, type Later } from './later.js';
import type { LiveSession } from './live-session.js';
import { LiveSessions } from './live-sessions.js';
import type { SealedSession, SessionIds } from './session-id.js';
import { readSessionId } from './session-id.js';

/** Told when a session is over, with what its server was told that it follows. */
export type SessionEnded = (
  session: LiveSession,
  uris: readonly string[],
  reason: DropReason,
) => void;

/** What the sessions of one endpoint need; `open` gives the store its hooks. */
export interface SessionsOptions {
  readonly open: (hooks: {
    busy(id: string): boolean;
    dropped(record: SessionRecord, reason: DropReason): void;
  }) => { readonly sessions: SessionStore; readonly shared?: Shared };
  readonly ids: SessionIds;
  readonly absoluteMs: number;
  /** Public URL of the endpoint without `:params`, if it has one. */
  readonly endpointUrl: string | undefined;
}

/** A client that has not said who it is. */
const UNNAMED: ClientIdentity = {
  version: '2024-11-05',
  capabilities: {},
  clientInfo: { name: 'unknown', version: '0' },
};

/** What this instance knows of a session beside its handshake. */
interface KnownState {
  readonly logLevel: LoggingLevel | undefined;
  readonly uris: readonly string[];
  /** True while this instance has its GET stream. */
  readonly listens: boolean;
}

function stateOf({ record, roamsHere }: LiveSession): KnownState {
  const { logLevel, subscriptions } = record;
  return { logLevel, uris: [...(subscriptions ?? [])], listens: roamsHere };
}

export class Sessions {
  readonly live = new LiveSessions();
  /** Absent where this instance has the store for itself. */
  readonly shared: Shared | undefined;
  onEnded: SessionEnded = () => {};
  readonly #store: SessionStore;
  readonly #ids: SessionIds;
  readonly #absoluteMs: number;
  readonly #endpointUrl: string | undefined;
  readonly #identities = new Identities();
  /** Records that the store has dropped: a request may have found one just before. */
  readonly #dropped = new WeakSet<SessionRecord>();
  #claims = 0;

  constructor({ open, ids, absoluteMs, endpointUrl }: SessionsOptions) {
    this.#ids = ids;
    this.#absoluteMs = absoluteMs;
    this.#endpointUrl = endpointUrl;
    const { sessions, shared } = open({
      busy: (id) => this.live.isBusy(id),
      dropped: (record, reason) => this.#drop(record, reason),
    });
    this.#store = sessions;
    this.shared = shared;
  }

  /** Opens a session for a handshake, held until `release`; undefined when there is no room for it. */
  async open(exchange: Exchange, identity: ClientIdentity): Promise<LiveSession | undefined> {
    return this.#open(exchange, this.#identities.shared(identity));
  }

  /**
   * Opens a session whose client has not said who it is, held until `release`; undefined when there is no
   * room for it. It cannot be woken.
   */
  async openUnnamed(exchange: Exchange): Promise<LiveSession | undefined> {
    const session = await this.#open(exchange, undefined);
    if (session !== undefined) session.isReady = false;
    return session;
  }

  /** The client has said who it is. */
  name({ record }: LiveSession, identity: ClientIdentity): void {
    record.client = this.#identities.shared(identity);
  }

  /**
   * The session that a request names, if the caller may use it; held until `release`.
   *
   * @param requests - what it is about to ask: no other instance serves the same ids meanwhile.
   */
  find(
    exchange: Exchange,
    requests: readonly JsonRpcRequest[] = [],
    id = readSessionId(exchange),
  ): Later<LiveSession | Refusal> {
    if (id === undefined) return REFUSALS.sessionRequired;
    const place = this.#placeOf(exchange);
    const address = { id, principal: exchange.principal, place };
    const claim = this.shared === undefined ? undefined : this.#claim(requests);
    return andThen(this.#store.find(address, Date.now(), claim), (sought) => {
      const isHere =
        sought !== 'unknown' && !(typeof sought === 'object' && this.#dropped.has(sought));
      return isHere ? this.#foundOr(sought, claim) : this.#wake(exchange, address, claim);
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

  /** Ends a session for good, on every instance. */
  async end(session: LiveSession): Promise<void> {
    await this.#end(session.record, session.record.endsAt);
  }

  /** Ends the session with this id for good; false when there is none. */
  async endById(id: string): Promise<boolean> {
    const now = Date.now();
    const sealed = this.#ids.open(id);
    const place = sealed?.resource ?? this.#endpointUrl ?? '';
    const address = this.live.client(id)?.record ?? { id, principal: sealed?.principal, place };
    if (await this.#store.ended(address, now)) return false;
    const wasThere = await this.#end(address, sealed?.endsAt ?? now);
    return wasThere || (sealed?.client !== undefined && sealed.endsAt > now);
  }

  /** Drops a session whose id no client has seen. */
  async discard({ record }: LiveSession): Promise<void> {
    await this.#end(record, Date.now());
  }

  /** Undoes what `open` or `find` did: the request that held the session is done with it. */
  release(session: LiveSession, requests: readonly JsonRpcRequest[] = []): void {
    session.pins -= 1;
    if (session.roaming !== undefined) {
      for (const { id } of requests) if (!session.calls.has(id)) this.unclaim(session, id);
    }
    this.tidy(session);
  }

  /** A request is over, or was refused: its id may be used again, at any instance. */
  unclaim({ record, roaming }: LiveSession, id: JsonRpcRequest['id']): void {
    const token = roaming?.claims.get(id);
    if (token === undefined) return;
    roaming?.claims.delete(id);
    this.shared?.sessions.leave(record, { token, ids: [id] }).catch(() => {});
  }

  /** Lets go of a session in which nothing is open any more. */
  tidy(session: LiveSession): void {
    this.live.tidy(session);
  }

  /** Writes what a client has asked for into its session's record. */
  change(session: LiveSession, change: SessionChange): Later<void> {
    const { record } = session;
    const written = this.shared?.sessions.change(record, change) ?? [];
    return andThen(written, (users) => {
      this.live.apply(record, change);
      if (users.length > 0) this.live.outside?.post(users, 'changed', record.key ?? '');
    });
  }

  /** Brings a session's record up to date with what other instances have written. */
  async reload(session: LiveSession): Promise<void> {
    const record = await this.shared?.sessions.reload(session.record);
    if (record === undefined) return this.forget(session);
    this.live.refresh(session, record);
  }

  /** The store does not know a session that is live here: it is over, or the store has lost it. */
  async restore(session: LiveSession): Promise<void> {
    const { record } = session;
    const now = Date.now();
    if (record.endsAt <= now || (await this.#store.ended(record, now))) {
      return this.forget(session);
    }
    const state = stateOf(session);
    if ((await this.#store.admit({ ...record }, now)) !== undefined) {
      await this.#writeBack(session, state);
    }
  }

  /** The session is over, as another instance has told. */
  forget(session: LiveSession): void {
    if (!this.isOver(session)) this.#drop(session.record, 'ended');
  }

  count(): number | Promise<number> {
    return this.#store.count();
  }

  async #open(
    exchange: Exchange,
    client: ClientIdentity | undefined,
  ): Promise<LiveSession | undefined> {
    const endsAt = Date.now() + this.#absoluteMs;
    const { principal } = exchange;
    const sealed = { client, principal, resource: this.#placeOf(exchange), endsAt };
    return this.#admit(exchange, this.#ids.mint(sealed), sealed, 'handshake');
  }

  #foundOr(sought: Exclude<Sought, 'unknown'>, claim: Claim | undefined): LiveSession | Refusal {
    if (sought === 'ended') return REFUSALS.sessionNotFound;
    if (sought === 'duplicate') return REFUSALS.duplicateId;
    if (sought === 'full') return REFUSALS.tooManyCalls;
    return this.#liveOf(sought, claim);
  }

  async #wake(
    exchange: Exchange,
    address: SessionAddress,
    claim: Claim | undefined,
  ): Promise<LiveSession | Refusal> {
    const { id } = address;
    const sealed = this.#ids.open(id);
    const isOurs =
      sealed?.client !== undefined &&
      sealed.endsAt > Date.now() &&
      sealed.principal === address.principal &&
      sealed.resource === address.place;
    if (!isOurs || (await this.#store.ended(address, Date.now()))) {
      return REFUSALS.sessionNotFound;
    }
    const client = this.#identities.shared(sealed.client);
    const known = this.live.client(id);
    const state = known && stateOf(known);
    const session = await this.#admit(exchange, id, { ...sealed, client }, 'used');
    if (session === undefined) return REFUSALS.tooManySessions;
    session.roaming?.noteLoss();
    if (session === known && state !== undefined) await this.#writeBack(session, state);
    if (await this.#store.ended(address, Date.now())) {
      // It was ended while it was woken.
      await this.end(session);
      this.release(session);
      return REFUSALS.sessionNotFound;
    }
    if (claim === undefined) return session;
    try {
      const sought = await this.#store.find(address, Date.now(), claim);
      return sought === 'unknown' ? REFUSALS.sessionNotFound : this.#foundOr(sought, claim);
    } finally {
      this.release(session);
    }
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
      client: client ?? UNNAMED,
      principal,
      owner: principal ?? `address ${exchange.address}`,
      place: this.#placeOf(exchange),
      endsAt,
      lastSeenAt: now,
      phase,
      logLevel: undefined,
      subscriptions: undefined,
    };
    const kept = await this.#store.admit(record, now);
    return kept && this.#liveOf(kept);
  }

  async #end(address: SessionAddress, until: number): Promise<boolean> {
    const { wasThere, users } = await this.#store.end(address, until, Date.now());
    const session = this.live.client(address.id);
    if (session === undefined || this.shared === undefined) return wasThere;
    this.live.outside?.post(users, 'ended', session.record.key ?? '');
    this.forget(session);
    return wasThere;
  }

  /** Writes what is known here into a record that the store has lost. */
  async #writeBack(session: LiveSession, { logLevel, uris, listens }: KnownState): Promise<void> {
    if (this.shared === undefined) return;
    if (logLevel !== undefined) await this.change(session, { logLevel });
    for (const subscribe of uris) await this.change(session, { subscribe });
    if (!listens) return;
    await this.shared.sessions.listen(session.record);
    session.record.listener = session.instance;
    // What was said meanwhile could not be rung for.
    session.roaming?.stream.wake();
  }

  #placeOf(exchange: Exchange): string {
    return this.#endpointUrl ?? exchange.place;
  }

  /** Entered before they are served, under a token that no other claim of this instance has. */
  #claim(requests: readonly JsonRpcRequest[]): Claim | undefined {
    if (requests.length === 0) return undefined;
    this.#claims += 1;
    return { token: this.#claims.toString(36), ids: requests.map(({ id }) => id) };
  }

  #liveOf(record: SessionRecord, claim?: Claim): LiveSession {
    const session = this.live.of(record);
    session.pins += 1;
    for (const id of claim?.ids ?? []) session.roaming?.claims.set(id, claim?.token ?? '');
    return session;
  }

  #drop(record: SessionRecord, reason: DropReason): void {
    this.#dropped.add(record);
    const { session, uris } = this.live.drop(record);
    this.onEnded(session, uris, reason);
  }
}
