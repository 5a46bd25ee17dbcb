/**
 * One deadline for every command, on one timer.
 *
 * Time is counted in beats of that timer, not read from a clock: a process that was paused does not take
 * what has arrived meanwhile for late.
 *
 * Knows: promises and beats. Does not know: Redis.
 *
 * @module
 */
import { McpRouterError, StoreError } from '../errors.js';

const BEAT_MS = 100;
/** Commands that were given up and may still be answered; with more, nothing new is sent. */
const MAX_OVERDUE = 10_000;

/** A command that is waited for. */
export interface Pending {
  /** True once its deadline has passed. */
  isOver: boolean;
}

interface Waiting extends Pending {
  readonly name: string;
  readonly until: number;
  readonly reject: (error: StoreError) => void;
}

/** Gives up what takes longer than `ms`; accurate to a tenth of a second. */
export class Deadlines {
  readonly #ms: number;
  readonly #beats: number;
  /** In the order of their deadlines. */
  readonly #waiting = new Set<Waiting>();
  #timer: NodeJS.Timeout | undefined;
  #beat = 0;
  #overdue = 0;

  constructor(ms: number) {
    this.#ms = ms;
    this.#beats = Math.max(1, Math.ceil(ms / BEAT_MS));
  }

  /**
   * What `work` resolves with; rejects with a {@link StoreError} when that takes too long or `work` rejects.
   *
   * @param late - takes what `work` resolved with after its deadline.
   */
  within<T>(
    name: string,
    work: (pending: Pending) => Promise<T>,
    late?: (reply: T) => void,
  ): Promise<T> {
    if (this.#overdue >= MAX_OVERDUE) return Promise.reject(this.#overdueError(name));
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { name, until: this.#beat + this.#beats, isOver: false, reject };
      this.#waiting.add(waiting);
      this.#timer ??= setInterval(() => this.#onBeat(), BEAT_MS).unref();
      work(waiting).then(
        (reply) => {
          if (this.#settles(waiting)) resolve(reply);
          else late?.(reply);
        },
        (error: unknown) => {
          if (this.#settles(waiting)) reject(refusal(name, error));
        },
      );
    });
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** False when the deadline was first. */
  #settles(waiting: Waiting): boolean {
    if (this.#waiting.delete(waiting)) return true;
    this.#overdue -= 1;
    return false;
  }

  #onBeat(): void {
    this.#beat += 1;
    if (this.#waiting.size === 0) this.stop();
    for (const waiting of this.#waiting) {
      if (waiting.until >= this.#beat) return;
      this.#waiting.delete(waiting);
      waiting.isOver = true;
      this.#overdue += 1;
      waiting.reject(this.#overdueError(waiting.name));
    }
  }

  #overdueError(name: string): StoreError {
    return new StoreError(
      `Redis: expected an answer to "${name}" within ${this.#ms} ms, got none.`,
    );
  }
}

/** An error of a client library as ours: its first word says what Redis refused, the rest may quote. */
export function refusal(name: string, cause: unknown): McpRouterError {
  if (cause instanceof McpRouterError) return cause;
  const said =
    cause instanceof Error ? (/^[A-Z]{3,}\b/.exec(cause.message)?.[0] ?? cause.name) : 'nothing';
  if (cause instanceof Error) withoutArguments(cause);
  return new StoreError(`Redis: expected an answer to "${name}", got ${said}.`, { cause });
}

/** ioredis hangs the whole command on its errors, and a logger would print it. */
function withoutArguments(error: Error): void {
  if ('command' in error) Reflect.deleteProperty(error, 'command');
}
