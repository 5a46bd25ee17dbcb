/**
 * Sessions of one endpoint in Redis.
 *
 * Time: everything ends by the clock of Redis; `now` only tells how long something has left.
 *
 * Knows: which script does what. Does not know: how commands are sent, what a session is used for.
 *
 * @module
 */
import type {
  Claim,
  Ended,
  SessionAddress,
  SessionPhase,
  SessionRecord,
  SessionStore,
  Sought,
} from './port.js';
import type { Reply } from './redis-connection.js';
import {
  HASHED,
  type Known,
  newVersion,
  PHASES,
  piecesOf,
  rankOf,
  readRecord,
} from './redis-records.js';
import { type Owner, textsOf } from './redis-room.js';
import {
  allKeys,
  clocksOf,
  idleMsOf,
  keysOf,
  look,
  moved,
  recordKeys,
  type SessionParts,
} from './redis-session-parts.js';
import { CLOSE, END, ENDED, OPEN, TOUCH } from './redis-session-scripts.js';

/** A session that was told of its use within this part of its idle time is not told again. */
const RECENT = 0.1;

export class RedisSessions implements SessionStore {
  readonly #parts: SessionParts;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  async find(address: SessionAddress, now: number, claim?: Claim): Promise<Sought> {
    const found = await look(this.#parts, address, now, claim);
    return typeof found === 'string' ? found : found.record;
  }

