/**
 * A server in a process of its own, and questions to it.
 *
 * Knows: how the program is started and asked. Does not know: what is done to the server.
 *
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { MemoryEventStoreOptions, ServeOptions } from 'express-mcp-router';

const PROGRAM = fileURLToPath(new URL('server-program.ts', import.meta.url));
const EXEC_ARGV = ['--expose-gc', '--import', 'tsx'];

/** How the endpoint is served: by `serve()`, before a body parser, or behind one. */
export interface ServerPlan {
  readonly shape: 'direct' | 'app' | 'parser-first';
  readonly options?: Omit<ServeOptions, 'print' | 'store' | 'logger' | 'middleware'>;
  /** Limits of the memory log. */
  readonly log?: MemoryEventStoreOptions;
}

/** What a server tells of itself, and in what form. */
export interface Answers {
  /** After two garbage collections. */
  readonly memory: NodeJS.MemoryUsage;
  /** As it is, without a collection. */
  readonly rssBytes: number;
  /** The most memory that the process ever had. */
  readonly peakBytes: number;
  readonly cpu: NodeJS.CpuUsage;
  /** Sockets, timers and the like that keep its process alive. */
  readonly handles: number;
  readonly timers: number;
  readonly sessions: number;
  /** Milliseconds until no call is running; the server refuses requests afterwards. */
  readonly drained: number;
  /** Members that every object has; there should be none. */
  readonly inherited: string[];
}

export type Question = keyof Answers;

export class ServerUnderTest {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #complaints: () => string;
  readonly #waiting = new Map<number, (answer: unknown) => void>();
  #asked = 0;

  private constructor(child: ChildProcess, port: number, complaints: () => string) {
    this.url = `http://127.0.0.1:${port}/mcp`;
    this.#child = child;
    this.#complaints = complaints;
    this.#ended = once(child, 'exit');
    child.on('message', ({ id, answer }: { id: number; answer: unknown }) => {
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    });
  }

  static async start(plan: ServerPlan): Promise<ServerUnderTest> {
    // As most users run it: NODE_ENV is not set, and Express tells what it can.
    const { NODE_ENV: _, ...env } = process.env;
    const child = fork(PROGRAM, [JSON.stringify(plan)], {
      execArgv: EXEC_ARGV,
      env,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let complaints = '';
    child.stderr?.on('data', (text) => {
      complaints = (complaints + text).slice(-2_000);
    });
    const failed = once(child, 'exit').then(() => {
      throw new Error(`The server did not start: ${complaints}`);
    });
    const [{ port }] = await Promise.race([once(child, 'message'), failed]);
    failed.catch(() => {});
    return new ServerUnderTest(child, port, () => complaints);
  }

  /** Throws, with what it wrote last, if the process is gone. */
  requireAlive(): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) return;
    throw new Error(`The server has ended: ${this.#complaints()}`);
  }

  async ask<Q extends Question>(question: Q): Promise<Answers[Q]> {
    this.requireAlive();
    this.#asked += 1;
    const id = this.#asked;
    const answer = new Promise<Answers[Q]>((resolve) => {
      this.#waiting.set(id, resolve as (answer: unknown) => void);
    });
    this.#child.send({ id, question });
    const gone = this.#ended.then(() => {
      throw new Error(`The server has ended: ${this.#complaints()}`);
    });
    gone.catch(() => {});
    return Promise.race([answer, gone]);
  }

  /** Asks again and again until the answer is as it should be, or the time is over; the last answer. */
  async askUntil<Q extends Question>(
    question: Q,
    isRight: (answer: Answers[Q]) => boolean,
    limitMs: number,
  ): Promise<Answers[Q]> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const answer = await this.ask(question);
      if (isRight(answer) || performance.now() > deadline) return answer;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
  }
}

/** Does `work` with a new server, and ends that whatever happens. */
export async function withServer<T>(
  plan: ServerPlan,
  work: (server: ServerUnderTest) => Promise<T>,
): Promise<T> {
  const server = await ServerUnderTest.start(plan);
  try {
    const done = await work(server);
    server.requireAlive();
    return done;
  } finally {
    await server.stop();
  }
}
