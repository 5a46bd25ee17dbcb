/**
 * Sessions in the memory of one process.
 *
 * Knows: expiry, limits and the order of eviction. Does not know: what a session is used for.
 *
 * @module
 */
import type {
  DropReason,
  Ended,
  SessionAddress,
  SessionHooks,
  SessionLimits,
  SessionPhase,
  SessionRecord,
  SessionStore,
  Sought,
  Store,
} from './port.js';

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /**
   * Ended session ids that are remembered, so that a sealed id is not woken after its DELETE.
   *
   * The oldest are forgotten first. Default: 100 000.
   */
  readonly maxEndedIds?: number;
}

/** An unfinished handshake is given up after this time. */
const HANDSHAKE_MS = 60_000;
const SWEEP_MS = 30_000;
const PHASES: readonly SessionPhase[] = ['handshake', 'unused', 'used'];

/** Keeps sessions in this process; they end with it, except those whose sealed id can be opened again. */
export function memoryStore({ maxEndedIds = 100_000 }: MemoryStoreOptions = {}): Store {
  return {
    name: 'memory',
    isShared: false,
    open: ({ limits, hooks }) => {
      const sessions = new MemorySessions(limits, hooks, maxEndedIds);
      return { sessions, close: () => sessions.close() };
    },
  };
}

class MemorySessions implements SessionStore {
  readonly #limits: SessionLimits;
  readonly #hooks: SessionHooks;
  readonly #maxEndedIds: number;
  readonly #byId = new Map<string, SessionRecord>();
  readonly #byOwner = new Map<string, Set<SessionRecord>>();
  /** Sessions not used yet, oldest first: what eviction looks at before anything else. */
  readonly #handshakes = new Set<SessionRecord>();
  readonly #unused = new Set<SessionRecord>();
  readonly #ended = new Map<string, number>();
  #sweeper: NodeJS.Timeout | undefined;

  constructor(limits: SessionLimits, hooks: SessionHooks, maxEndedIds: number) {
    this.#limits = limits;
    this.#hooks = hooks;
    this.#maxEndedIds = maxEndedIds;
  }

  find({ id, principal, place }: SessionAddress, now: number): Sought {
    const record = this.#byId.get(id);
    if (record === undefined) return this.#isEnded(id, now) ? 'ended' : 'unknown';
    if (record.principal !== principal || record.place !== place) return 'unknown';
    const reason = this.#expiry(record, now);
    if (reason === undefined) return record;
    this.#drop(record, reason);
    return 'unknown';
  }

  admit(record: SessionRecord, now: number): SessionRecord | undefined {
    const known = this.#byId.get(record.id);
    if (known !== undefined) return known;
    const own = this.#byOwner.get(record.owner);
    const ownLimit =
      record.principal === undefined ? this.#limits.perAddress : this.#limits.perPrincipal;
    if (own !== undefined && own.size >= ownLimit && !this.#evictFrom(own, now)) return undefined;
    if (this.#byId.size >= this.#limits.max && !this.#makeRoom(own, now)) return undefined;
    this.#byId.set(record.id, record);
    const owned = this.#byOwner.get(record.owner);
    if (owned === undefined) this.#byOwner.set(record.owner, new Set([record]));
    else owned.add(record);
    this.#queueOf(record.phase)?.add(record);
    this.#sweeper ??= setInterval(() => this.#sweep(Date.now()), SWEEP_MS).unref();
    return record;
  }

  touch(record: SessionRecord, phase: SessionPhase, now: number): void {
    record.lastSeenAt = now;
    if (PHASES.indexOf(phase) <= PHASES.indexOf(record.phase)) return;
    this.#queueOf(record.phase)?.delete(record);
    record.phase = phase;
    if (this.#byId.has(record.id)) this.#queueOf(phase)?.add(record);
  }

  end({ id }: SessionAddress, until: number, now: number): Ended {
    if (until > now) this.#ended.set(id, until);
    if (this.#ended.size > this.#maxEndedIds) this.#forgetEnded(now);
    const record = this.#byId.get(id);
    if (record !== undefined) this.#drop(record, 'ended');
    return { wasThere: record !== undefined, users: [] };
  }

  ended({ id }: SessionAddress, now: number): boolean {
    return this.#isEnded(id, now);
  }

  count(): number {
    return this.#byId.size;
  }

  close(): void {
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
    for (const held of [this.#byId, this.#byOwner, this.#handshakes, this.#unused, this.#ended]) {
      held.clear();
    }
  }

  #isEnded(id: string, now: number): boolean {
    const until = this.#ended.get(id);
    return until !== undefined && until > now;
  }

  #queueOf(phase: SessionPhase): Set<SessionRecord> | undefined {
    if (phase === 'handshake') return this.#handshakes;
    return phase === 'unused' ? this.#unused : undefined;
  }

  #expiry(record: SessionRecord, now: number): DropReason | undefined {
    if (record.endsAt <= now) return 'expired';
    const idleMs =
      record.phase === 'handshake'
        ? Math.min(HANDSHAKE_MS, this.#limits.idleMs)
        : this.#limits.idleMs;
    const isIdle = record.lastSeenAt + idleMs <= now;
    return isIdle && !this.#hooks.busy(record.id) ? 'idle' : undefined;
  }

  /** Frees a place for anybody: unfinished handshakes, sessions never used, the asker's own idle ones. */
  #makeRoom(own: Set<SessionRecord> | undefined, now: number): boolean {
    for (const queue of [this.#handshakes, this.#unused]) {
      for (const record of queue) {
        if (this.#evict(record, now)) return true;
      }
    }
    return own !== undefined && this.#evictFrom(own, now);
  }

  /** Frees a place among one owner's sessions, in the same order. */
  #evictFrom(own: Set<SessionRecord>, now: number): boolean {
    let victim: SessionRecord | undefined;
    for (const record of own) {
      if (this.#hooks.busy(record.id)) continue;
      if (victim === undefined || isBefore(record, victim)) victim = record;
      if (victim.phase === 'handshake') break;
    }
    return victim !== undefined && this.#evict(victim, now);
  }

  #evict(record: SessionRecord, now: number): boolean {
    if (this.#hooks.busy(record.id)) return false;
    this.#drop(record, this.#expiry(record, now) ?? 'evicted');
    return true;
  }

  #drop(record: SessionRecord, reason: DropReason): void {
    this.#byId.delete(record.id);
    this.#queueOf(record.phase)?.delete(record);
    const own = this.#byOwner.get(record.owner);
    own?.delete(record);
    if (own?.size === 0) this.#byOwner.delete(record.owner);
    this.#hooks.dropped(record, reason);
  }

  #forgetEnded(now: number): void {
    for (const [id, until] of this.#ended) {
      if (until > now && this.#ended.size <= this.#maxEndedIds) return;
      this.#ended.delete(id);
    }
  }

  #sweep(now: number): void {
    for (const record of this.#byId.values()) {
      const reason = this.#expiry(record, now);
      if (reason !== undefined) this.#drop(record, reason);
    }
    for (const [id, until] of this.#ended) {
      if (until <= now) this.#ended.delete(id);
    }
    if (this.#byId.size > 0 || this.#ended.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}

/** True when `one` is to be evicted before `other`. */
function isBefore(one: SessionRecord, other: SessionRecord): boolean {
  const rank = PHASES.indexOf(one.phase) - PHASES.indexOf(other.phase);
  return rank !== 0 ? rank < 0 : one.lastSeenAt < other.lastSeenAt;
}
