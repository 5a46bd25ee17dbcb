/**
 * A session while something of it is open: calls, questions, the GET stream.
 *
 * It is made for the first of them and let go after the last; what lasts is the record.
 *
 * Knows: what is open. Does not know: how the record is stored, HTTP.
 *
 * @module
 */
import { CODES, errorResponse, type RequestId } from '../protocol/json-rpc.js';
import type { LoggingLevel } from '../protocol/logging.js';
import type { SessionRecord } from '../store/port.js';
import type { Call } from './call.js';
import type { Client } from './client.js';
import type { EventStream } from './event-stream.js';
import type { Later } from './later.js';
import type { Multiplexer } from './multiplexer.js';
import type { Question } from './questions.js';
import type { Roaming } from './roaming.js';
import type { Standalone } from './standalone.js';

/** A call and the server that runs it. */
interface RunningCall {
  readonly call: Call;
  readonly server: Multiplexer;
}

const SESSION_ENDED = {
  code: CODES.server,
  message: 'The session has ended',
  data: { reason: 'session_ended' },
};

export class LiveSession implements Client {
  readonly record: SessionRecord;
  readonly isNobody = false;
  readonly calls = new Map<RequestId, RunningCall>();
  /** Requests that are being looked at; they keep the session live. */
  pins = 0;
  /** False while the client has a stream and no handshake yet: nothing is sent to it on its own. */
  isReady = true;
  /** What stands for the session where its id must not be seen; filled in by who needs it. */
  digest: string | undefined;
  /** Set while its GET stream is read by a caller who may not hear everything. */
  mayHear: ((uri: string) => Later<boolean>) | undefined;
  /** What the session is to other instances; absent where there are none. */
  readonly roaming: Roaming | undefined;
  #questions: Map<string, Question> | undefined;
  #streams: Map<string, EventStream> | undefined;
  #standalone: Standalone | undefined;
  #waiting: Set<(stream: Standalone) => void> | undefined;

  constructor(record: SessionRecord, roaming?: (session: LiveSession) => Roaming) {
    this.record = record;
    this.roaming = roaming?.(this);
  }

  get contextId(): string {
    return this.record.id;
  }

  get principal(): string | undefined {
    return this.record.principal;
  }

  get identity() {
    return this.record.client;
  }

  get logLevel(): LoggingLevel | undefined {
    return this.record.logLevel;
  }

  get standalone(): Standalone | undefined {
    const stream = this.#standalone ?? this.roaming?.stream;
    return this.isReady && stream?.isOpen === true ? stream : undefined;
  }

  get instance(): string | undefined {
    return this.roaming?.instance;
  }

  /** True while its GET stream is read here, or waits here for its client to come back. */
  get listensHere(): boolean {
    return this.#standalone !== undefined;
  }

  /** Streams of POSTs whose calls still run, or whose end is not kept yet, by name. */
  get streams(): Map<string, EventStream> {
    this.#streams ??= new Map();
    return this.#streams;
  }

  get questions(): Map<string, Question> {
    this.#questions ??= new Map();
    return this.#questions;
  }

  /** True while its GET stream, which could be opened at any instance, is here. */
  get roamsHere(): boolean {
    return this.#standalone !== undefined && this.#standalone === this.roaming?.stream;
  }

  /** False when its client is at another instance now. */
  get mayComeBack(): boolean {
    return this.roaming === undefined || this.record.listener === this.roaming.instance;
  }

  /** True when nothing is open, not even a stream that its client may come back to. */
  get isIdle(): boolean {
    return !this.isBusy && this.#standalone === undefined;
  }

  /** True while a request is served or its answer kept, a question is open or a client listens. */
  get isBusy(): boolean {
    return !(
      this.pins === 0 &&
      this.calls.size === 0 &&
      (this.#streams === undefined || this.#streams.size === 0) &&
      !(this.isReady && this.#standalone?.isConnected === true) &&
      (this.#questions === undefined || this.#questions.size === 0) &&
      (this.#waiting === undefined || this.#waiting.size === 0)
    );
  }

  /** The session's GET stream; a second one takes the place of the first. */
  attach(stream: Standalone): void {
    const before = this.#standalone;
    this.#standalone = stream;
    if (before !== stream) before?.end();
    for (const resolve of this.#waiting ?? []) resolve(stream);
  }

  /** Tells the client that listens here what is told to everybody. */
  hear(json: string, revision?: number): void {
    if (!this.isReady) return;
    if (this.#standalone === this.roaming?.stream) this.roaming?.stream.broadcast(json, revision);
    else void this.#standalone?.send(json);
  }

  /** Nobody reads the GET stream, and nobody will. */
  detach(): void {
    const stream = this.#standalone;
    this.#standalone = undefined;
    stream?.end();
  }

  standaloneWithin(waitMs: number): Promise<Standalone | undefined> {
    const { standalone } = this;
    if (standalone !== undefined || waitMs === 0) return Promise.resolve(standalone);
    this.#waiting ??= new Set();
    const waiting = this.#waiting;
    return new Promise((resolve) => {
      const settle = (stream?: Standalone) => {
        clearTimeout(timer);
        stopLooking?.();
        waiting.delete(settle);
        resolve(stream);
      };
      const timer = setTimeout(settle, waitMs, undefined);
      timer.unref();
      waiting.add(settle);
      const stopLooking = this.roaming?.look(() => this.standalone && settle(this.standalone));
    });
  }

  /** The session is over: ends its calls and questions with an error, and its stream. */
  end(): void {
    for (const { call, server } of [...this.calls.values()]) server.fail(call, SESSION_ENDED);
    for (const question of [...(this.#questions?.values() ?? [])]) {
      question.answer(errorResponse(SESSION_ENDED));
    }
    this.detach();
  }
}
