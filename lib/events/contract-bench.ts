/**
 * What the cases of the event stores' contract are written with: streams of their own, and readers.
 *
 * Knows: the port. Does not know: what a store has to promise.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { RequestId } from '../protocol/json-rpc.js';
import type { EventLog, Position, StreamKey, StreamLog } from './port.js';

/** One case's work with the log of a store. */
export type Work = (log: EventLog) => Promise<void>;

/** The cases of one subject by what they say. */
export type Cases = Readonly<Record<string, Work>>;

/** What a reader was handed. */
export interface Read {
  /** Whether the place was one in the stream. */
  readonly isPlace: boolean;
  readonly positions: readonly Position[];
  readonly texts: readonly string[];
  /** How many events were said to be gone. */
  readonly missed: number;
}

/** A name that no stream had before. */
export const newName = (): string => randomBytes(12).toString('hex');

export const newKey = (session = newName()): StreamKey => ({ session, stream: newName() });

/** A notification that says which one it is, and whose. */
export const note = (number: number, whose = 'mine'): string =>
  JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { whose, number } });

export const notes = (count: number, whose?: string): string[] =>
  Array.from({ length: count }, (_, index) => note(index + 1, whose));

export const answer = (id: RequestId): string =>
  JSON.stringify({ jsonrpc: '2.0', id, result: { content: [] } });

/** A stream with its prime and some events, and the place after each. */
export interface Begun {
  readonly key: StreamKey;
  readonly stream: StreamLog;
  readonly prime: Position;
  /** Those of the events; the prime's is not among them. */
  readonly places: readonly Position[];
}

export async function begin(
  log: EventLog,
  texts: readonly string[],
  { key = newKey(), requests = [1] }: { key?: StreamKey; requests?: readonly RequestId[] } = {},
): Promise<Begun> {
  const stream = log.open(key, requests);
  const prime = await stream.prime();
  const places: Position[] = [];
  for (const text of texts) places.push(await stream.append(text, false));
  return { key, stream, prime, places };
}

/** Reads everything after a place. */
export async function read(
  stream: StreamLog,
  after: Position,
  onEvent: (count: number) => boolean | Promise<boolean> = () => true,
): Promise<Read> {
  const positions: Position[] = [];
  const texts: string[] = [];
  const gaps: number[] = [];
  const isPlace = await stream.replay(after, {
    missed: (count) => void gaps.push(count),
    event: (position, json) => {
      positions.push(position);
      texts.push(json);
      return onEvent(texts.length);
    },
  });
  for (const count of gaps) assert.ok(Number.isSafeInteger(count) && count > 0, `missed(${count})`);
  const missed = gaps.reduce((sum, count) => sum + count, 0);
  return { isPlace, positions, texts, missed };
}

/** Asserts that a place hands over exactly these events. */
export async function assertReads(
  stream: StreamLog,
  after: Position,
  texts: readonly string[],
): Promise<void> {
  const found = await read(stream, after);
  assert.equal(found.isPlace, true, 'the place is not known');
  assertSame(found.texts, texts);
  assert.equal(found.missed, 0, 'events are said to be gone');
}

/** As `deepEqual`, with a message that can be read however long the texts are. */
export function assertSame(texts: readonly string[], expected: readonly string[]): void {
  for (const [index, text] of expected.entries()) {
    const got = texts[index] ?? 'nothing';
    assert.ok(got === text, `event ${index + 1}: expected ${short(text)}, got ${short(got)}`);
  }
  assert.equal(texts.length, expected.length, 'more is handed over than was appended');
}

const short = (text: string): string =>
  text.length > 200 ? `${text.slice(0, 200)}… (${text.length} characters)` : text;

/** Asserts that a position is no place in the stream, and that nothing is handed over for it. */
export async function assertNoPlace(stream: StreamLog, after: Position): Promise<void> {
  const found = await read(stream, after);
  assert.deepEqual(found.texts, [], `handed over for ${JSON.stringify(after.slice(0, 80))}`);
  assert.equal(found.isPlace, false, `${JSON.stringify(after.slice(0, 80))} is taken for a place`);
  assert.equal(found.missed, 0);
}

/** Asserts that a stream cannot be read any more, from any of the places it had. */
export async function assertGone(
  log: EventLog,
  key: StreamKey,
  places: readonly Position[],
): Promise<void> {
  const found = await log.find(key);
  if (found === undefined) return;
  for (const place of places) await assertNoPlace(found.log, place);
}
