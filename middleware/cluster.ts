/**
 * Processes that serve one port together: how a primary starts its workers, and what they tell each other.
 *
 * Knows: `node:cluster` and the messages. Does not know: when a worker is started or sent away.
 *
 * @module
 */
import cluster, { type Worker } from 'node:cluster';
import { markedPort, workerMark } from '../lib/env.js';
import { McpRouterError, type McpRouterErrorCode, OptionError } from '../lib/errors.js';

/** What a primary tells a worker to do, and how long it may take. */
export interface Order {
  /** `finish` what runs, and wait for the order to `leave`; `hand-over` to other workers; `close` at once. */
  readonly to: 'finish' | 'hand-over' | 'leave' | 'close';
  readonly delayMs: number;
  readonly deadlineMs: number;
}

/** What a worker tells its primary. */
type Report =
  | { readonly is: 'listening'; readonly bound: string }
  | { readonly is: 'finished' }
  | { readonly is: 'failed'; readonly code: string | undefined; readonly message: string };

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
}

/** Sets our messages apart from the script's own. */
const KEY = 'expressMcpRouter';

/** How long a worker may live on for what its script still has to do, when it serves no more. */
const LINGER_MS = 3_000;
/** How much longer than it was given a worker may take before it is killed. */
const GRACE_MS = 5_000;
/** A longer timer fires at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** What a process is to the port. */
export type Role = 'alone' | 'primary' | 'worker';

/**
 * What this process is, when so many workers are to serve.
 *
 * @throws OptionError in a worker that another program's primary has started.
 */
export function roleIn(workers: number): Role {
  if (workers === 1) return 'alone';
  if (!cluster.isWorker) return 'primary';
  if (markedPort() !== undefined) return 'worker';
  throw new OptionError(
    `workers: expected 1 in a worker of another cluster, got ${workers}. Let one of the two start processes.`,
  );
}

let isTaken = false;

/**
 * Makes sure that a process has one direct server with workers at most: the whole script runs in each worker.
 *
 * @returns what gives the place back.
 * @throws OptionError for the second one.
 */
export function takeCluster(): () => void {
  if (isTaken) {
    throw new OptionError(
      'workers: expected one serve() with workers in a process, got a second one. Start it as a program of its own.',
    );
  }
  isTaken = true;
  return () => {
    isTaken = false;
  };
}

/** A worker, as its primary sees it. */
export class WorkerProcess {
  /** The URL that it is bound to; rejects when it could not start. */
  readonly listening: Promise<string>;
  /** Resolves when it has nothing to do any more, or is gone. */
  readonly finished: Promise<unknown>;
  readonly ended: Promise<Ending>;
  readonly #worker: Worker;
  #isListening = false;

  private constructor(worker: Worker) {
    this.#worker = worker;
    this.ended = new Promise((resolve) => {
      worker.once('exit', (code, signal) => resolve({ code, signal }));
      // A process that could not even be spawned has no exit.
      worker.on('error', () => {
        if (worker.process.pid === undefined) resolve({ code: null, signal: null });
      });
    });
    this.listening = new Promise((resolve, reject) => {
      this.#onReport((report) => {
        if (report.is === 'failed') reject(errorOf(report));
        if (report.is !== 'listening') return;
        this.#isListening = true;
        resolve(report.bound);
      });
      void this.ended.then((ending) => reject(endedEarly(ending)));
    });
    this.listening.catch(() => {});
    const finished = new Promise<void>((resolve) => {
      this.#onReport(({ is }) => is === 'finished' && resolve());
    });
    this.finished = Promise.race([finished, this.ended]);
  }

  /** Starts this process's script again, as a worker that will listen on `port`. */
  static fork(port: number): WorkerProcess {
    cluster.schedulingPolicy = cluster.SCHED_RR;
    return new WorkerProcess(cluster.fork(workerMark(port)));
  }

  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  /** Lets it finish what it does; resolves when it has, or is gone, at the latest when it is killed. */
  async finish(order: Order): Promise<void> {
    await this.#obeyed(order, this.finished);
  }

  /** Sends it away; resolves when it is gone, at the latest when it is killed. */
  async dismiss(order: Order): Promise<void> {
    await this.#obeyed(order, this.ended);
  }

  kill(signal: NodeJS.Signals): void {
    this.#worker.process.kill(signal);
  }

  async #obeyed(order: Order, done: Promise<unknown>): Promise<void> {
    const patienceMs = Math.min(order.delayMs + order.deadlineMs + GRACE_MS, MAX_TIMER_MS);
    const timer = setTimeout(() => this.kill('SIGKILL'), patienceMs);
    // One that does not listen yet has nobody to wait for.
    if (!this.#isListening) this.kill('SIGTERM');
    else if (this.#worker.isConnected()) this.#worker.send({ [KEY]: order }, () => {});
    await done;
    clearTimeout(timer);
  }

  #onReport(listener: (report: Report) => void): void {
    this.#worker.on('message', (message: unknown) => {
      const report = read<Report>(message);
      if (report !== undefined) listener(report);
    });
  }
}

/** The primary, as a worker of `serve` sees it. */
export const primary = {
  /** Tells how far this worker is. */
  tell(report: Report): void {
    send(report);
  },

  /** Tells why this worker cannot start, and ends it: the error is thrown by `serve` in the primary. */
  fail(error: unknown): Promise<never> {
    const { code, message = String(error) } = Object(error) as { code?: string; message?: string };
    send({ is: 'failed', code, message }, () => process.exit(1));
    return new Promise(() => {});
  },

  /** Calls `obey` for every order, and `orphaned` when the primary is gone, which would end the process. */
  follow(obey: (order: Order) => void, orphaned: () => void): void {
    process.on('message', (message: unknown) => {
      const order = read<Order>(message);
      if (order !== undefined) obey(order);
    });
    cluster.worker?.once('disconnect', () => {
      if (cluster.worker === undefined || cluster.worker.exitedAfterDisconnect) return;
      cluster.worker.exitedAfterDisconnect = true;
      orphaned();
    });
  },

  /** Lets go of the primary, so that the process ends when the script has nothing else to do, or soon. */
  leave(): void {
    if (cluster.worker?.isConnected()) cluster.worker.disconnect();
    setTimeout(() => process.exit(), LINGER_MS).unref();
  },
};

function send(report: Report, sent: () => void = () => {}): void {
  if (process.connected) process.send?.({ [KEY]: report }, undefined, {}, sent);
  else sent();
}

function read<T>(message: unknown): T | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  return (message as { [KEY]?: T })[KEY];
}

/** An error of a worker, as if it had been thrown here. */
function errorOf({ code, message }: { code: string | undefined; message: string }): Error {
  if (code === 'ERR_MCP_OPTION') return new OptionError(message);
  if (code?.startsWith('ERR_MCP_')) return new McpRouterError(code as McpRouterErrorCode, message);
  return Object.assign(new Error(message), { code });
}

const endedEarly = ({ code, signal }: Ending) =>
  new McpRouterError(
    'ERR_MCP_WORKER',
    `serve: expected every worker to listen, got one that ended with ${signal ?? `code ${code}`}. The whole script runs in each worker, and has to reach serve() there.`,
  );
