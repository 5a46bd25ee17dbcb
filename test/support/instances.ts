/**
 * Instances of one endpoint, each in a process of its own, and what is done to them.
 *
 * Knows: how the program is started, asked, stopped and killed. Does not know: what is done to its clients.
 *
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { DrainOptions, McpRouterOptions } from 'express-mcp-router';

const PROGRAM = fileURLToPath(new URL('../reliability/instance-program.ts', import.meta.url));
const EXEC_ARGV = ['--expose-gc', '--import', 'tsx'];

/** Client libraries of Redis. */
export type RedisLibrary = 'ioredis' | 'node-redis';

/** Where an instance finds Redis, as its user would say it. */
export interface RedisPlan {
  readonly library: RedisLibrary;
  readonly kind: 'single' | 'cluster' | 'sentinel';
  /** Ports of loopback: one Redis, a Cluster's masters, or the Sentinels. */
  readonly ports: readonly number[];
  /** What the Sentinels call the master. */
  readonly masterName?: string;
}

/** How an instance is built. */
export interface InstancePlan {
  /** Undefined for the memory store. */
  readonly redis?: RedisPlan;
  readonly store?: {
    readonly prefix?: string;
    readonly leaseMs?: number;
    readonly commandMs?: number;
  };
  readonly options?: Pick<
    McpRouterOptions,
    | 'limits'
    | 'responseMode'
    | 'retryIntervalMs'
    | 'secret'
    | 'session'
    | 'upgradeAfterMs'
    | 'keepAliveMs'
  >;
  /** Users, by their tokens; without it the endpoint is open. */
  readonly tokens?: Readonly<Record<string, string>>;
  /** Prefixes of the mounts; each has an endpoint of its own. Default: one at the root. */
  readonly mounts?: readonly string[];
  /** Every session has a server of its own. */
  readonly isFactory?: boolean;
  /** File to which tools write what they do. */
  readonly effects: string;
  /** The app has a login, and calls do what they are told by {@link Instance.order}. */
  readonly hasPuppets?: boolean;
  /** What SIGTERM does. */
  readonly drain?: DrainOptions;
}

/** What an instance tells of itself. */
export interface InstanceAnswers {
  readonly cpu: NodeJS.CpuUsage;
  /** After two garbage collections. */
  readonly memory: NodeJS.MemoryUsage;
  /** Sessions of the first endpoint, on all instances. */
  readonly sessions: number;
  /** Errors that nobody has caught. */
  readonly uncaught: readonly string[];
  /** Everything that was logged as a warning or an error. */
  readonly complaints: readonly string[];
}

/** What a running call of `act` is told to do. */
export interface Order {
  readonly label: string;
  readonly deed: 'report' | 'log' | 'ask' | 'finish' | 'fail';
  readonly words: string;
}

/** What an instance tells by itself: a call has begun, an asker has its answer. */
export type Told =
  | { readonly begun: string }
  | { readonly asked: string; readonly heard: string | undefined };

/** How a process ended. */
export interface InstanceExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Since the signal, milliseconds. */
  readonly tookMs: number;
}

export class Instance {
  readonly name: string;
  readonly origin: string;
  readonly #child: ChildProcess;
  readonly #said: () => string;
  readonly #ended: Promise<unknown>;
  readonly #waiting = new Map<number, (answer: unknown) => void>();
  /** Called with what it tells by itself. */
  onTold: (told: Told) => void = () => {};
  #asked = 0;

  private constructor(name: string, child: ChildProcess, port: number, said: () => string) {
    this.name = name;
    this.origin = `http://127.0.0.1:${port}`;
    this.#child = child;
    this.#said = said;
    this.#ended = once(child, 'exit');
    child.on('message', ({ id, answer, told }: { id: number; answer: unknown; told?: Told }) => {
      if (told !== undefined) this.onTold(told);
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    });
  }

  static async start(name: string, plan: InstancePlan): Promise<Instance> {
    const child = fork(PROGRAM, [name, JSON.stringify(plan)], {
      execArgv: EXEC_ARGV,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let said = '';
    child.stderr?.on('data', (text) => {
      said = (said + text).slice(-4_000);
    });
    const failed = once(child, 'exit').then(() => {
      throw new Error(`Instance ${name} did not start: ${said}`);
    });
    const [{ port }] = await Promise.race([once(child, 'message'), failed]);
    failed.catch(() => {});
    return new Instance(name, child, port, () => said);
  }

  /** The first endpoint. */
  get url(): string {
    return this.urlAt('');
  }

  urlAt(mount: string): string {
    return `${this.origin}${mount}/mcp`;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Throws, with what it wrote last, if the process is gone. */
  requireAlive(): void {
    if (!this.isAlive) throw new Error(`Instance ${this.name} has ended: ${this.#said()}`);
  }

  ask<Q extends keyof InstanceAnswers>(question: Q): Promise<InstanceAnswers[Q]> {
    return this.#request({ question }) as Promise<InstanceAnswers[Q]>;
  }

  /** Resolves when it is done; not when a question is answered. */
  async order(order: Order): Promise<void> {
    await this.#request({ order });
  }

  async #request(message: object): Promise<unknown> {
    this.requireAlive();
    this.#asked += 1;
    const id = this.#asked;
    const answer = new Promise<unknown>((resolve) => {
      this.#waiting.set(id, resolve);
    });
    this.#child.send({ id, ...message });
    const gone = this.#ended.then(() => {
      throw new Error(`Instance ${this.name} has ended: ${this.#said()}`);
    });
    gone.catch(() => {});
    return Promise.race([answer, gone]);
  }

  /** Whether a load balancer would send it anything. */
  async isReady(): Promise<boolean> {
    try {
      const signal = AbortSignal.timeout(1_500);
      const { status, body } = await fetch(`${this.origin}/readyz`, { signal });
      await body?.cancel();
      return status === 200;
    } catch {
      return false;
    }
  }

  /** Ends the process as a power cut does. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** Asks the process to end, and waits for that. */
  async terminate(): Promise<InstanceExit> {
    const began = performance.now();
    this.#child.kill('SIGTERM');
    await this.#ended;
    const { exitCode: code, signalCode: signal } = this.#child;
    return { code, signal, tookMs: performance.now() - began };
  }

  /** Stops the process without its knowledge. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }
}
