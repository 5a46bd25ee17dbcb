/**
 * The events of a stream as they are read from Redis, a page at a time.
 *
 * What is not an event, for whatever reason, counts as gone.
 *
 * Knows: pages, places and gaps. Does not know: who writes, who reads.
 *
 * @module
 */
import type { Position, Replay, StreamKey } from '../events/port.js';
import type { Reply } from './redis-connection.js';
import { lifeIn, OWN } from './redis-stream-keys.js';
import type { StreamParts } from './redis-stream-parts.js';
import { PAGE } from './redis-stream-scripts.js';

/** A stream that is written here: its events are numbered before they are kept. */
export interface WrittenHere {
  /** Number of the last event; undefined once another instance has ended the stream. */
  head(): number | undefined;
  /** Resolves when everything up to there is written. */
  settled(): Promise<void>;
}

/** Who writes a stream, and whether it is over. */
export interface StreamState {
  /** The writer's instance, or the life of a session's own stream. */
  readonly name: string;
  readonly isDone: boolean;
  /** Number of the last event. */
  readonly last: number;
}

interface Page extends StreamState {
  readonly hasMore: boolean;
  readonly elements: readonly Reply[];
}

/** How a replay is watched. */
export interface Watched extends Partial<WrittenHere> {
  /** Told what each page says of the stream; undefined when it is gone. */
  readonly seen?: (state: StreamState | undefined) => void;
}

const PAGE_EVENTS = 100;
const PAGE_BYTES = 262_144;
/**
 * So many events a client may have been sent that its instance had not kept: it is not told that its place
 * is unknown.
 */
const MAX_LEAD = 10_000;

/** Hands over the events of a stream after a place; false when that is none. */
export async function replayed(
  parts: StreamParts,
  key: StreamKey,
  after: Position,
  to: Replay,
  watched: Watched = {},
): Promise<boolean> {
  const start = placeOf(after);
  const head = watched.head?.();
  if (start === undefined || (head !== undefined && start > head)) return false;
  const cursor = new Cursor(start, to);
  for (let isFirst = true; ; isFirst = false) {
    await watched.settled?.();
    const written = watched.head?.();
    const page = await pageAfter(parts, key, cursor.place, written === undefined ? MAX_LEAD : 0);
    watched.seen?.(page);
    if (page === undefined && written === undefined) return !isFirst;
    if (isFirst && written === undefined && page !== undefined && isBeyond(start, page)) {
      return false;
    }
    if (!(await cursor.take(page?.elements ?? []))) return true;
    if (page?.hasMore === true || watched.head?.() !== written) continue;
    await cursor.end(Math.max(page?.last ?? 0, written ?? 0));
    return true;
  }
}

/** Reads elements as events, and counts what is missing between them. */
class Cursor {
  readonly #to: Replay;
  #missed = 0;
  place: number;

  constructor(place: number, to: Replay) {
    this.place = place;
    this.#to = to;
  }

  /** False when the reader wants no more. */
  async take(elements: readonly Reply[]): Promise<boolean> {
    for (const element of elements) {
      const event = readElement(element);
      if (event === undefined || event.number <= this.place) continue;
      this.#missed += event.number - this.place - 1;
      this.place = event.number;
      if (!isMessage(event.json)) {
        this.#missed += 1;
        continue;
      }
      await this.#tellMissed();
      if (!(await this.#to.event(String(event.number), event.json))) return false;
    }
    return true;
  }

  /** Nothing more is there, although `last` was given to an event. */
  async end(last: number): Promise<void> {
    this.#missed += Math.max(0, last - this.place);
    await this.#tellMissed();
  }

  async #tellMissed(): Promise<void> {
    const missed = this.#missed;
    this.#missed = 0;
    if (missed > 0) await this.#to.missed(missed);
  }
}

async function pageAfter(
  { connection, keys, limits }: StreamParts,
  { session, stream }: StreamKey,
  after: number,
  lead: number,
): Promise<Page | undefined> {
  const life = lifeIn(stream);
  const [meta, list] = keys.of({ session, stream: life === undefined ? stream : OWN });
  const name = life === undefined ? 'run' : 'life';
  const args = [name, after, PAGE_EVENTS, PAGE_BYTES, life === undefined ? lead : 0, limits.ttlMs];
  const reply = await connection.run(PAGE, [meta, list], args);
  if (!Array.isArray(reply)) return undefined;
  const [found, done, last, more, ...elements] = reply as readonly Reply[];
  if (life !== undefined && found !== life) return undefined;
  return {
    name: String(found),
    isDone: done !== '' || life !== undefined,
    last: Number(last),
    hasMore: more === 1,
    elements,
  };
}

const isBeyond = (place: number, { last, isDone }: StreamState): boolean =>
  place > last + (isDone ? 0 : MAX_LEAD);

/** An element of a stream's list; undefined when it has another form. */
export function readElement(
  element: Reply,
): { readonly number: number; readonly json: string } | undefined {
  const [prefix, number] = /^(\d{1,15})[rn]:/.exec(String(element)) ?? [];
  if (prefix === undefined) return undefined;
  return { number: Number(number), json: String(element).slice(prefix.length) };
}

/** What was appended is one line of JSON and one message; anything else was not written by us. */
function isMessage(json: string): boolean {
  if (/[\r\n]/.test(json)) return false;
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && 'jsonrpc' in value;
  } catch {
    return false;
  }
}

const placeOf = (position: Position): number | undefined =>
  /^(0|[1-9]\d{0,14})$/.test(position) ? Number(position) : undefined;
