/**
 * Turns at the event loop: a handler that sends without end waits now and then, so that others are served.
 *
 * Knows: how many messages were sent in this turn. Does not know: what, and to whom.
 *
 * @module
 */
import type { Later } from './later.js';

/** Messages that handlers may send before everybody else has had a turn. */
const MESSAGES_A_TURN = 4;

const DONE = Promise.resolve();

export class Turns {
  #left = MESSAGES_A_TURN;
  #waiting: (() => void)[] = [];
  #isScheduled = false;

  /** What a sender should wait for: its message, and its next turn when this one is used up. */
  after(sent: Later<void>): Promise<void> {
    const turn = this.#turn();
    if (turn === undefined) return sent ?? DONE;
    return sent === undefined ? turn : sent.then(() => turn);
  }

  #turn(): Promise<void> | undefined {
    if (!this.#isScheduled) this.#schedule();
    if (this.#left > 0) {
      this.#left -= 1;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #schedule(): void {
    this.#isScheduled = true;
    setImmediate(() => this.#begin());
  }

  /** Those who wait go first, the longest before the others. */
  #begin(): void {
    this.#isScheduled = false;
    const next = this.#waiting.splice(0, MESSAGES_A_TURN);
    this.#left = MESSAGES_A_TURN - next.length;
    if (next.length > 0) this.#schedule();
    for (const resolve of next) resolve();
  }
}
