/**
 * What the sessions of one endpoint in Redis are made of, and how one is looked up.
 *
 * Knows: the script that finds, the records that are known here. Does not know: who asks.
 *
 * @module
 */
import type { Logger } from '../log.js';
import type { Claim, SessionAddress, SessionLimits, SessionPhase, SessionRecord } from './port.js';
import { type Claims, fieldOf } from './redis-claims.js';
import type { RedisConnection, Reply } from './redis-connection.js';
import type { DurableWrites } from './redis-durability.js';
import type { EndpointKeys, SessionKeys } from './redis-keys.js';
import { type Known, type KnownRecords, rankOf, readRecord } from './redis-records.js';
import { type Alive, goneOf, type Room, textsOf } from './redis-room.js';
import { FIND } from './redis-session-scripts.js';

/** Everything that sessions in Redis need. */
export interface SessionParts {
  readonly connection: RedisConnection;
  readonly keys: EndpointKeys;
  readonly self: string;
  readonly limits: SessionLimits;
  readonly callsPerSession: number;
  readonly known: KnownRecords;
  readonly claims: Claims;
  readonly room: Room;
  readonly durable: DurableWrites;
  readonly alive: Alive;
  readonly logger: Logger;
}

/** What a look finds. */
export type Looked = Known | 'unknown' | 'ended' | 'duplicate' | 'full';

/** An unfinished handshake is given up after this time. */
const HANDSHAKE_MS = 60_000;
/** Looks at one session in which other instances were found to be gone. */
const MAX_LOOKS = 3;

/** The idle time-out of a session that has come so far. */
export const idleMsOf = (phase: SessionPhase, { idleMs }: SessionLimits): number =>
  phase === 'handshake' ? Math.min(HANDSHAKE_MS, idleMs) : idleMs;

/** Idle and handshake time, as scripts take them. */
export const clocksOf = (limits: SessionLimits): readonly [number, number] => [
  limits.idleMs,
  idleMsOf('handshake', limits),
];

export const recordKeys = ({ record, calls, subscriptions }: SessionKeys): string[] => [
  record,
  calls,
  subscriptions,
];

export const allKeys = (keys: SessionKeys): string[] => [...recordKeys(keys), keys.tombstone];

/** Keys of a session that was found before, or of an address. */
export function keysOf(
  { keys, known }: SessionParts,
  address: SessionAddress & Partial<Pick<SessionRecord, 'key'>>,
): SessionKeys {
  return keys.session(address.key ?? known.get(address)?.record.key ?? keys.keyOf(address));
}

/** Looks a session up, without being a use of it. */
export async function peek(parts: SessionParts, address: SessionAddress, now: number) {
  return new Look(parts, address, now, undefined, [0, 0]).once([]);
}

/** Looks a session up, as a use of it, and enters claims. */
export async function look(
  parts: SessionParts,
  address: SessionAddress,
  now: number,
  claim: Claim | undefined,
): Promise<Looked> {
  const looking = new Look(parts, address, now, claim, clocksOf(parts.limits));
  const gone: string[] = [];
  for (let looks = 1; ; looks += 1) {
    const found = await looking.once(gone);
    if (found !== 'duplicate' && found !== 'full') return found;
    const more = await goneOf(looking.holders, parts.alive);
    if (more.length === 0 || looks === MAX_LOOKS) return found;
    gone.push(...more);
  }
}

class Look {
  /** Instances that were in the way. */
  holders: readonly string[] = [];
  readonly #parts: SessionParts;
  readonly #address: SessionAddress;
  readonly #now: number;
  readonly #claim: Claim | undefined;
  readonly #clocks: readonly [number, number];
  readonly #key: string;

  constructor(
    parts: SessionParts,
    address: SessionAddress,
    now: number,
    claim: Claim | undefined,
    clocks: readonly [number, number],
  ) {
    this.#parts = parts;
    this.#address = address;
    this.#now = now;
    this.#claim = claim;
    this.#clocks = clocks;
    this.#key = parts.known.get(address)?.record.key ?? parts.keys.keyOf(address);
  }

  async once(gone: readonly string[]): Promise<Looked> {
    const { known, logger } = this.#parts;
    const before = known.get(this.#address);
    const touchedAt = performance.now();
    const reply = await this.#run(before?.version ?? '', gone);
    const [kind, ...rest] = Array.isArray(reply) ? reply : [];
    if (kind === 'duplicate' || kind === 'full') {
      this.holders = textsOf(rest[0]);
      return kind;
    }
    const found = kind === 'found' ? this.#read(rest, before) : undefined;
    if (found === undefined) {
      known.delete(this.#address);
      if (kind !== 'found') return kind === 'ended' ? 'ended' : 'unknown';
      logger.warn({ session: this.#key }, 'a session in the store cannot be read');
      this.#takeBack();
      return 'unknown';
    }
    if (this.#clocks[0] > 0) this.#used(found, touchedAt, Number(rest[2]));
    return found;
  }

  async #run(version: string, gone: readonly string[]): Promise<Reply> {
    const { connection, callsPerSession, self } = this.#parts;
    const { token = '', ids = [] } = this.#claim ?? {};
    const keys = allKeys(this.#parts.keys.session(this.#key));
    const how = [version, ...this.#clocks, callsPerSession, self, token, gone.join()];
    const args = [...how, ...ids.map(fieldOf)];
    if (this.#claim === undefined) return connection.run(FIND, keys, args);
    try {
      return await connection.run(FIND, keys, args, () => this.#takeBack());
    } catch (error) {
      this.#takeBack();
      throw error;
    }
  }

  #takeBack(): void {
    const { claims, keys } = this.#parts;
    if (this.#claim !== undefined) claims.leaveLater(keys.session(this.#key).calls, this.#claim);
  }

  #read(
    [version, left, , fields, uris]: readonly Reply[],
    before: Known | undefined,
  ): Known | undefined {
    const { known } = this.#parts;
    if (fields === undefined) return known.get(this.#address) ?? before;
    const read = readRecord(fields, uris, {
      address: this.#address,
      key: this.#key,
      version: String(version),
      endsAt: this.#now + Number(left),
      now: this.#now,
    });
    if (read !== undefined) known.set(this.#address, read);
    return read;
  }

  #used(found: Known, touchedAt: number, ttlMs: number): void {
    found.record.lastSeenAt = this.#now;
    found.touchedAt = touchedAt;
    if (ttlMs > 0) moved(this.#parts, found.record, ttlMs, found.ownerHash);
  }
}

/** A session lives longer than its place says: that follows, and nobody waits for it. */
export function moved(
  { room, logger }: SessionParts,
  { key = '', phase }: Pick<SessionRecord, 'key' | 'phase'>,
  ttlMs: number,
  ownerHash: string,
): void {
  room.move({ key, phase: rankOf(phase), ttlMs }, ownerHash).catch((error: unknown) => {
    logger.debug({ err: error, session: key }, 'the order of eviction could not be kept');
  });
}
