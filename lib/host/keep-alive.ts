/**
 * Comments that keep quiet event streams open through proxies.
 *
 * Knows: the open connections of one endpoint; one timer serves them all.
 * Does not know: what else is written to them.
 *
 * @module
 */
import { KEEP_ALIVE } from '../protocol/sse.js';
import type { EventSink } from './exchange.js';

export class KeepAlive {
  readonly #intervalMs: number;
  readonly #sinks = new Set<EventSink>();
  #timer: NodeJS.Timeout | undefined;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  add(sink: EventSink): void {
    this.#sinks.add(sink);
    this.#timer ??= setInterval(() => this.#beat(), this.#intervalMs).unref();
  }

  delete(sink: EventSink): void {
    this.#sinks.delete(sink);
    if (this.#sinks.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #beat(): void {
    for (const sink of this.#sinks) sink.write(KEEP_ALIVE);
  }
}
