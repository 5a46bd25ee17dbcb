/**
 * Failures of the store's own connections: the first of an outage is told.
 *
 * Knows: the logger. Does not know: which connection it was.
 *
 * @module
 */
import { told } from '../errors.js';
import type { Logger } from '../log.js';
import { refusal } from './redis-deadlines.js';

export class Failures {
  readonly #logger: Logger;
  #isKnown = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  readonly tell = (error: unknown): void => {
    if (this.#isKnown) return;
    this.#isKnown = true;
    const { message } = refusal('connect', error);
    this.#logger.warn({ cause: error instanceof Error ? error.message : told(error) }, message);
  };

  /** A connection is there again. */
  readonly over = (): void => {
    this.#isKnown = false;
  };
}
