/**
 * Claims that have to be taken back, now or after an outage.
 *
 * Size: of more than 10 000 that wait, the oldest are forgotten; they end with their session.
 *
 * Knows: who claimed what. Does not know: why it is over.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { RequestId } from '../protocol/json-rpc.js';
import type { Claim } from './port.js';
import type { RedisConnection } from './redis-connection.js';
import { LEAVE } from './redis-session-scripts.js';

interface Taken {
  readonly calls: string;
  readonly claim: Claim;
}

const RETRY_MS = 1_000;
const MAX_WAITING = 10_000;
const MAX_ID_CHARACTERS = 128;

/** A request's id as it is in Redis: `1` and `"1"` are two. */
export function fieldOf(id: RequestId): string {
  const json = JSON.stringify(id);
  if (json.length <= MAX_ID_CHARACTERS) return json;
  return `#${createHash('sha256').update(json).digest('base64url')}`;
}

/** Takes claims back. */
export class Claims {
  readonly #connection: RedisConnection;
  readonly #self: string;
  /** Oldest first. */
  readonly #waiting = new Map<string, Taken>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(connection: RedisConnection, self: string) {
    this.#connection = connection;
    this.#self = self;
  }

  /** Takes a claim back; what rejects is tried again later. */
  async leave(calls: string, claim: Claim): Promise<void> {
    try {
      await this.#leave({ calls, claim });
    } catch (error) {
      this.leaveLater(calls, claim);
      throw error;
    }
  }

  /** Takes back a claim that may have been entered. */
  leaveLater(calls: string, claim: Claim): void {
    if (this.#isClosed) return;
    const name = `${calls} ${claim.token} ${fieldOf(claim.ids[0] ?? '')}`;
    this.#waiting.set(name, { calls, claim });
    this.#timer ??= setInterval(() => void this.#leaveAll(), RETRY_MS).unref();
    if (this.#waiting.size <= MAX_WAITING) return;
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined) this.#waiting.delete(oldest);
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting.clear();
    this.#rest();
  }

  async #leave({ calls, claim }: Taken): Promise<void> {
    const ids = claim.ids.map(fieldOf);
    await this.#connection.run(LEAVE, [calls], [`${this.#self}.${claim.token}`, ...ids]);
  }

  async #leaveAll(): Promise<void> {
    for (const [name, taken] of [...this.#waiting]) {
      try {
        await this.#leave(taken);
      } catch {
        return;
      }
      if (this.#waiting.get(name) === taken) this.#waiting.delete(name);
    }
    if (this.#waiting.size === 0) this.#rest();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
