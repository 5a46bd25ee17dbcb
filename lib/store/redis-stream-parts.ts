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

/** One line in the log when writing fails, and one when all works again, however much is tried meanwhile. */
export class Outage {
  readonly #logger: Logger;
  readonly #over: () => void;
  /** Streams of which the last write failed. */
  readonly #failing = new Set<object>();
  #lost = 0;

  /** @param over - called when writing works again. */
  constructor(logger: Logger, over: () => void) {
    this.#logger = logger;
    this.#over = over;
  }

  failed(stream: object, error: unknown): void {
    if (this.#failing.size === 0) this.#logger.warn({ err: error }, 'events cannot be kept now');
    this.#failing.add(stream);
  }

  /** A stream was written, or needs no more to be. */
  settled(stream: object): void {
    if (!this.#failing.delete(stream) || this.#failing.size > 0) return;
    this.#logger.info({}, 'events are kept again, or given up');
    this.#tellLost();
    this.#over();
  }

  /** Events were given up. */
  lost(count: number): void {
    this.#lost += count;
    if (this.#failing.size === 0) this.#tellLost();
  }

  #tellLost(): void {
    if (this.#lost === 0) return;
    this.#logger.warn({ count: this.#lost }, 'events were given up before they were kept');
    this.#lost = 0;
  }
}
