/**
 * Letters that say "something was appended": one at a time to an instance about a stream.
 *
 * A letter that cannot be left is tried again a few times; who waits for it looks now and then on its own.
 *
 * Knows: whom to tell of which stream. Does not know: how letters travel, what was appended.
 *
 * @module
 */
import type { StreamKey } from '../events/port.js';
import type { Logger } from '../log.js';
import type { Letter } from './port.js';

/** How letters are left. */
export interface RingsOptions {
  readonly self: string;
  readonly logger: Logger;
  post(instance: string, letter: Letter): Promise<void>;
  /** In the place of a letter of an instance to itself. */
  readonly ring?: ((session: string, stream: string) => void) | undefined;
}

const MAX_ATTEMPTS = 5;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 1_000;
/** Letters under way; of more, those that wait for them find out later. */
const MAX_RINGING = 10_000;

export class Rings {
  readonly #options: RingsOptions;
  /** Letters under way by whom and what they are for; true when there has been another append since. */
  readonly #ringing = new Map<string, boolean>();
  #isClosed = false;

  constructor(options: RingsOptions) {
    this.#options = options;
  }

  /** Tells an instance; nobody when it is empty. */
  ring(instance: string, { session, stream }: StreamKey): void {
    if (instance === '' || this.#isClosed) return;
    const { self, ring } = this.#options;
    if (instance === self && ring !== undefined) return ring(session, stream);
    const name = `${instance} ${session} ${stream}`;
    if (this.#ringing.has(name)) this.#ringing.set(name, true);
    else if (this.#ringing.size < MAX_RINGING) void this.#post(name, instance, session, stream);
  }

  close(): void {
    this.#isClosed = true;
  }

  async #post(name: string, instance: string, session: string, stream: string): Promise<void> {
    let failures = 0;
    do {
      this.#ringing.set(name, false);
      try {
        await this.#options.post(instance, { kind: 'appended', session, stream });
        failures = 0;
      } catch (error) {
        failures += 1;
        this.#options.logger.debug({ err: error, instance }, 'a letter could not be left');
        this.#ringing.set(name, failures < MAX_ATTEMPTS);
        await pause(Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS));
      }
    } while (this.#ringing.get(name) === true && !this.#isClosed);
    this.#ringing.delete(name);
  }
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms).unref());
