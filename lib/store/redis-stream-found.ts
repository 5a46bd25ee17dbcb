/**
 * Streams as a reader finds them in Redis.
 *
 * Knows: what they hold and who writes them. Does not know: how they are written.
 *
 * @module
 */
import type { Position, Replay, SharedStream, StreamKey, StreamLog } from '../events/port.js';
import { isRequestId, type RequestId } from '../protocol/json-rpc.js';
import type { Reply } from './redis-connection.js';
import type { StreamParts } from './redis-stream-parts.js';
import { finishedMs } from './redis-stream-parts.js';
import { readElement, replayed, type StreamState } from './redis-stream-reading.js';
import { EXTEND, LOOK } from './redis-stream-scripts.js';

/** What Redis holds of a stream beside its events. */
export interface Looked extends StreamState {
  readonly requests: readonly RequestId[];
  /** The responses, when they were asked for. */
  readonly responses: readonly Reply[];
  /** How many responses there were when it finished; 0 before. */
  readonly finishedWith: number;
}

/** A stream's state; undefined when nothing of it is there. */
export async function look(
  { connection, keys }: StreamParts,
  key: StreamKey,
  withResponses: boolean,
): Promise<Looked | undefined> {
  const [meta, list] = keys.of(key);
  const reply = await connection.run(LOOK, [meta, list], withResponses ? [1] : []);
  if (!Array.isArray(reply)) return undefined;
  const [name, done, last, listed, finishedWith, ...responses] = reply as readonly Reply[];
  const requests = readRequests(listed);
  if (requests === undefined) return undefined;
  const isDone = done !== '';
  const state = { name: String(name), isDone, last: Number(last), requests, responses };
  return { ...state, finishedWith: Number(finishedWith) };
}

/** The requests of a finished stream whose responses were lost. */
export function lostOf(looked: Looked): readonly RequestId[] {
  const kept = looked.responses.filter((response) => answeredId(response) !== undefined);
  return kept.length < looked.finishedWith ? unansweredOf(looked) : [];
}

/** The requests of a stream that no response answers. */
export function unansweredOf({ requests, responses }: Looked): readonly RequestId[] {
  const answered = new Set(responses.map(answeredId));
  return requests.filter((id) => !answered.has(id));
}

/** A stream that nobody writes here. */
export class FoundStreamLog implements StreamLog, SharedStream {
  readonly log = this;
  readonly unanswered: readonly RequestId[] | undefined;
  readonly #parts: StreamParts;
  readonly #key: StreamKey;
  #writer: string | undefined;

  constructor(
    parts: StreamParts,
    key: StreamKey,
    writer: string | undefined,
    unanswered: readonly RequestId[] | undefined,
  ) {
    this.#parts = parts;
    this.#key = key;
    this.#writer = writer;
    this.unanswered = unanswered;
  }

  get writer(): string | undefined {
    return this.#writer;
  }

  prime(): Position {
    return '0';
  }

  async append(json: string, isResponse: boolean): Promise<Position> {
    const { connection, keys, limits, rings } = this.#parts;
    const { maxEventsPerStream, maxBytesPerStream } = limits;
    const bounds = [finishedMs(limits), maxEventsPerStream, maxBytesPerStream];
    const args = [this.#key.stream, ...bounds, isResponse ? 'r' : 'n', json];
    const reply = await connection.run(EXTEND, keys.of(this.#key), args);
    if (!Array.isArray(reply)) throw new Error(`The stream cannot be appended to: ${reply}.`);
    const [number, follower] = reply as readonly Reply[];
    rings.ring(String(follower), this.#key);
    return String(number);
  }

  /** What is not written here is not finished here. */
  finish(): void {}

  replay(after: Position, to: Replay): Promise<boolean> {
    return replayed(this.#parts, this.#key, after, to, {
      seen: (state) => {
        if (state !== undefined) this.#writer = state.isDone ? undefined : state.name;
      },
    });
  }
}

function readRequests(listed: Reply | undefined): readonly RequestId[] | undefined {
  const requests = parsed(listed);
  return Array.isArray(requests) && requests.every(isRequestId) ? requests : undefined;
}

function answeredId(response: Reply): RequestId | undefined {
  const value = parsed(readElement(response)?.json);
  if (typeof value !== 'object' || value === null || !('id' in value)) return undefined;
  return isRequestId(value.id) ? value.id : undefined;
}

function parsed(json: Reply | undefined): unknown {
  try {
    return JSON.parse(String(json));
  } catch {
    return undefined;
  }
}
