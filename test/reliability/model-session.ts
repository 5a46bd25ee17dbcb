/**
 * A session as it has to be, with its calls and its questions.
 *
 * Knows: what a session has, and when it is busy. Does not know: what happens to it.
 *
 * @module
 */
import type { ModelPost } from './model-post.js';
import type { ModelStream } from './model-stream.js';

/** A call of `act`; it runs until it is over. */
export interface ModelCall {
  readonly label: string;
  readonly id: number;
  readonly session: ModelSession;
  /** The POST that it came with, alone or with others. */
  readonly post: ModelPost;
  isOver: boolean;
  /** Its server is closed: what it still says reaches nobody. */
  isMute: boolean;
}

/** A question to a client. */
export interface ModelQuestion {
  readonly label: string;
  readonly session: ModelSession;
  /** What the asker hears in the end; undefined while it waits. */
  outcome: { readonly words: string } | 'error' | undefined;
}

export class ModelSession {
  readonly nonce: string;
  readonly user: string | undefined;
  readonly version: string;
  /** `asleep`: its record is gone, its sealed id can wake it. */
  life: 'live' | 'asleep' | 'gone' = 'live';
  /** Unused for so long that it is idle, unless it is busy. */
  isStale = false;
  standalone: ModelStream | undefined;
  readonly streams: ModelStream[] = [];
  readonly posts: ModelPost[] = [];
  readonly calls: ModelCall[] = [];
  readonly questions: ModelQuestion[] = [];
  #told = 0;
  #requests = 0;

  constructor(nonce: string, user: string | undefined, version: string) {
    this.nonce = nonce;
    this.user = user;
    this.version = version;
  }

  /** Takes events without data, and comes back to connections that are closed early. */
  get isPolling(): boolean {
    return this.version >= '2025-11-25';
  }

  get allowsBatches(): boolean {
    return this.version === '2025-03-26';
  }

  get running(): ModelCall[] {
    return this.calls.filter(({ isOver }) => !isOver);
  }

  get isBusy(): boolean {
    return (
      this.running.length > 0 ||
      this.standalone?.connection !== undefined ||
      this.questions.some(({ outcome }) => outcome === undefined)
    );
  }

  /** Every client counts its requests from 0, so that ids are the same everywhere. */
  nextRequest(): number {
    this.#requests += 1;
    return this.#requests - 1;
  }

  /** Words that are said once, and by nobody else. */
  words(what: string): string {
    this.#told += 1;
    return `${this.nonce} ${what} ${this.#told}`;
  }
}
