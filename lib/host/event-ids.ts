/**
 * Event ids: `<stream>.<epoch>.<position>`.
 *
 * The epoch is a keyed digest of the session and the stream, so an id proves where it was issued: one that
 * was made up, or that another session was given, is told from one that is merely old.
 *
 * Knows: what an id holds. Does not know: which streams exist, who asks.
 *
 * @module
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { deriveKey } from '../crypto/keys.js';
import type { Position, StreamKey } from '../events/port.js';

/** What an id says. */
export interface EventPlace {
  readonly stream: string;
  readonly position: Position;
}

const EVENT_ID = /^([0-9A-Za-z]{1,32})\.([0-9A-Za-z_-]{11})\.([0-9A-Za-z_-]{1,512})$/;
const EPOCH_BYTES = 8;
const SESSION_HEX = 32;

export class EventIds {
  readonly #keys: readonly [Buffer, ...Buffer[]];
  readonly #label: string;

  /**
   * @param secrets - key ring, the current key first; without one, ids are good until the process ends.
   * @param label - what sets this endpoint apart from others.
   */
  constructor(secrets: readonly string[], label: string) {
    const [current, ...old] = secrets.map((secret) => deriveKey(secret, 'event id', label));
    this.#keys = [current ?? randomBytes(32), ...old];
    this.#label = label;
  }

  /** Stands for a session where its id must not be seen. */
  digestOf(sessionId: string): string {
    const hash = createHash('sha256').update(`${this.#label}\0${sessionId}`);
    return hash.digest('hex').slice(0, SESSION_HEX);
  }

  /** What every id of a stream begins with. */
  prefixOf(key: StreamKey): string {
    return `${key.stream}.${epochOf(key, this.#keys[0])}.`;
  }

  /** What an id of this session says; undefined for anything that was not issued for it. */
  read(text: string, session: string): EventPlace | undefined {
    const [, stream, epoch, position] = EVENT_ID.exec(text) ?? [];
    if (stream === undefined || epoch === undefined || position === undefined) return undefined;
    const given = Buffer.from(epoch);
    const isOurs = this.#keys.some((key) =>
      timingSafeEqual(given, Buffer.from(epochOf({ session, stream }, key))),
    );
    return isOurs ? { stream, position } : undefined;
  }
}

function epochOf({ session, stream }: StreamKey, key: Buffer): string {
  const digest = createHmac('sha256', key).update(`${session}.${stream}`).digest();
  return digest.subarray(0, EPOCH_BYTES).toString('base64url');
}
