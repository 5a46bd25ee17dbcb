/**
 * The place of one worker: it is filled again when its worker ends unasked.
 *
 * Knows: which worker serves, and when the next one is due. Does not know: the other places, processes.
 *
 * @module
 */
import { McpRouterError } from '../lib/errors.js';
import type { Logger } from '../lib/log.js';
import { BackOff } from './back-off.js';
import type { Ending, Order, WorkerProcess } from './cluster.js';

export class WorkerSlot {
  readonly #fork: () => WorkerProcess;
  readonly #deadlineMs: number;
  readonly #logger: Logger;
  readonly #backOff = new BackOff();
  #worker: WorkerProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #phase: 'open' | 'renewing' | 'closed' = 'open';

  /** @param deadlineMs - how long a worker that is replaced may take for what it has begun. */
  constructor(fork: () => WorkerProcess, deadlineMs: number, logger: Logger) {
    this.#fork = fork;
    this.#deadlineMs = deadlineMs;
    this.#logger = logger;
  }

  /** The worker that serves now. */
  get pid(): number | undefined {
    return this.#worker?.pid;
  }

  /** Starts the first worker; returns the URL that it is bound to. */
  async fill(): Promise<string> {
    const worker = this.#fork();
    const bound = await worker.listening;
    this.#place(worker);
    return bound;
  }

  /** Starts another worker and, when it listens, hands over to it; until then nothing changes. */
  async renew(): Promise<void> {
    if (this.#phase === 'closed') throw closed();
    this.#phase = 'renewing';
    clearTimeout(this.#timer);
    const old = await this.#renewed();
    await old?.dismiss(this.#handOver);
  }

  /** Lets nobody in any more. */
  close(): void {
    this.#phase = 'closed';
    clearTimeout(this.#timer);
  }

  #place(worker: WorkerProcess): void {
    const since = performance.now();
    this.#worker = worker;
    void worker.ended.then((ending) => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#retry(performance.now() - since, { worker: worker.pid, ...ending });
    });
  }

  #retry(livedMs: number, told: Partial<Ending> & { worker?: number; err?: unknown }): void {
    if (this.#phase !== 'open') return;
    const inMs = this.#backOff.next(livedMs);
    this.#logger.error({ ...told, inMs }, 'A worker ended; another one is started');
    this.#timer = setTimeout(() => void this.#refill(), inMs);
  }

  async #refill(): Promise<void> {
    try {
      const worker = this.#fork();
      await worker.listening;
      if (this.#phase === 'open' && this.#worker === undefined) this.#place(worker);
      else await worker.dismiss(this.#handOver);
    } catch (err) {
      this.#retry(0, { err });
    }
  }

  /** The worker that has been replaced. */
  async #renewed(): Promise<WorkerProcess | undefined> {
    try {
      const next = this.#fork();
      await next.listening;
      const old = this.#worker;
      this.#place(next);
      return old;
    } finally {
      if (this.#phase === 'renewing') this.#phase = 'open';
      if (this.#worker === undefined) this.#retry(0, {});
    }
  }

  get #handOver(): Order {
    return { to: 'hand-over', delayMs: 0, deadlineMs: this.#deadlineMs };
  }
}

const closed = () =>
  new McpRouterError('ERR_MCP_CLOSED', 'serve: expected a server that runs, got one that ended.');
