/**
 * Where sessions are kept and, if more than one instance serves an endpoint, what the instances share.
 *
 * Time: `now` is in Unix milliseconds and is given by the caller; a store with a clock of its own uses that
 * one for everything that ends. Failure: a rejected promise is an outage, which the core answers with 503;
 * `unknown` and `ended` are answers. A store that is reached over a network gives every command a deadline
 * of its own, so that an outage is known in time. Size: a store never holds more than `limits.max` sessions
 * of an endpoint, and forgets whatever it keeps for others when its time is over.
 *
 * Knows: records and their life, instances and their letters. Does not know: HTTP, servers, what a letter says.
 *
 * @module
 */
import type { SharedEventLog } from '../events/port.js';
import type { Logger } from '../log.js';
import type { ClientIdentity } from '../protocol/client.js';
import type { RequestId } from '../protocol/json-rpc.js';
import type { LoggingLevel } from '../protocol/logging.js';

/** How far a session has come; eviction starts with the first. */
export type SessionPhase = 'handshake' | 'unused' | 'used';

/** Names a session, together with who may use it: another principal or place names another session. */
export interface SessionAddress {
  /** The value of `Mcp-Session-Id`. */
  readonly id: string;
  /** Who asks; undefined when anonymous. */
  readonly principal: string | undefined;
  /** The endpoint's URL or, where it has none or one with `:params`, the path that was asked for. */
  readonly place: string;
}

/** A legacy client's handshake and state: plain data. */
export interface SessionRecord extends SessionAddress {
  /** Replaced once, where a session is older than its handshake. */
  client: ClientIdentity;
  /** Whose limit it counts against: a principal, or an anonymous caller's address. */
  readonly owner: string;
  /** Absolute end, Unix milliseconds. */
  readonly endsAt: number;
  /** Unix milliseconds of the last request. */
  lastSeenAt: number;
  phase: SessionPhase;
  /** What `logging/setLevel` asked for. */
  logLevel: LoggingLevel | undefined;
  /** What `resources/subscribe` asked for. */
  subscriptions: Set<string> | undefined;
  /** Stands for the session in a shared store, letters and digits only; absent in a store of one instance. */
  readonly key?: string;
  /** The instance that its client's GET stream was last opened at, in a shared store. */
  listener?: string | undefined;
}

/** Limits of one endpoint's sessions. */
export interface SessionLimits {
  readonly idleMs: number;
  readonly absoluteMs: number;
  readonly max: number;
  readonly perPrincipal: number;
  readonly perAddress: number;
}

/** Why a record left the store. */
export type DropReason = 'idle' | 'evicted' | 'expired' | 'ended';

/** What the endpoint tells its store. */
export interface SessionHooks {
  /** True while the session has a call or an open stream; such a session is neither idle nor evicted. */
  busy(id: string): boolean;
  /** The record is gone; called once per record. A shared store does not call it: see {@link SharedSessions.renew}. */
  dropped(record: SessionRecord, reason: DropReason): void;
}

/** What a store is told of the endpoint that it opens. */
export interface StoredEndpoint {
  /** Sets the endpoint apart from others on the same store, and is the same on all its instances. */
  readonly label: string;
  readonly limits: SessionLimits;
  /** Requests that may be in flight in one session, on all instances together. */
  readonly callsPerSession: number;
  readonly hooks: SessionHooks;
  readonly logger: Logger;
}

type Awaitable<T> = T | Promise<T>;

/**
 * Requests of one POST that are about to be served, so that no other instance serves the same ids meanwhile.
 */
export interface Claim {
  /** Unique among the claims of this instance; letters and digits. */
  readonly token: string;
  readonly ids: readonly RequestId[];
}

/**
 * What is at an address. `unknown`: nothing that is kept. `ended`: a session that was ended for good.
 * `duplicate`: a session in which another live instance serves one of the claimed ids. `full`: a session in
 * which too many requests are in flight.
 */
export type Sought = SessionRecord | 'unknown' | 'ended' | 'duplicate' | 'full';

/** What ending a session has done. */
export interface Ended {
  /** True when there was a session. */
  readonly wasThere: boolean;
  /** Other instances that serve its calls or its GET stream; they do not know yet. */
  readonly users: readonly string[];
}

