/**
 * A session's GET stream: what the server says on its own account.
 *
 * Knows: one open connection. Does not know: which messages belong here.
 *
 * @module
 */
import { messageEvent } from '../protocol/sse.js';
import type { EventSink } from './exchange.js';
import type { KeepAlive } from './keep-alive.js';

export class StandaloneStream {
  readonly #sink: EventSink;
  readonly #keepAlive: KeepAlive;
  #isOpen = true;

  constructor(sink: EventSink, keepAlive: KeepAlive) {
    this.#sink = sink;
    this.#keepAlive = keepAlive;
    keepAlive.add(sink);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  send(json: string): void {
    this.#sink.write(messageEvent(json));
  }

  /** Ends the connection in order. */
  end(): void {
    this.release();
    this.#sink.end();
  }

  /** The client is gone. */
  release(): void {
    this.#isOpen = false;
    this.#keepAlive.delete(this.#sink);
  }
}
