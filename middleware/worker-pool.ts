/**
 * All workers of one primary: their start, their turn to be renewed, their end.
 *
 * Knows: how many there are, and what has to be over before what. Does not know: HTTP, signals.
 *
 * @module
 */
import type { DrainOptions } from '../lib/host/lifecycle.js';
import type { Logger } from '../lib/log.js';
import { WorkerProcess } from './cluster.js';
import { WorkerSlot } from './worker-slot.js';

/** What a pool is made of. */
export interface WorkerPoolOptions {
  readonly count: number;
  readonly port: number;
  /** How long a worker that is replaced may take for what it has begun. */
  readonly deadlineMs: number;
  readonly logger: Logger;
}

const NOW = {
  leave: { to: 'leave', delayMs: 0, deadlineMs: 0 },
  close: { to: 'close', delayMs: 0, deadlineMs: 0 },
} as const;

export class WorkerPool {
  readonly #slots: readonly WorkerSlot[];
  readonly #alive = new Set<WorkerProcess>();
  readonly #logger: Logger;
  #lastRound: Promise<void> = Promise.resolve();
  #nextRound: Promise<void> | undefined;
  #isEnding = false;

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
      await this.close();
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

  /**
   * Ends all workers; those that are not gone in time are killed.
   *
   * None of them leaves before all have finished: a client that one of them hands over comes to another.
   */
  async drain({ delayMs, deadlineMs }: Required<DrainOptions>): Promise<void> {
    this.#close();
    await this.#each((worker) => worker.finish({ to: 'finish', delayMs, deadlineMs }));
    await this.#each((worker) => worker.dismiss(NOW.leave));
  }

  /** Ends all workers at once. */
  async close(): Promise<void> {
    this.#close();
    await this.#each((worker) => worker.dismiss(NOW.close));
  }

  /** Ends them without a word. */
  kill(): void {
    for (const worker of this.#alive) worker.kill('SIGKILL');
  }

  #fork(port: number): WorkerProcess {
    const worker = WorkerProcess.fork(port);
    this.#alive.add(worker);
    void worker.ended.then(() => this.#alive.delete(worker));
    void worker.finished.then(() => {
      // It was told by somebody else to end.
      if (!this.#isEnding && this.#alive.has(worker)) return worker.dismiss(NOW.leave);
    });
    return worker;
  }

  #close(): void {
    this.#isEnding = true;
    for (const slot of this.#slots) slot.close();
  }

  async #each(act: (worker: WorkerProcess) => Promise<void>): Promise<void> {
    await Promise.all([...this.#alive].map(act));
  }

  async #renewAll(): Promise<void> {
    for (const slot of this.#slots) await slot.renew();
    this.#logger.info({ workers: this.pids }, 'All workers were renewed');
  }
}
