/**
 * What a session is to other instances.
 *
 * Knows: its claims, its stream, and what this instance's server was told for it.
 * Does not know: how anything travels.
 *
 * @module
 */
import type { RequestId } from '../protocol/json-rpc.js';
import type { RoamingStream } from './roaming-stream.js';

/** A client that waits for another instance's stream asks again after this time, milliseconds. */
const LOOK_MS = 200;
/** An instance notices within a second that the store has lost everything, and may be busy then, milliseconds. */
const UNSURE_MS = 15_000;

export class Roaming {
  /** Names this instance. */
  readonly instance: string;
  /** Tokens under which requests in flight were claimed. */
  readonly claims = new Map<RequestId, string>();
  /** Resources that the server here was told of. */
  readonly told = new Set<string>();
  /** Its record was lost and made again: for a moment nobody knows whether its client listens somewhere. */
  #madeAgainAt = Number.NEGATIVE_INFINITY;
  readonly #open: () => RoamingStream;
  readonly #reload: () => Promise<unknown>;
  #stream: RoamingStream | undefined;

  /**
   * @param open - makes its GET stream, which most calls do without.
   * @param reload - brings the session's record up to date; may reject.
   */
  constructor(instance: string, open: () => RoamingStream, reload: () => Promise<unknown>) {
    this.instance = instance;
    this.#open = open;
    this.#reload = reload;
  }

  /** The store had lost the session. */
  noteLoss(): void {
    this.#madeAgainAt = performance.now();
  }

  /** True while the instance where its client listens may not have told the store so again. */
  get mayListen(): boolean {
    return performance.now() - this.#madeAgainAt < UNSURE_MS;
  }

  get stream(): RoamingStream {
    this.#stream ??= this.#open();
    return this.#stream;
  }

  /** Calls `seen` now and then, after the record was brought up to date; returns what stops it. */
  look(seen: () => void): () => void {
    const timer = setInterval(() => {
      this.#reload().then(seen, () => {});
    }, LOOK_MS);
    timer.unref();
    return () => clearInterval(timer);
  }
}
