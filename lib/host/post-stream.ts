/**
 * The answer to one POST that carries requests: a JSON body, or an event stream.
 *
 * Knows: when to answer as JSON and when to open the stream, and when all calls are answered.
 * Does not know: sessions, servers, what the messages say, how events are kept.
 *
 * @module
 */
import { SSE_HEADERS } from '../protocol/sse.js';
import type { CallPort } from './call.js';
import type { Deadlines } from './deadlines.js';
import type { EventStream } from './event-stream.js';
import type { EventSink, Reply } from './exchange.js';
import { andThen, type Later } from './later.js';

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
  /** Whether the client comes back to a connection that was closed early. */
  readonly allowsPolling: boolean;
  /** Begins the event stream, when there is to be one. */
  begin(): EventStream;
  /** The event stream is over, and all of it is kept. */
  ended(stream: EventStream): void;
}

/** `streaming` lasts until the last answer, with a connection or without. */
type Phase = 'pending' | 'streaming' | 'gone' | 'done';

export class PostStream implements CallPort {
  readonly #reply: Reply;
  readonly #options: PostStreamOptions;
  #phase: Phase = 'pending';
  #events: EventStream | undefined;
  #sink: EventSink | undefined;
  #open: number;
  #answers: string[] | undefined;

  constructor(reply: Reply, options: PostStreamOptions) {
    this.#reply = reply;
    this.#options = options;
    this.#open = options.calls;
    reply.onAbort(() => this.#leave());
    if (options.mode === 'sse') this.startStreaming();
    if (options.mode === 'auto') options.patience.add(this);
  }

  get isOpen(): boolean {
    if (this.#events !== undefined) return this.#events.isOpen;
    return this.#phase === 'pending' && this.#options.mode !== 'json';
  }

  send(json: string): Later<void> {
    if (!this.isOpen) return undefined;
    this.startStreaming();
    return this.#events?.send(json);
  }

  answer(json: string): void {
    this.#open -= 1;
    if (this.#events !== undefined) void this.#events.send(json, true);
    else if (this.#phase === 'pending' && this.#options.isBatch) {
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

  /** Closes the connection and not the calls: the client comes back for the rest (SEP-1699). */
  closeConnection(retryMs?: number): void {
    if (this.#options.mode === 'json' || !this.#options.allowsPolling) return;
    this.startStreaming();
    this.#events?.close(retryMs);
  }

  #finishIfComplete(): void {
    if (this.#open > 0) return;
    if (this.#phase === 'pending') this.#finishAsJson(`[${this.#answers?.join(',') ?? ''}]`);
    const events = this.#events;
    if (this.#phase !== 'streaming' || events === undefined) return;
    this.#phase = 'done';
    void andThen(events.end(), () => this.#options.ended(events));
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
    this.#events = this.#options.begin();
    this.#sink = this.#reply.stream(SSE_HEADERS);
    this.#events.connect(this.#sink);
    for (const answer of this.#answers ?? []) void this.#events.send(answer, true);
  }

  /** The client is gone; the call goes on (2025-11-25 transports: disconnection is not cancellation). */
  #leave(): void {
    if (this.#sink !== undefined) this.#events?.disconnect(this.#sink);
    if (this.#phase !== 'pending') return;
    this.#options.patience.delete(this);
    this.#phase = 'gone';
  }
}
