/**
 * An endpoint's life: open, draining, closed; and the calls that an end has to wait for.
 *
 * Knows: which calls run. Does not know: sessions, HTTP.
 *
 * @module
 */
import type { Call } from './call.js';
import type { Multiplexer } from './multiplexer.js';
import { SHUTTING_DOWN } from './multiplexer.js';

/** How an endpoint goes away. */
export interface DrainOptions {
  /** Milliseconds between turning `/readyz` red and refusing requests. Default: 0. */
  readonly delayMs?: number;
  /** Milliseconds that running calls are given after that. Default: 10 000. */
  readonly deadlineMs?: number;
}

export type Phase = 'open' | 'leaving' | 'draining' | 'closed';

/** Milliseconds that a drain is given when nothing is said. */
export const DEFAULT_DEADLINE_MS = 10_000;

export class Lifecycle {
  phase: Phase = 'open';
  readonly #running = new Map<Call, Multiplexer>();
  #whenIdle: (() => void) | undefined;
  #draining: Promise<void> | undefined;

  /** True while new requests are served. */
  get isServing(): boolean {
    return this.phase === 'open' || this.phase === 'leaving';
  }

  /** A call began; it is forgotten when it is over. */
  start(call: Call, server: Multiplexer): void {
    this.#running.set(call, server);
  }

  /** A call is over. */
  finish(call: Call): void {
    this.#running.delete(call);
    if (this.#running.size === 0) this.#whenIdle?.();
  }

  /** The calls that run now. */
  get running(): Iterable<Call> {
    return this.#running.keys();
  }

  /**
   * Refuses new requests, waits for running calls, ends those that take too long; once.
   *
   * @param handOff - called when new requests are refused.
   */
  drain(options: DrainOptions, handOff: () => void = () => {}): Promise<void> {
    this.#draining ??= this.#drain(options, handOff);
    return this.#draining;
  }

  async #drain(
    { delayMs = 0, deadlineMs = DEFAULT_DEADLINE_MS }: DrainOptions,
    handOff: () => void,
  ): Promise<void> {
    if (this.phase === 'closed') return;
    this.phase = 'leaving';
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (this.phase === 'leaving') this.phase = 'draining';
    handOff();
    await this.#idleWithin(deadlineMs);
    this.failRunning();
  }

  /** Gives every running call its definite error. */
  failRunning(): void {
    for (const [call, server] of [...this.#running]) server.fail(call, SHUTTING_DOWN);
  }

  #idleWithin(deadlineMs: number): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, deadlineMs);
      this.#whenIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
