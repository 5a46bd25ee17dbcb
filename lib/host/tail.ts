/**
 * The end of a log that others write to: read again whenever something was appended.
 *
 * Knows: rings, and that one may be lost. Does not know: connections, what is read.
 *
 * @module
 */

/** Reads what is new; `over` when there will be nothing more, or nobody wants it. */
export type ReadOn = () => Promise<'more' | 'over'>;

export class Tail {
  readonly #readOn: ReadOn;
  readonly #pollMs: number;
  #isRung = false;
  #isStopped = false;
  #wait: (() => void) | undefined;

  /** @param pollMs - reads again after this time, should nobody ring. */
  constructor(readOn: ReadOn, pollMs: number) {
    this.#readOn = readOn;
    this.#pollMs = pollMs;
  }

  /** Reads until it is over or stopped; rejects when reading does. */
  async run(): Promise<void> {
    while (!this.#isStopped) {
      this.#isRung = false;
      if ((await this.#readOn()) === 'over') return;
      if (!this.#isRung && !this.#isStopped) await this.#ring();
    }
  }

  /** Something was appended. */
  wake(): void {
    this.#isRung = true;
    this.#wait?.();
  }

  stop(): void {
    this.#isStopped = true;
    this.#wait?.();
  }

  #ring(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wait?.(), this.#pollMs);
      timer.unref();
      this.#wait = () => {
        clearTimeout(timer);
        this.#wait = undefined;
        resolve();
      };
    });
  }
}
