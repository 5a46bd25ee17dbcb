/**
 * Comments that keep quiet event streams open through proxies, and the end of readers that stopped reading.
 *
 * Knows: the open connections of one endpoint; one timer serves them all.
 * Does not know: what else is written to them.
 *
 * @module
 */
import { KEEP_ALIVE } from '../protocol/sse.js';
import type { EventSink } from './exchange.js';

/** A reader that has been behind for so long is gone, or wants us to keep what it will not read. */
export const STALLED_MS = 60_000;

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
    for (const sink of this.#sinks) {
      if (sink.behindMs > STALLED_MS) sink.destroy();
      else sink.write(KEEP_ALIVE);
    }
  }
}