  async admit(record: SessionRecord, now: number): Promise<SessionRecord | undefined> {
    if (record.endsAt <= now) return undefined;
    const admission = new Admission(this.#parts, record, now);
    const kept = await admission.admit();
    if (kept !== undefined) this.#parts.known.set(record, kept);
    return kept?.record;
  }

  async touch(record: SessionRecord, phase: SessionPhase, now: number): Promise<void> {
    record.lastSeenAt = now;
    const { known, limits } = this.#parts;
    const before = known.get(record);
    if (before === undefined || isDue(before, phase, idleMsOf(phase, limits))) {
      return this.#touch(record, phase, now);
    }
    before.record.lastSeenAt = now;
    record.phase = before.record.phase;
  }

  async end(address: SessionAddress, until: number, now: number): Promise<Ended> {
    const { durable, known, keys, room, self, logger } = this.#parts;
    const at = keysOf(this.#parts, address);
    known.delete(address);
    const reply = await durable.run(END, allKeys(at), [self, Math.max(0, until - now)]);
    const [wasThere, ownerHash, users] = Array.isArray(reply) ? reply : [];
    if (Number(wasThere) === 1) {
      room.free(keys.keyOf(address), String(ownerHash)).catch((error: unknown) => {
        logger.debug({ err: error }, 'the place of an ended session could not be freed');
      });
    }
    return { wasThere: Number(wasThere) === 1, users: textsOf(users) };
  }

  async ended(address: SessionAddress): Promise<boolean> {
    const { tombstone } = keysOf(this.#parts, address);
    return Number(await this.#parts.connection.run(ENDED, [tombstone], [])) === 1;
  }

  count(): Promise<number> {
    return this.#parts.room.count();
  }

  async #touch(record: SessionRecord, phase: SessionPhase, now: number): Promise<void> {
    const { connection, keys, known, limits } = this.#parts;
    const key = record.key ?? keys.keyOf(record);
    const version = newVersion();
    const touchedAt = performance.now();
    const args = [version, ...clocksOf(limits), rankOf(phase)];
    const reply = await connection.run(TOUCH, recordKeys(keys.session(key)), args);
    const [before, rank, ttlMs, ownerHash] = Array.isArray(reply) ? reply : [];
    const reached = PHASES[Number(rank)];
    if (before === undefined || reached === undefined) return known.delete(record);
    record.phase = reached;
    const here = known.get(record);
    if (here !== undefined) {
      if (reached !== here.record.phase) here.version = here.version === before ? version : '';
      here.record.phase = reached;
      here.record.lastSeenAt = now;
      here.touchedAt = touchedAt;
    }
    if (Number(ttlMs) > 0) {
      moved(this.#parts, { key, phase: reached }, Number(ttlMs), String(ownerHash));
    }
  }
}

function isDue({ record, touchedAt }: Known, phase: SessionPhase, idleMs: number): boolean {
  if (rankOf(phase) > rankOf(record.phase)) return true;
  return performance.now() - touchedAt >= idleMs * RECENT;
}

/** One session on its way in: its record and its places are made at once. */
class Admission {
  readonly #parts: SessionParts;
  readonly #given: SessionRecord;
  readonly #now: number;
  readonly #key: string;
  readonly #version = newVersion();
  readonly #ttlMs: number;
  readonly #owner: Owner;

  constructor(parts: SessionParts, record: SessionRecord, now: number) {
    const { keys, limits } = parts;
    this.#parts = parts;
    this.#given = record;
    this.#now = now;
    this.#key = keys.keyOf(record);
    this.#ttlMs = Math.min(idleMsOf(record.phase, limits), record.endsAt - now);
    const isAnonymous = record.principal === undefined;
    const { owner } = record;
    this.#owner = {
      hash:
        isAnonymous && owner.startsWith(HASHED) ? owner.slice(HASHED.length) : keys.ownerOf(owner),
      max: isAnonymous ? limits.perAddress : limits.perPrincipal,
    };
  }

  /** The session that is kept; undefined when there is no room, or it was ended for good. */
  async admit(): Promise<Known | undefined> {
    const { room } = this.#parts;
    const place = { key: this.#key, phase: rankOf(this.#given.phase), ttlMs: this.#ttlMs };
    const [taken, opened] = await Promise.allSettled([room.take(place, this.#owner), this.#open()]);
    if (taken.status === 'rejected' || opened.status === 'rejected') {
      this.#undo();
      throw taken.status === 'rejected' ? taken.reason : (opened as PromiseRejectedResult).reason;
    }
    const kept = opened.value;
    if (kept !== undefined && (taken.value || kept.version !== this.#version)) return kept;
    this.#undo();
    return undefined;
  }

  async #open(): Promise<Known | undefined> {
    const [kind, ...rest] = await this.#run('');
    if (kind === 'ended') return undefined;
    if (kind === 'opened') return this.#opened();
    const found = this.#read(rest);
    if (found !== undefined) return found;
    const [again] = await this.#run('1');
    return again === 'opened' ? this.#opened() : undefined;
  }

  async #run(replace: '' | '1'): Promise<readonly Reply[]> {
    const { durable, keys } = this.#parts;
    const { client, endsAt, phase } = this.#given;
    const left = endsAt - this.#now;
    const state = [this.#version, left, this.#ttlMs, rankOf(phase), this.#owner.hash, replace];
    const args = [...state, ...piecesOf(client)];
    const reply = await durable.run(OPEN, allKeys(keys.session(this.#key)), args);
    return Array.isArray(reply) ? reply : [];
  }

  #opened(): Known {
    const record = { ...this.#given, key: this.#key };
    return {
      record,
      ownerHash: this.#owner.hash,
      version: this.#version,
      touchedAt: performance.now(),
    };
  }

  #read([version, left, , fields, uris]: readonly Reply[]): Known | undefined {
    return readRecord(fields, uris, {
      address: this.#given,
      key: this.#key,
      version: String(version),
      endsAt: this.#now + Number(left),
      now: this.#now,
    });
  }

  /** As far as Redis is in reach; the rest ends by itself. */
  #undo(): void {
    const { connection, keys, room } = this.#parts;
    const { record, calls } = keys.session(this.#key);
    connection.run(CLOSE, [record, calls], [this.#version]).catch(() => {});
    room.free(this.#key, this.#owner.hash).catch(() => {});
  }
}
