/**
 * A stream as the process before this one left it in the Keyv.
 *
 * Time: one read, and for a stream that had not finished one for each slot of its ring. Failure: rejects when
 * the Keyv cannot be reached.
 *
 * Knows: which keys a stream has. Does not know: why its writer is gone.
 *
 * @module
 */
import { isRequestId } from '../protocol/json-rpc.js';
import { MAX_WRITERS } from './keyv-places.js';
import {
  answeredId,
  eventKey,
  isStoredEvent,
  KeyvStream,
  responseKey,
  type Shelf,
  type StoredEvent,
  type StreamState,
  stateKey,
} from './keyv-stream.js';

const READS_AT_ONCE = 16;

/** A stream that is kept, and whether it had finished. */
export interface Recovered {
  readonly stream: KeyvStream;
  readonly isFinished: boolean;
}

/** The stream below a prefix; undefined when nothing of it is kept. */
export async function recover(prefix: string, shelf: Shelf): Promise<Recovered | undefined> {
  const state = await shelf.read(stateKey(prefix));
  if (!isStreamState(state) || state.ends.length >= MAX_WRITERS) return undefined;
  if (state.head !== undefined) {
    return { stream: new KeyvStream(prefix, state, shelf), isFinished: true };
  }
  const answers = await unrecordedAnswers(prefix, state, shelf);
  const answered = new Set(answers.map(({ json }) => answeredId(json)));
  const responses = [...state.responses, ...answers.map(({ number }) => number)];
  const head = Math.max(await newestEvent(prefix, state, shelf), 0, ...state.ends, ...responses);
  const unanswered = state.unanswered.filter((id) => !answered.has(id));
  const stream = new KeyvStream(prefix, { ...state, unanswered, responses }, shelf, head);
  return { stream, isFinished: false };
}

/** Responses that were written when the stream's own key was not yet, in order. */
async function unrecordedAnswers(
  prefix: string,
  { run, responses, unanswered }: StreamState,
  shelf: Shelf,
): Promise<StoredEvent[]> {
  const found: StoredEvent[] = [];
  for (let index = responses.length; index < responses.length + unanswered.length; index += 1) {
    const value = await shelf.read(responseKey(prefix, index));
    if (!isStoredEvent(value, run)) break;
    found.push(value);
  }
  return found;
}

/** Number of the newest event in the ring; 0 when it is empty. */
async function newestEvent(
  prefix: string,
  { run, ring }: StreamState,
  shelf: Shelf,
): Promise<number> {
  let newest = 0;
  for (let first = 0; first < ring; first += READS_AT_ONCE) {
    const slots = Array.from(
      { length: Math.min(READS_AT_ONCE, ring - first) },
      (_, i) => first + i,
    );
    const values = await Promise.all(slots.map((slot) => shelf.read(eventKey(prefix, ring, slot))));
    for (const value of values) {
      if (isStoredEvent(value, run)) newest = Math.max(newest, value.number);
    }
  }
  return newest;
}

function isStreamState(value: unknown): value is StreamState {
  if (typeof value !== 'object' || value === null) return false;
  const { run, ring, ends, unanswered, responses, head } = value as Partial<StreamState>;
  return (
    typeof run === 'string' &&
    isCount(ring) &&
    ring > 0 &&
    isListOf(ends, isCount) &&
    isListOf(unanswered, isRequestId) &&
    isListOf(responses, isCount) &&
    (head === undefined || isCount(head))
  );
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

const isListOf = <T>(value: unknown, isMember: (member: unknown) => member is T): value is T[] =>
  Array.isArray(value) && value.every(isMember);
