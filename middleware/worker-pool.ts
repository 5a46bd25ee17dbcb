/**
 * All workers of one primary: their start, their turn to be renewed, their end.
 *
 * Knows: how many there are, and what has to be over before what. Does not know: HTTP, signals.
 *
 * @module
 */
import type { Logger } from '../lib/log.js';
import { type Order, WorkerProcess } from './cluster.js';
import { WorkerSlot } from './worker-slot.js';

/** What a pool is made of. */
export interface WorkerPoolOptions {
  readonly count: number;
  readonly port: number;
  /** How long a worker that is replaced may take for what it has begun. */
  readonly deadlineMs: number;
  readonly logger: Logger;
}

export class WorkerPool {
  readonly #slots: readonly WorkerSlot[];
  readonly #alive = new Set<WorkerProcess>();
  readonly #logger: Logger;
  #lastRound: Promise<void> = Promise.resolve();
  #nextRound: Promise<void> | undefined;

  constructor({ count, port, deadlineMs, logger }: WorkerPoolOptions) {
    const fork = () => this.#fork(port);
    this.#slots = Array.from({ length: count }, () => new WorkerSlot(fork, deadlineMs, logger));
    this.#logger = logger;
  }

  /** Process ids of the workers that serve now. */
  get pids(): number[] {
    return this.#slots.flatMap(({ pid }) => pid ?? []);
  }

  /** Starts them all; returns the URL that they are bound to. One that cannot start ends the others. */
  async start(): Promise<string> {
    try {
      const [bound = ''] = await Promise.all(this.#slots.map((slot) => slot.fill()));
      return bound;
    } catch (error) {
      await this.end({ to: 'close', delayMs: 0, deadlineMs: 0 });
      throw error;
    }
  }

  /**
   * Renews one worker after the other. Called while it goes on, it means one more round after this one.
   *
   * @throws the error of a worker that cannot start; those that were not renewed yet serve on.
   */
  restart(): Promise<void> {
    this.#nextRound ??= this.#lastRound.then(() => {
      this.#nextRound = undefined;
      const round = this.#renewAll();
      this.#lastRound = round.catch(() => {});
      return round;
    });
    return this.#nextRound;
  }

  /** Sends all workers away; those that are not gone in time are killed. */
  async end(order: Order): Promise<void> {
    for (const slot of this.#slots) slot.close();
    await Promise.all([...this.#alive].map((worker) => worker.dismiss(order)));
  }

  /** Ends them without a word. */
  kill(): void {
    for (const worker of this.#alive) worker.kill('SIGKILL');
  }

  #fork(port: number): WorkerProcess {
    const worker = WorkerProcess.fork(port);
    this.#alive.add(worker);
    void worker.ended.then(() => this.#alive.delete(worker));
    return worker;
  }

  async #renewAll(): Promise<void> {
    for (const slot of this.#slots) await slot.renew();
    this.#logger.info({ workers: this.pids }, 'All workers were renewed');
  }
}
