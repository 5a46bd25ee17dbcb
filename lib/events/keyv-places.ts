/**
 * The places of one stream as clients hold them: `7` is after the seventh event, `7-1` after the seventh
 * when that was written by the process that took the stream over.
 *
 * A process that dies may have sent events that it had not yet written. Its successor counts on from the
 * last that was written, so the same number would name two events; the suffix tells them apart, and every
 * place after an event that was lost is taken for the place where the successor began.
 *
 * Knows: numbers. Does not know: events, Keyv.
 *
 * @module
 */
import type { Position } from './port.js';

const PLACE = /^(0|[1-9]\d{0,14})(?:-([1-9]\d{0,2}))?$/;

/** Most writers that a stream can have had before. */
export const MAX_WRITERS = 999;

export class Places {
  /** The last event of each earlier writer. */
  readonly #ends: number[];

  constructor(ends: readonly number[]) {
    this.#ends = [...ends];
  }

  get ends(): readonly number[] {
    return this.#ends;
  }

  /** Another process begins to write after the event `head`. */
  takeOver(head: number): void {
    this.#ends.push(head);
  }

  /** The place after an event. */
  after(event: number): Position {
    const found = this.#ends.findIndex((end) => event <= end);
    const writer = found === -1 ? this.#ends.length : found;
    return writer === 0 ? String(event) : `${event}-${writer}`;
  }

  /**
   * The event that a place is after; undefined when it is no place in this stream.
   *
   * @param isLost - whether the last writer is gone: then it may have sent more than `head` events.
   */
  find(position: Position, head: number, isLost: boolean): number | undefined {
    const [, digits, suffix = '0'] = PLACE.exec(position) ?? [];
    if (digits === undefined) return undefined;
    const [event, writer] = [Number(digits), Number(suffix)];
    const begin = writer === 0 ? 0 : (this.#ends[writer - 1] ?? Number.POSITIVE_INFINITY) + 1;
    if (event < begin) return undefined;
    const end = this.#ends[writer];
    if (end !== undefined) return Math.min(event, end);
    if (event <= head) return event;
    return isLost ? head : undefined;
  }
}
