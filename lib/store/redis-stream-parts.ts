/**
 * What the streams of one instance share.
 *
 * Knows: limits, and when Redis is out of reach. Does not know: what is written.
 *
 * @module
 */
import type { Logger } from '../log.js';
import type { RedisConnection } from './redis-connection.js';
import type { StreamKeys } from './redis-stream-keys.js';
import type { QueueRoom } from './redis-stream-queue.js';
import type { Rings } from './redis-stream-rings.js';

/** Limits of one stream. */
export interface StreamLimits {
  readonly maxEventsPerStream: number;
  readonly maxBytesPerStream: number;
  /** How long a stream is kept after its last event, milliseconds. */
  readonly ttlMs: number;
}

export interface StreamParts {
  readonly connection: RedisConnection;
  readonly keys: StreamKeys;
  /** Names this instance. */
  readonly self: string;
  readonly limits: StreamLimits;
  readonly room: QueueRoom;
  readonly rings: Rings;
  readonly outage: Outage;
}

/** A stream that has finished is kept for this time, unless `ttlMs` is less. */
const FINISHED_MS = 300_000;

export const finishedMs = ({ ttlMs }: StreamLimits): number => Math.min(ttlMs, FINISHED_MS);

/** One line in the log when writing fails, and one when it works again, however much is tried meanwhile. */
export class Outage {
  readonly #logger: Logger;
  #lost = 0;
  #isOn = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  failed(error: unknown): void {
    if (!this.#isOn) this.#logger.warn({ err: error }, 'events cannot be kept now');
    this.#isOn = true;
  }

  succeeded(): void {
    if (!this.#isOn) return;
    this.#isOn = false;
    this.#logger.info({}, 'events are kept again');
    this.#tellLost();
  }

  /** Events were given up. */
  lost(count: number): void {
    this.#lost += count;
    if (!this.#isOn) this.#tellLost();
  }

  end(): void {
    this.#tellLost();
  }

  #tellLost(): void {
    if (this.#lost === 0) return;
    this.#logger.warn({ count: this.#lost }, 'events were given up before they were kept');
    this.#lost = 0;
  }
}
