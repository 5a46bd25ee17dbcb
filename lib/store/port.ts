/**
 * Where sessions are kept.
 *
 * Time: `now` is in Unix milliseconds and is given by the caller. Failure: a rejected promise is an
 * outage, which the core answers with 503; `undefined` is an answer, "there is no such session".
 * Size: a store never holds more than `limits.max` sessions and `maxEndedIds` ended ids.
 *
 * Knows: records and their life. Does not know: HTTP, servers, calls.
 *
 * @module
 */
import type { ClientIdentity } from '../protocol/client.js';
import type { LoggingLevel } from '../protocol/logging.js';

/** How far a session has come; eviction starts with the first. */
export type SessionPhase = 'handshake' | 'unused' | 'used';

/** A legacy client's handshake and state: plain data. */
export interface SessionRecord {
  /** The value of `Mcp-Session-Id`. */
  readonly id: string;
  /** Replaced once, where a session is older than its handshake. */
  client: ClientIdentity;
  /** Who may use it; undefined when the opener was anonymous. */
  readonly principal: string | undefined;
  /** Whose limit it counts against: a principal, or an anonymous caller's address. */
  readonly owner: string;
  /** The path that it was opened at: one router may serve several tenants. */
  readonly place: string;
  /** Absolute end, Unix milliseconds. */
  readonly endsAt: number;
  /** Unix milliseconds of the last request. */
  lastSeenAt: number;
  phase: SessionPhase;
  /** What `logging/setLevel` asked for. */
  logLevel: LoggingLevel | undefined;
  /** What `resources/subscribe` asked for. */
  subscriptions: Set<string> | undefined;
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
  /** The record is gone; called once per record. */
  dropped(record: SessionRecord, reason: DropReason): void;
}

type Awaitable<T> = T | Promise<T>;

/** The sessions of one endpoint. */
export interface SessionStore {
  /** The live record; idle and expired ones are dropped on the way. */
  find(id: string, now: number): Awaitable<SessionRecord | undefined>;
  /**
   * Keeps a new record, evicting others if it must; undefined when there is no room.
   *
   * Returns the record that is kept: of two with the same id it is the first.
   */
  admit(record: SessionRecord, now: number): Awaitable<SessionRecord | undefined>;
  /** The session was used: resets its idle clock and moves it to `phase`. */
  touch(record: SessionRecord, phase: SessionPhase, now: number): Awaitable<void>;
  /**
   * Drops the session and remembers the id until `until`, so that it is never woken again; true when
   * there was one.
   */
  end(id: string, until: number, now: number): Awaitable<boolean>;
  /** True for an id that was ended and is still remembered. */
  ended(id: string, now: number): Awaitable<boolean>;
  /** Sessions kept now. */
  count(): Awaitable<number>;
  /** Stops timers and forgets everything; hooks are not called. */
  close(): Awaitable<void>;
}

/** Keeps what outlives a request. */
export interface Store {
  /** Name for the operator: `memory`. */
  readonly name: string;
  /** Opens the sessions of one endpoint. */
  sessions(limits: SessionLimits, hooks: SessionHooks): SessionStore;
}
