/**
 * How long to wait before something that ends again and again is started again.
 *
 * Knows: how long it lived each time. Does not know: what it is.
 *
 * @module
 */
const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
/** What lived this long has started well: its end is no reason to wait. */
const STEADY_MS = 30_000;

export class BackOff {
  #failures = 0;

  /** Milliseconds to wait: none after a long life, then a second, doubled each time up to half a minute. */
  next(livedMs: number): number {
    if (livedMs >= STEADY_MS) {
      this.#failures = 0;
      return 0;
    }
    const waitMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures);
    this.#failures += 1;
    return waitMs;
  }
}
