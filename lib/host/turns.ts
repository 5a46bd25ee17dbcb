/**
 * Turns at the event loop: a handler that sends without end waits now and then, so that others are served.
 *
 * Knows: how often something was sent. Does not know: what, and to whom.
 *
 * @module
 */
import type { Later } from './later.js';

/** Messages that may be sent before everybody else has had a turn. */
const MESSAGES_A_TURN = 64;

const DONE = Promise.resolve();

export class Turns {
  #sent = 0;
  #next: Promise<void> | undefined;

  /** What a sender should wait for: its message, and the others' turn when it has sent a lot. */
  after(sent: Later<void>): Promise<void> {
    this.#sent += 1;
    if (this.#sent < MESSAGES_A_TURN) return sent ?? DONE;
    this.#next ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#sent = 0;
        this.#next = undefined;
        resolve();
      });
    });
    const turn = this.#next;
    return sent === undefined ? turn : sent.then(() => turn);
  }
}
