/**
 * Events on their way to Redis, in the memory of the instance that writes them.
 *
 * Size: a queue holds what its stream may hold, all queues together 64 MiB. Then the oldest go that are no
 * responses, of the stream that asks before any other; responses go last.
 *
 * Knows: order, sizes and ages. Does not know: Redis, why something waits.
 *
 * @module
 */

/** An event that is not kept yet. */
export interface QueuedEvent {
  readonly number: number;
  readonly isResponse: boolean;
  /** As it is written: `<number><r or n>:<JSON>`. */
  readonly element: string;
  readonly bytes: number;
  /** Unix milliseconds of its append. */
  readonly at: number;
}

/** What a queued event costs beside its text. */
const EVENT_BYTES = 64;
/** Makes more room than is needed, so that not every append has to. */
const ROOM = 7 / 8;

/** The room of all queues of one instance. */
export class QueueRoom {
  readonly #maxBytes: number;
  /** Queues that hold something, the one that has for longest first. */
  readonly #holders = new Set<EventQueue>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** True when there is room for so much more; others are asked to give up what they can. */
  has(bytes: number, asking: EventQueue): boolean {
    for (const queue of [asking, ...this.#holders]) {
      if (this.#bytes + bytes <= this.#maxBytes) break;
      queue.shed(0);
    }
    return this.#bytes + bytes <= this.#maxBytes;
  }

  changed(queue: EventQueue, bytes: number): void {
    this.#bytes += bytes;
    if (queue.bytes === 0) this.#holders.delete(queue);
    else this.#holders.add(queue);
  }
}

export class EventQueue {
  readonly #room: QueueRoom;
  readonly #maxBytes: number;
  readonly #lost: (count: number) => void;
  #waiting: QueuedEvent[] = [];
  /** Being written: it is there or not, nobody knows. */
  #flying: readonly QueuedEvent[] = [];
  #bytes = 0;

  /** @param lost - told how many events were given up. */
  constructor(room: QueueRoom, maxBytes: number, lost: (count: number) => void) {
    this.#room = room;
    this.#maxBytes = maxBytes;
    this.#lost = lost;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** True when nothing waits; something may be on its way. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  push(number: number, json: string, isResponse: boolean, at: number): void {
    const element = `${number}${isResponse ? 'r' : 'n'}:${json}`;
    const bytes = Buffer.byteLength(element) + EVENT_BYTES;
    if (!this.#room.has(bytes, this)) return this.#lost(1);
    this.#waiting.push({ number, isResponse, element, bytes, at });
    this.#changed(bytes);
    if (this.#bytes > this.#maxBytes) this.shed(this.#maxBytes * ROOM);
  }

  /** The next events to be written, at least one if there is one. */
  take(maxBytes: number, maxEvents: number): readonly QueuedEvent[] {
    let bytes = 0;
    const end = this.#waiting.findIndex((event, index) => {
      bytes += event.bytes;
      return index > 0 && (bytes > maxBytes || index >= maxEvents);
    });
    this.#flying = this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
    return this.#flying;
  }

  /** What was taken is kept. */
  landed(): void {
    const bytes = sizeOf(this.#flying);
    this.#flying = [];
    this.#changed(-bytes);
  }

  /** What was taken may not be kept: it comes first again, as far as there is room and it is not too old. */
  failed(oldest: number): void {
    this.#waiting = [...this.#flying, ...this.#waiting];
    this.#flying = [];
    this.#giveUp(({ at }) => at < oldest);
    if (this.#bytes > this.#maxBytes) this.shed(this.#maxBytes * ROOM);
  }

  /** Gives up the oldest events that are no responses, until no more than `bytes` are left. */
  shed(bytes: number): void {
    let left = this.#bytes;
    this.#giveUp((event) => {
      if (event.isResponse || left <= bytes) return false;
      left -= event.bytes;
      return true;
    });
  }

  clear(): void {
    const bytes = this.#bytes;
    this.#waiting = [];
    this.#flying = [];
    this.#changed(-bytes);
  }

  #giveUp(isGivenUp: (event: QueuedEvent) => boolean): void {
    const given: QueuedEvent[] = [];
    this.#waiting = this.#waiting.filter((event) => {
      if (!isGivenUp(event)) return true;
      given.push(event);
      return false;
    });
    if (given.length === 0) return;
    this.#changed(-sizeOf(given));
    this.#lost(given.length);
  }

  #changed(bytes: number): void {
    this.#bytes += bytes;
    this.#room.changed(this, bytes);
  }
}

const sizeOf = (events: readonly QueuedEvent[]): number =>
  events.reduce((sum, { bytes }) => sum + bytes, 0);
