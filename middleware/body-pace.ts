/**
 * The least pace at which bodies have to come; one timer watches them all.
 *
 * A client that sends a byte now and then would hold a connection, and what it has sent, for ever.
 *
 * Knows: time, and how much of each body is there. Does not know: what a slow one is answered with.
 *
 * @see {@link https://httpd.apache.org/docs/2.4/mod/mod_reqtimeout.html mod_reqtimeout}, whose rule this is
 *
 * @module
 */

/** A body may take `graceMs`, and the longer the more of it has come. */
export interface Pace {
  readonly graceMs: number;
  readonly bytesPerSecond: number;
}

/** Ten seconds, and one more for each KiB. */
export const BODY_PACE: Pace = { graceMs: 10_000, bytesPerSecond: 1_024 };

/** A body on its way. */
export interface IncomingBody {
  /** By `performance.now()`. */
  readonly startedAt: number;
  receivedBytes: number;
  /** Called once when it is too slow. */
  giveUp(): void;
}

const SHORTEST_TICK_MS = 5;
const LONGEST_TICK_MS = 500;

export class PaceKeeper {
  readonly #pace: Pace;
  readonly #tickMs: number;
  readonly #bodies = new Set<IncomingBody>();
  #timer: NodeJS.Timeout | undefined;

  /** A body that is too slow is given up at most a twentieth of the grace later. */
  constructor(pace: Pace = BODY_PACE) {
    this.#pace = pace;
    this.#tickMs = Math.min(LONGEST_TICK_MS, Math.max(SHORTEST_TICK_MS, pace.graceMs / 20));
  }

  /** Bodies that are watched now. */
  get size(): number {
    return this.#bodies.size;
  }

  add(body: IncomingBody): void {
    this.#bodies.add(body);
    this.#timer ??= setInterval(() => this.#tick(performance.now()), this.#tickMs).unref();
  }

  delete(body: IncomingBody): void {
    this.#bodies.delete(body);
  }

  #tick(now: number): void {
    for (const body of this.#bodies) {
      if (now < this.#dueAt(body)) continue;
      this.#bodies.delete(body);
      body.giveUp();
    }
    if (this.#bodies.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #dueAt({ startedAt, receivedBytes }: IncomingBody): number {
    const { graceMs, bytesPerSecond } = this.#pace;
    return startedAt + graceMs + (receivedBytes / bytesPerSecond) * 1_000;
  }
}
