/**
 * An MCP client that comes back: whatever breaks, it resumes with the last event id that it has read.
 *
 * It counts instead of hoping: every status, every terminal message and every event is kept.
 *
 * Knows: Streamable HTTP of 2025-11-25 on `node:http`. Does not know: what breaks.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import { readEvents } from './event-frames.js';
import { begin, send } from './http-client.js';
import type { Message } from './inbox.js';
import { Listening } from './resuming-stream.js';

/** Who it is, and how it answers when it is asked. */
export interface ResumingOptions {
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Answers a question; without it questions stay open. */
  readonly onRequest?: (request: Message) => Record<string, unknown>;
}

/** How a call is made. */
export interface CallOptions {
  /** Where the POST goes, when not to the front. */
  readonly at?: string;
  /** False for one that leaves it at the first connection. Default: true. */
  readonly comesBack?: boolean;
  /** When nothing more is hoped for, milliseconds. Default: 60 000. */
  readonly patienceMs?: number;
}

/** Everything that a client has seen of one call. */
export interface Trip {
  readonly id: number;
  /** `unanswered`: the connection broke before the first event. `hung`: nothing came in time. */
  end: 'result' | 'error' | 'refused' | 'unanswered' | 'hung' | 'under way';
  /** Text of the result, or reason of the error. */
  words: string;
  /** HTTP statuses, of the POST first. */
  readonly statuses: number[];
  /** `Retry-After` of the last 503. */
  retryAfter: string | undefined;
  /** Values of its progress, in the order they came. */
  readonly progress: number[];
  /** Events by their ids, in the order they came. */
  readonly events: { readonly id: string | undefined; readonly text: string }[];
  /** Terminal messages that came, those that came again included. */
  readonly terminals: string[];
  resumes: number;
  gaps: number;
  /** `performance.now()` of its end. */
  endedAt: number;
  /** Resolves when the first event is there: from now on it can be resumed. */
  readonly primed: Promise<void>;
  /** Breaks its connection; the client comes back through the front. */
  hangUp(): void;
}

const VERSION = '2025-11-25';

export class ResumingClient {
  sessionId = '';
  /** HTTP statuses of everything that it asked. */
  readonly statuses = new Map<number, number>();
  readonly #url: string;
  readonly #options: ResumingOptions;
  #nextId = 1;

  private constructor(url: string, options: ResumingOptions) {
    this.#url = url;
    this.#options = options;
  }

  /** Shakes hands. */
  static async connect(url: string, options: ResumingOptions = {}): Promise<ResumingClient> {
    const client = new ResumingClient(url, options);
    const answer = await send(url, {
      headers: options.headers,
      body: {
        jsonrpc: '2.0',
        id: 0,
        method: 'initialize',
        params: {
          protocolVersion: VERSION,
          capabilities: { elicitation: {} },
          clientInfo: { name: 'resuming', version: '1.0.0' },
        },
      },
    });
    const id = answer.headers['mcp-session-id'];
    if (typeof id !== 'string') throw new Error(`initialize: ${answer.status} ${answer.text}`);
    client.sessionId = id;
    const status = await client.post({ jsonrpc: '2.0', method: 'notifications/initialized' });
    if (status !== 202) throw new Error(`initialized: ${status}`);
    return client;
  }

  get headers(): Record<string, string> {
    return {
      ...this.#options.headers,
      'Mcp-Session-Id': this.sessionId,
      'MCP-Protocol-Version': VERSION,
    };
  }

  /** Posts what wants no answer; resolves with the status. */
  async post(body: unknown, at = this.#url): Promise<number> {
    const { status } = await send(at, { headers: this.headers, body });
    this.#count(status);
    return status;
  }

