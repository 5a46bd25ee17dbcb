/**
 * What instances that serve the same session in Redis know of each other.
 *
 * Knows: which script does what. Does not know: how instances speak to each other.
 *
 * @module
 */
import type { RequestId } from '../protocol/json-rpc.js';
import type {
  Claim,
  SessionAddress,
  SessionChange,
  SessionRecord,
  SharedSessions,
} from './port.js';
import { fieldOf } from './redis-claims.js';
import type { Reply } from './redis-connection.js';
import { apply, newVersion, PHASES } from './redis-records.js';
import { textsOf } from './redis-room.js';
import {
  clocksOf,
  keysOf,
  moved,
  peek,
  recordKeys,
  type SessionParts,
} from './redis-session-parts.js';
import { CHANGE, LISTEN, RENEW, RUNNER, UNLISTEN } from './redis-session-scripts.js';

/** Part of the idle time for which a session that was renewed counts as busy. */
const BUSY = 0.5;

export class RedisSharing implements SharedSessions {
  readonly #parts: SessionParts;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  async leave(record: SessionRecord, claim: Claim): Promise<void> {
    await this.#parts.claims.leave(keysOf(this.#parts, record).calls, claim);
  }

  async runner(record: SessionRecord, id: RequestId): Promise<string | undefined> {
    const { calls } = keysOf(this.#parts, record);
    const reply = await this.#parts.connection.run(RUNNER, [calls], [fieldOf(id)]);
    return typeof reply === 'string' && reply !== '' ? reply : undefined;
  }

  async renew(record: SessionRecord): Promise<boolean> {
    const { connection, known, limits } = this.#parts;
    const keys = recordKeys(keysOf(this.#parts, record));
    const touchedAt = performance.now();
    const busyMs = Math.ceil(limits.idleMs * BUSY);
    const reply = await connection.run(RENEW, keys, [...clocksOf(limits), busyMs]);
    const [rank, ttlMs, ownerHash] = Array.isArray(reply) ? reply : [];
    const phase = PHASES[Number(rank)];
    if (rank === undefined || phase === undefined) {
      known.delete(record);
      return false;
    }
    const it = known.get(record);
    if (it !== undefined) it.touchedAt = touchedAt;
    const key = record.key ?? this.#parts.keys.keyOf(record);
    if (Number(ttlMs) > 0) moved(this.#parts, { key, phase }, Number(ttlMs), String(ownerHash));
    return true;
  }

  async change(record: SessionRecord, change: SessionChange): Promise<readonly string[]> {
    const [kind, value] = Object.entries(change)[0] ?? ['', ''];
    const keys = recordKeys(keysOf(this.#parts, record));
    const args = [this.#parts.self, kind, String(value)];
    const users = await this.#write(
      record,
      (version) => this.#parts.connection.run(CHANGE, keys, [version, ...args]),
      (it) => apply(it, change),
    );
    return textsOf(users);
  }

  async reload(address: SessionAddress): Promise<SessionRecord | undefined> {
    const found = await peek(this.#parts, address, Date.now());
    return typeof found === 'string' ? undefined : found.record;
  }

  async listen(record: SessionRecord): Promise<string | undefined> {
    const { connection, self } = this.#parts;
    const { record: key } = keysOf(this.#parts, record);
    const before = await this.#write(
      record,
      (version) => connection.run(LISTEN, [key], [version, self]),
      (it) => {
        it.listener = self;
      },
    );
    return typeof before === 'string' && before !== '' && before !== self ? before : undefined;
  }

  async unlisten(record: SessionRecord): Promise<void> {
    const { connection, self } = this.#parts;
    const { record: key } = keysOf(this.#parts, record);
    await this.#write(
      record,
      (version) => connection.run(UNLISTEN, [key], [version, self]),
      (it) => {
        it.listener = undefined;
      },
    );
  }

  /** Writes under a new version, which the record that is known here gets if it was up to date. */
  async #write(
    address: SessionAddress,
    write: (version: string) => Promise<Reply>,
    writeHere: (record: SessionRecord) => void,
  ): Promise<Reply | undefined> {
    const version = newVersion();
    const reply = await write(version);
    const [before, detail] = Array.isArray(reply) ? reply : [];
    const known = this.#parts.known.get(address);
    if (known === undefined || before === undefined) return detail;
    if (known.version !== before) {
      known.version = '';
      return detail;
    }
    known.version = version;
    writeHere(known.record);
    return detail;
  }
}
