/**
 * Things that end after one fixed time: a single timer for all of them.
 *
 * A timer for each call costs more than the call's other bookkeeping together.
 *
 * Knows: when something was added. Does not know: what it is.
 *
 * @module
 */

const SHORTEST_TICK_MS = 5;
const LONGEST_TICK_MS = 1_000;

export class Deadlines<T> {
  readonly #afterMs: number;
  readonly #tickMs: number;
  readonly #expire: (item: T) => void;
  /** Oldest first, because every item is given the same time. */
  readonly #dueAt = new Map<T, number>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param afterMs - an item expires this much after it was added, at most a twentieth later.
   * @param expire - called once for each item that was not deleted in time.
   */
  constructor(afterMs: number, expire: (item: T) => void) {
    this.#afterMs = afterMs;
    this.#tickMs = Math.min(LONGEST_TICK_MS, Math.max(SHORTEST_TICK_MS, afterMs / 20));
    this.#expire = expire;
  }

  get size(): number {
    return this.#dueAt.size;
  }

  add(item: T): void {
    this.#dueAt.set(item, performance.now() + this.#afterMs);
    this.#timer ??= setInterval(() => this.#tick(), this.#tickMs).unref();
  }

  delete(item: T): void {
    this.#dueAt.delete(item);
  }

  clear(): void {
    this.#dueAt.clear();
    this.#stop();
  }

  #tick(): void {
    if (this.#dueAt.size === 0) this.#stop();
    const now = performance.now();
    for (const [item, dueAt] of this.#dueAt) {
      if (dueAt > now) return;
      this.#dueAt.delete(item);
      this.#expire(item);
    }
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
