/**
 * The answer to one POST that carries requests: a JSON body, or an event stream.
 *
 * Knows: when to answer as JSON and when to open the stream, and when all calls are answered.
 * Does not know: sessions, servers, what the messages say. The event log of resumable streams
 * takes its place here and in `standalone-stream.ts`: every event passes through one of the two.
 *
 * @module
 */
import { messageEvent, SSE_HEADERS } from '../protocol/sse.js';
import type { CallPort } from './call.js';
import type { Deadlines } from './deadlines.js';
import type { EventSink, Reply } from './exchange.js';
import type { KeepAlive } from './keep-alive.js';

/** `auto`: JSON when the answer is there in time and nothing was sent before it. */
export type AnswerMode = 'auto' | 'json' | 'sse';

/** How a POST is answered. */
export interface PostStreamOptions {
  readonly mode: AnswerMode;
  /** In mode `auto`, opens the stream when the answer takes too long. */
  readonly patience: Deadlines<PostStream>;
  /** Responses to wait for. */
  readonly calls: number;
  /** Answers to a batch are an array. */
  readonly isBatch: boolean;
}

type Phase = 'pending' | 'streaming' | 'gone' | 'done';

export class PostStream implements CallPort {
  readonly #reply: Reply;
  readonly #options: PostStreamOptions;
  readonly #keepAlive: KeepAlive;
  #phase: Phase = 'pending';
  #sink: EventSink | undefined;
  #open: number;
  #answers: string[] | undefined;

  constructor(reply: Reply, keepAlive: KeepAlive, options: PostStreamOptions) {
    this.#reply = reply;
    this.#keepAlive = keepAlive;
    this.#options = options;
    this.#open = options.calls;
    reply.onAbort(() => this.#leave());
    if (options.mode === 'sse') this.startStreaming();
    if (options.mode === 'auto') options.patience.add(this);
  }

  get isOpen(): boolean {
    if (this.#phase === 'streaming') return true;
    return this.#phase === 'pending' && this.#options.mode !== 'json';
  }

  send(json: string): void {
    if (!this.isOpen) return;
    this.startStreaming();
    this.#write(messageEvent(json));
  }

  answer(json: string): void {
    this.#open -= 1;
    if (this.#phase === 'streaming') this.#write(messageEvent(json));
    if (this.#phase === 'pending' && this.#options.isBatch) {
      this.#answers ??= [];
      this.#answers.push(json);
    } else if (this.#phase === 'pending') {
      this.#finishAsJson(json);
    }
    this.#finishIfComplete();
  }

  abandon(): void {
    this.#open -= 1;
    // The client asked for no answer; HTTP still wants one, and an event stream may be empty.
    if (this.#open === 0 && this.#answers === undefined) this.startStreaming();
    this.#finishIfComplete();
  }

  #finishIfComplete(): void {
    if (this.#open > 0) return;
    if (this.#phase === 'pending') this.#finishAsJson(`[${this.#answers?.join(',') ?? ''}]`);
    if (this.#phase !== 'streaming') return;
    this.#phase = 'done';
    if (this.#sink !== undefined) this.#keepAlive.delete(this.#sink);
    this.#sink?.end();
  }

  #finishAsJson(body: string): void {
    this.#options.patience.delete(this);
    this.#phase = 'done';
    this.#reply.json(200, body);
  }

  /** Opens the event stream, if nothing was answered yet. */
  startStreaming(): void {
    if (this.#phase !== 'pending') return;
    this.#options.patience.delete(this);
    this.#phase = 'streaming';
    this.#sink = this.#reply.stream(SSE_HEADERS);
    this.#keepAlive.add(this.#sink);
    for (const answer of this.#answers ?? []) this.#write(messageEvent(answer));
  }

  #write(frames: string): void {
    this.#sink?.write(frames);
  }

  /** The client is gone; the call goes on (2025-11-25 transports: disconnection is not cancellation). */
  #leave(): void {
    if (this.#phase === 'done') return;
    this.#options.patience.delete(this);
    this.#phase = 'gone';
    if (this.#sink !== undefined) this.#keepAlive.delete(this.#sink);
  }
}
