/**
 * The order in which this process appended the events of one stream.
 *
 * A store of the SDK's kind is free in how it numbers events, and some sort those of one millisecond at
 * random; what this process wrote is therefore put in order again here.
 *
 * Size: the ids of the newest 1 000 events.
 *
 * Knows: ids of events. Does not know: stores, messages.
 *
 * @module
 */
const MAX_REMEMBERED = 1_000;

/** An event in its place; without an id only a gap. */
export interface Placed {
  readonly id?: string;
  readonly message?: unknown;
  /** How many events should be here, before this one, and are not. */
  readonly missed: number;
}

export class AppendOrder {
  readonly #numbers = new Map<string, number>();
  #isWhole: boolean;
  #newest = -1;

  /** `isWhole`: whether the stream was begun by this process, so that it has no other events. */
  constructor(isWhole: boolean) {
    this.#isWhole = isWhole;
  }

  /** False when there may be events of the stream of which nothing is known here. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Number of the last event; -1 before the first. */
  get newest(): number {
    return this.#newest;
  }

  numberOf(id: string): number | undefined {
    return this.#numbers.get(id);
  }

  add(id: string): void {
    this.#newest += 1;
    this.#numbers.set(id, this.#newest);
    for (const oldest of this.#numbers.keys()) {
      if (this.#numbers.size <= MAX_REMEMBERED) return;
      this.#numbers.delete(oldest);
      this.#isWhole = false;
    }
  }

  /** True when events after a number were appended that are not among these. */
  lacks(messages: ReadonlyMap<string, unknown>, after: number): boolean {
    for (const [id, number] of this.#numbers) {
      if (number > after && !messages.has(id)) return true;
    }
    return false;
  }

  /**
   * Those of a store's messages that come after a number, in the order of appending.
   *
   * Messages of which nothing is known here are older, and stay in the store's order; in a whole stream
   * they are not the stream's.
   *
   * @param after - undefined when the place itself is older: then all are.
   * @param until - up to which number messages may be expected.
   */
  arrange(
    messages: ReadonlyMap<string, unknown>,
    after: number | undefined,
    until: number,
  ): readonly Placed[] {
    const placed: Placed[] = [];
    if (after === undefined && !this.#isWhole) {
      for (const [id, message] of messages) {
        if (!this.#numbers.has(id)) placed.push({ id, message, missed: 0 });
      }
    }
    let last = after ?? -1;
    for (const [id, number] of this.#numbers) {
      if (number <= last || !messages.has(id)) continue;
      const missed = after === undefined ? 0 : number - last - 1;
      placed.push({ id, message: messages.get(id), missed });
      last = number;
    }
    if (after !== undefined && until > last) placed.push({ missed: until - last });
    return placed;
  }
}
