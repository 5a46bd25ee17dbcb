/**
 * What an instance says on sessions' own streams: in order, one script at a time for each session.
 *
 * Failure: a message that cannot be kept is rejected, and with it those that waited behind it. Size: 16 MiB
 * wait in all; what is more is rejected at once.
 *
 * Knows: a session's own stream, who listens to it. Does not know: streams of POSTs.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { Reply } from './redis-connection.js';
import { OWN } from './redis-stream-keys.js';
import type { StreamParts } from './redis-stream-parts.js';
import { TELL } from './redis-stream-scripts.js';

/** A session's own stream as it is now. */
export interface OwnStream {
  readonly name: string;
  /** Number of its last event. */
  readonly last: number;
}

interface Told {
  readonly json: string;
  readonly bytes: number;
  resolve(): void;
  reject(error: unknown): void;
}

const MAX_WAITING_BYTES = 16_777_216;
const MAX_SCRIPT_MESSAGES = 500;
const MAX_SCRIPT_BYTES = 262_144;
const LIFE_BYTES = 6;

export class Telling {
  readonly #parts: StreamParts;
  /** What waits, by session; a session is here while a script is under way. */
  readonly #waiting = new Map<string, Told[]>();
  #bytes = 0;

  constructor(parts: StreamParts) {
    this.#parts = parts;
  }

  /** Resolves when the message is kept, or the session is over. */
  tell(session: string, json: string): Promise<void> {
    const bytes = Buffer.byteLength(json);
    if (this.#bytes + bytes > MAX_WAITING_BYTES) {
      return Promise.reject(new Error('Too much waits to be written.'));
    }
    this.#bytes += bytes;
    const told = new Promise<void>((resolve, reject) => {
      const waiting = this.#waiting.get(session);
      if (waiting !== undefined) return void waiting.push({ json, bytes, resolve, reject });
      const line = [{ json, bytes, resolve, reject }];
      this.#waiting.set(session, line);
      queueMicrotask(() => void this.#write(session, line));
    });
    return told.finally(() => {
      this.#bytes -= bytes;
    });
  }

  /** The stream as it is, begun if it is not there. */
  async look(session: string): Promise<OwnStream> {
    const reply = await this.#run(session, []);
    const [life, last] = Array.isArray(reply) ? (reply as readonly Reply[]) : [newLife(), 0];
    return { name: `${OWN}${life}`, last: Number(last) };
  }

  async #write(session: string, waiting: Told[]): Promise<void> {
    while (waiting.length > 0) {
      const some = waiting.splice(0, countOf(waiting));
      try {
        const texts = some.map(({ json }) => json);
        const ring = (reply: Reply) => this.#ring(session, reply);
        ring(await this.#run(session, texts, ring));
        for (const { resolve } of some) resolve();
      } catch (error) {
        for (const { reject } of [...some, ...waiting.splice(0)]) reject(error);
      }
    }
    this.#waiting.delete(session);
  }

  #run(session: string, texts: readonly string[], late?: (reply: Reply) => void): Promise<Reply> {
    const { connection, keys, limits } = this.#parts;
    const { ttlMs, maxEventsPerStream, maxBytesPerStream } = limits;
    const args = [newLife(), ttlMs, maxEventsPerStream, maxBytesPerStream, ...texts];
    const own = [...keys.of({ session, stream: OWN }), keys.session(session)];
    return connection.run(TELL, own, args, late);
  }

  #ring(session: string, reply: Reply): void {
    if (!Array.isArray(reply)) return;
    const [life, , listener] = reply as readonly Reply[];
    this.#parts.rings.ring(String(listener), { session, stream: `${OWN}${life}` });
  }
}

/** How many of these go into one script. */
function countOf(waiting: readonly Told[]): number {
  let bytes = 0;
  const end = waiting.findIndex((told, index) => {
    bytes += told.bytes;
    return index > 0 && (bytes > MAX_SCRIPT_BYTES || index >= MAX_SCRIPT_MESSAGES);
  });
  return end === -1 ? waiting.length : end;
}

const newLife = (): string => randomBytes(LIFE_BYTES).toString('hex');
