/**
 * Something that an issuer publishes, remembered.
 *
 * Fresh for ten minutes. Asked for once at a time, and again after 30 seconds at the earliest (5 while
 * there is nothing to go by). What was good last is used for up to a day while the issuer is down.
 *
 * Knows: ages and pauses. Does not know: what is remembered, how it is got.
 *
 * @module
 */

const FRESH_MS = 600_000;
const LAST_GOOD_MS = 86_400_000;
const PAUSE_MS = 30_000;
const FIRST_PAUSE_MS = 5_000;

export class Remembered<T> {
  readonly #load: () => Promise<T>;
  readonly #now: () => number;
  #held: { readonly value: T; readonly at: number } | undefined;
  #fault: unknown;
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(load: () => Promise<T>, now: () => number = Date.now) {
    this.#load = load;
    this.#now = now;
  }

  /**
   * The value that is held.
   *
   * @param isEnough - false when a newer one may hold what is looked for.
   * @throws what the last attempt threw, when nothing that is good enough is held since.
   */
  async get(isEnough: (value: T) => boolean = () => true): Promise<T> {
    const held = this.#held;
    if (held !== undefined && this.#isYounger(FRESH_MS) && isEnough(held.value)) return held.value;
    await this.#ask();
    const last = this.#held;
    const isGood = this.#fault === undefined || (last !== undefined && isEnough(last.value));
    if (last !== undefined && isGood && this.#isYounger(LAST_GOOD_MS)) return last.value;
    throw this.#fault;
  }

  #isYounger(ageMs: number): boolean {
    return this.#held !== undefined && this.#now() - this.#held.at < ageMs;
  }

  async #ask(): Promise<void> {
    const pauseMs = this.#held === undefined ? FIRST_PAUSE_MS : PAUSE_MS;
    if (this.#asking === undefined && this.#now() - this.#askedAt >= pauseMs) {
      this.#askedAt = this.#now();
      this.#asking = this.#refresh().finally(() => {
        this.#asking = undefined;
      });
    }
    await this.#asking;
  }

  async #refresh(): Promise<void> {
    try {
      this.#held = { value: await this.#load(), at: this.#now() };
      this.#fault = undefined;
    } catch (error) {
      this.#fault = error;
    }
  }
}