  /** Calls a tool; the trip ends when `finished` resolves. */
  call(
    name: string,
    args: object,
    options: CallOptions = {},
  ): { trip: Trip; finished: Promise<Trip> } {
    const id = this.#nextId;
    this.#nextId += 1;
    let prime = () => {};
    const primed = new Promise<void>((resolve) => {
      prime = resolve;
    });
    const trip: Trip = {
      ...{ id, end: 'under way', words: '', statuses: [], retryAfter: undefined, progress: [] },
      ...{ events: [], terminals: [], resumes: 0, gaps: 0, endedAt: 0, primed, hangUp: () => {} },
    };
    const params = { name, arguments: args, _meta: { progressToken: id } };
    const message = { jsonrpc: '2.0', id, method: 'tools/call', params };
    const finished = this.#travel(trip, message, options, prime).then(() => {
      trip.endedAt = performance.now();
      prime();
      return trip;
    });
    return { trip, finished };
  }

  /** Calls a tool and waits. */
  ask(name: string, args: object, options?: CallOptions): Promise<Trip> {
    return this.call(name, args, options).finished;
  }

  /** Reads a call's stream again from its first event; the terminal messages that it holds now. */
  async reread(trip: Trip, at = this.#url): Promise<{ status: number; terminals: string[] }> {
    const first = trip.events.find(({ id }) => id !== undefined)?.id;
    if (first === undefined) throw new Error(`call ${trip.id} has no event id`);
    const headers = { ...this.headers, Accept: 'text/event-stream', 'Last-Event-ID': first };
    const { status, text } = await send(at, { method: 'GET', headers });
    const terminals = readEvents(text)
      .events.flatMap(({ data }) => (data ? [JSON.parse(data) as Message] : []))
      .filter((message) => message.id === trip.id && message.method === undefined);
    return { status, terminals: terminals.map((message) => JSON.stringify(message)) };
  }

  /** Opens the session's own stream, first at `at`, and keeps it open. */
  listen(at = this.#url): Listening {
    return new Listening(
      [at, this.#url],
      () => this.headers,
      (status) => this.#count(status),
    );
  }

  /** Ends the session; resolves with the status. */
  async delete(at = this.#url): Promise<number> {
    const { status } = await send(at, { method: 'DELETE', headers: this.headers });
    this.#count(status);
    return status;
  }

  #count(status: number): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
  }

  async #travel(trip: Trip, message: object, options: CallOptions, prime: () => void) {
    const { at = this.#url, comesBack = true, patienceMs = 60_000 } = options;
    const giveUpAt = performance.now() + patienceMs;
    let after = await this.#leg(trip, { url: at, body: message }, giveUpAt, prime);
    if (trip.end === 'under way' && (after === undefined || !comesBack)) trip.end = 'unanswered';
    while (trip.end === 'under way') {
      if (performance.now() > giveUpAt) {
        trip.end = 'hung';
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, this.retryMs));
      trip.resumes += 1;
      after = (await this.#leg(trip, { url: this.#url, after }, giveUpAt, prime)) ?? after;
    }
  }

  /** What the server has asked to wait before coming back, milliseconds. */
  retryMs = 1_000;

  /** One connection, read to its end; the last event id on it. */
  async #leg(
    trip: Trip,
    { url, body, after }: { url: string; body?: object; after?: string },
    giveUpAt: number,
    prime: () => void,
  ): Promise<string | undefined> {
    const headers = {
      ...this.headers,
      ...(body === undefined && { Accept: 'text/event-stream', 'Last-Event-ID': after }),
    };
    const method = body === undefined ? 'GET' : 'POST';
    const leg = new AbortController();
    trip.hangUp = () => leg.abort();
    const patience = setTimeout(trip.hangUp, Math.max(1, giveUpAt - performance.now()));
    try {
      const answer = await begin(url, { method, headers, body, signal: leg.signal });
      const status = answer.statusCode ?? 0;
      trip.statuses.push(status);
      this.#count(status);
      await this.#read(trip, answer, body !== undefined, prime);
    } catch {
      // The connection broke: what was read counts.
    } finally {
      clearTimeout(patience);
    }
    return lastId(trip);
  }

  async #read(trip: Trip, answer: IncomingMessage, isPost: boolean, prime: () => void) {
    answer.setEncoding('utf8');
    const isStream = answer.headers['content-type']?.startsWith('text/event-stream') === true;
    let text = '';
    for await (const chunk of answer) {
      text += chunk;
      if (!isStream) continue;
      const { events, rest } = readEvents(text);
      text = rest;
      for (const event of events) {
        if (event.retry !== undefined) this.retryMs = Number(event.retry);
        if (event.event === 'gap') trip.gaps += 1;
        if (event.id !== undefined || event.data) {
          trip.events.push({ id: event.id, text: event.data ?? '' });
        }
        if (event.data && event.event !== 'gap') this.#take(trip, JSON.parse(event.data));
      }
      if (lastId(trip) !== undefined) prime();
    }
    if (!isStream) this.#refusedOrAnswered(trip, answer, text, isPost);
  }

  /** A body that is no stream. Of a resume, only what will not be otherwise later is an end. */
  #refusedOrAnswered(trip: Trip, answer: IncomingMessage, text: string, isPost: boolean): void {
    const status = answer.statusCode ?? 0;
    if (status === 503) trip.retryAfter = answer.headers['retry-after'];
    if (status === 200) return this.#take(trip, JSON.parse(text));
    if (!isPost && status === 503) return;
    trip.end = 'refused';
    trip.words = reasonIn(text);
  }

  #take(trip: Trip, message: Message): void {
    if (message.method === 'notifications/progress') {
      trip.progress.push(Number(message.params?.progress));
    }
    if (message.method !== undefined) {
      const { onRequest } = this.#options;
      if (message.id === undefined || onRequest === undefined) return;
      const body = { jsonrpc: '2.0', id: message.id, result: onRequest(message) };
      this.post(body).catch(() => {});
      return;
    }
    if (message.id !== trip.id) return;
    trip.terminals.push(JSON.stringify(message));
    trip.end = message.error === undefined ? 'result' : 'error';
    trip.words = wordsOf(message);
  }
}

const lastId = ({ events }: Trip): string | undefined =>
  events.findLast(({ id }) => id !== undefined)?.id;

function reasonIn(text: string): string {
  try {
    return wordsOf(JSON.parse(text));
  } catch {
    return text.slice(0, 200);
  }
}

function wordsOf({ error, result }: Message): string {
  if (error !== undefined) return (error.data as { reason?: string })?.reason ?? error.message;
  return (result as { content?: [{ text: string }] })?.content?.[0].text ?? '';
}