/** The sessions of one endpoint. */
export interface SessionStore {
  /**
   * The live record; idle and expired ones are dropped on the way. In a shared store, being found counts as
   * being used.
   *
   * @param claim - in a shared store, requests to be entered in the same step, or not at all.
   */
  find(address: SessionAddress, now: number, claim?: Claim): Awaitable<Sought>;
  /**
   * Keeps a new record, evicting others if it must; undefined when there is no room.
   *
   * Returns the record that is kept: of two with the same address it is the first.
   */
  admit(record: SessionRecord, now: number): Awaitable<SessionRecord | undefined>;
  /** The session was used: resets its idle clock and moves it to `phase`, never back. */
  touch(record: SessionRecord, phase: SessionPhase, now: number): Awaitable<void>;
  /**
   * Drops the session and remembers its address until `until`, so that it is never woken again.
   */
  end(address: SessionAddress, until: number, now: number): Awaitable<Ended>;
  /** True for an address that was ended and is still remembered. */
  ended(address: SessionAddress, now: number): Awaitable<boolean>;
  /** Sessions kept now, on all instances. */
  count(): Awaitable<number>;
}

/** A change of a session's record. */
export type SessionChange =
  | { readonly logLevel: LoggingLevel }
  | { readonly subscribe: string }
  | { readonly unsubscribe: string };

/** What a session needs beside its record where several instances serve it. */
export interface SharedSessions {
  /** The claimed requests are over, or were refused. Idempotent. */
  leave(record: SessionRecord, claim: Claim): Promise<void>;
  /** The instance that serves a request now. */
  runner(record: SessionRecord, id: RequestId): Promise<string | undefined>;
  /**
   * The session is busy here, so it is neither idle nor evicted; false when it is over.
   *
   * Called for every busy session, several times within the idle time-out.
   */
  renew(record: SessionRecord): Promise<boolean>;
  /** Writes a change; the other instances that use the session and do not know yet. */
  change(record: SessionRecord, change: SessionChange): Promise<readonly string[]>;
  /** The record as it is now, without counting as use; undefined when the session is over. */
  reload(address: SessionAddress): Promise<SessionRecord | undefined>;
  /** From now on this instance has the session's GET stream; the instance that had it before, if another. */
  listen(record: SessionRecord): Promise<string | undefined>;
  /** The GET stream is over, unless another instance has taken it. */
  unlisten(record: SessionRecord): Promise<void>;
}

/** What one instance tells another about a session. The store passes it on and does not read it. */
export interface Letter {
  /** What is told. */
  readonly kind: string;
  /** Key of the session. */
  readonly session: string;
  readonly [member: string]: unknown;
}

/** A notification to the clients of every instance. */
export interface Notice {
  readonly method: string;
  /** The resource that has changed. */
  readonly uri?: string;
}

/** What an instance hears from the others. */
export interface InstanceListener {
  /** A letter to this instance; it may hold anything, since others have written it. */
  letter(letter: unknown): void;
  /** Something was published, by whatever instance, this one included; in order, each once. */
  notice(notice: Notice, revision: number): void;
  /** Notices up to this revision are gone: everything may have changed. */
  missed(revision: number): void;
}

/**
 * The instances of one endpoint.
 *
 * A letter waits for its reader, who looks for it when it is rung and once a second, so that a lost ring
 * costs a second and no letter. What waits for an instance is bounded and ends soon after its lease.
 */
export interface Instances {
  /** Takes the lease and begins to listen; a listener is given once. */
  start(listener: InstanceListener): void;
  /** Rejects while the store is out of reach or the lease is not held. */
  ready(): Promise<void>;
  /** False once the instance's lease is over: it is gone, or will find that others have taken its streams. */
  alive(instance: string): Promise<boolean>;
  /** Leaves a letter for an instance. */
  post(instance: string, letter: Letter): Promise<void>;
  /** Tells all instances; the notice's revision. */
  publish(notice: Notice): Promise<number>;
  /** The last revision that this instance has heard of; 0 before the first. */
  readonly revision: number;
  /** Notices after a revision, oldest first; `lost` when some of them are gone. */
  noticesAfter(revision: number): Promise<readonly Notice[] | 'lost'>;
  /** Gives up the lease: the others need not wait for its end. */
  resign(): Promise<void>;
}

/** What the instances of one endpoint share. */
export interface Shared {
  /** Names this instance: 12 hexadecimal digits, another value in each life of a process. */
  readonly self: string;
  readonly sessions: SharedSessions;
  readonly events: SharedEventLog;
  readonly instances: Instances;
}

/** What is kept for one endpoint. */
export interface EndpointStore {
  readonly sessions: SessionStore;
  /** Absent in a store that one instance has for itself. */
  readonly shared?: Shared;
  /** Stops timers and connections and forgets what only this instance keeps; hooks are not called. */
  close(): Awaitable<void>;
}

/** Keeps what outlives a request. */
export interface Store {
  /** Name for the operator: `memory`, `redis`. */
  readonly name: string;
  /** True when other instances may use the same data; then the endpoint needs a `secret`. */
  readonly isShared: boolean;
  /** Opens what is kept for one endpoint. */
  open(endpoint: StoredEndpoint): EndpointStore;
}
