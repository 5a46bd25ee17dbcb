/**
 * An MCP client of the legacy era that does what it is told and nothing else.
 *
 * Every id, token and header is the test's own choice, and every message is kept where it arrived.
 *
 * Knows: Streamable HTTP on `node:http`. Does not know: what the messages mean.
 *
 * @module
 */
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { type RawEvent, readEvents } from './event-frames.js';
import { Inbox, type Message } from './inbox.js';

export type { RawEvent } from './event-frames.js';

/** What a client says of itself, and how it answers when it is asked. */
export interface RawClientOptions {
  readonly name?: string;
  readonly version?: string;
  readonly capabilities?: Record<string, unknown>;
  /** Sent with every request. */
  readonly headers?: Record<string, string>;
  /** Its connections, when they are shared with other clients; they are not closed with this one. */
  readonly agent?: Agent;
  /** Answers a server-to-client request; without it questions stay open. */
  readonly onRequest?: (request: Message) => Record<string, unknown>;
}

/** A request on its way: what came on its own stream, and its HTTP answer. */
export interface RawCall {
  /** Events of this POST's stream, in order; none when the answer is JSON. */
  readonly events: readonly RawEvent[];
  /** Messages of this POST's stream, the response included. */
  readonly inbox: Inbox;
  /** The response to the request; undefined when the answer ended without one. */
  readonly response: Promise<Message | undefined>;
  /** Status and headers, as soon as they are there. */
  readonly head: Promise<IncomingMessage>;
  /** Closes the connection without a word. */
  disconnect(): void;
}

/** A GET stream. */
export interface RawStream {
  readonly inbox: Inbox;
  readonly events: readonly RawEvent[];
  /** Resolves when the server ends the stream. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Further parameters of a request. */
export interface RequestExtras {
  readonly id?: string | number;
  readonly progressToken?: string | number;
  readonly meta?: Record<string, unknown>;
}

const ACCEPT = 'application/json, text/event-stream';

export class RawClient {
  readonly name: string;
  readonly version: string;
  sessionId: string | undefined;
  readonly #url: URL;
  readonly #options: RawClientOptions;
  readonly #agent: Agent;
  #nextId = 0;

  constructor(url: URL | string, options: RawClientOptions = {}) {
    this.#url = new URL(url);
    this.#options = options;
    this.#agent = options.agent ?? new Agent({ keepAlive: true });
    this.name = options.name ?? 'raw';
    this.version = options.version ?? '2025-11-25';
  }

  /** A client that has shaken hands. */
  static async connect(url: URL | string, options: RawClientOptions = {}): Promise<RawClient> {
    const client = new RawClient(url, options);
    await client.initialize();
    await client.notify('notifications/initialized');
    return client;
  }

  /** Sends `initialize` and keeps the session. */
  async initialize(): Promise<Message> {
    const call = this.request('initialize', {
      protocolVersion: this.version,
      capabilities: this.#options.capabilities ?? {},
      clientInfo: { name: this.name, version: '1.0.0' },
    });
    const id = (await call.head).headers['mcp-session-id'];
    const response = await call.response;
    if (response === undefined) throw new Error('initialize was not answered');
    if (typeof id === 'string') this.sessionId = id;
    return response;
  }

  /** Starts a request; ids count from 0 unless one is given. */
  request(method: string, params?: Record<string, unknown>, extras: RequestExtras = {}): RawCall {
    const { id = this.#nextId++, progressToken, meta } = extras;
    const hasMeta = progressToken !== undefined || meta !== undefined;
    const _meta = { ...meta, ...(progressToken !== undefined && { progressToken }) };
    const told = params || hasMeta ? { ...params, ...(hasMeta && { _meta }) } : undefined;
    return this.#exchange({ jsonrpc: '2.0', id, method, params: told }, id);
  }

  /** Calls a tool. */
  callTool(name: string, args: Record<string, unknown> = {}, extras?: RequestExtras): RawCall {
    return this.request('tools/call', { name, arguments: args }, extras);
  }

  /** Sends a request and waits for its response. */
  async ask(
    method: string,
    params?: Record<string, unknown>,
    extras?: RequestExtras,
  ): Promise<Message> {
    const response = await this.request(method, params, extras).response;
    if (response === undefined) throw new Error(`${method} ended without a response`);
    return response;
  }

  /** Sends a notification; resolves with the HTTP status. */
  notify(method: string, params?: Record<string, unknown>): Promise<number> {
    return this.post({ jsonrpc: '2.0', method, params });
  }

  /** Answers a server-to-client request; resolves with the HTTP status. */
  answer(id: string | number | undefined, result: Record<string, unknown>): Promise<number> {
    return this.post({ jsonrpc: '2.0', id, result });
  }

  /** Posts anything that wants no answer; resolves with the HTTP status. */
  async post(message: unknown): Promise<number> {
    const { head, response } = this.#exchange(message, undefined);
    await response;
    return (await head).statusCode ?? 0;
  }

  /** Opens the session's GET stream, or resumes the stream that an event id belongs to. */
  async listen(lastEventId?: string): Promise<RawStream> {
    const inbox = new Inbox();
    const events: RawEvent[] = [];
    const sent = this.#get(lastEventId);
    const head = await sent.head;
    if (head.statusCode !== 200) throw new Error(`GET answered ${head.statusCode}`);
    const ended = this.#read(head, inbox, events).then(() => {});
    return { inbox, events, ended, close: () => sent.request.destroy() };
  }

  /** Asks to resume after an event id, and reads the whole answer: for answers that end. */
  async resume(lastEventId: string): Promise<{ status: number; text: string }> {
    const head = await this.#get(lastEventId).head;
    let text = '';
    for await (const chunk of head.setEncoding('utf8')) text += chunk;
    return { status: head.statusCode ?? 0, text };
  }

  /** Ends the session; resolves with the HTTP status. */
  async delete(): Promise<number> {
    const { request, head } = this.#open('DELETE', ACCEPT);
    request.end();
    const answer = await head;
    answer.resume();
    return answer.statusCode ?? 0;
  }

  /** Closes every connection. */
  close(): void {
    if (this.#options.agent === undefined) this.#agent.destroy();
  }

  #get(lastEventId: string | undefined) {
    const sent = this.#open('GET', 'text/event-stream');
    if (lastEventId !== undefined) sent.request.setHeader('Last-Event-ID', lastEventId);
    sent.request.end();
    return sent;
  }

  #exchange(message: unknown, id: string | number | undefined): RawCall {
    const inbox = new Inbox();
    const events: RawEvent[] = [];
    const { request, head } = this.#open('POST', ACCEPT);
    request.setHeader('Content-Type', 'application/json');
    request.end(JSON.stringify(message));
    const response = head
      .then((answer) => this.#read(answer, inbox, events))
      .then(() =>
        inbox.all.find((read) => id !== undefined && read.id === id && read.method === undefined),
      );
    response.catch(() => {});
    return { inbox, events, response, head, disconnect: () => request.destroy() };
  }

  #open(method: string, accept: string) {
    const { sessionId, version } = this;
    const headers = {
      Accept: accept,
      ...(sessionId !== undefined && {
        'Mcp-Session-Id': sessionId,
        'MCP-Protocol-Version': version,
      }),
      ...this.#options.headers,
    };
    const request = httpRequest(this.#url, { method, headers, agent: this.#agent });
    const head = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve);
      request.once('error', reject);
    });
    head.catch(() => {});
    return { request, head };
  }

  /** Reads an answer to its end, message by message; a connection that breaks is an end too. */
  async #read(answer: IncomingMessage, inbox: Inbox, events: RawEvent[]): Promise<void> {
    answer.setEncoding('utf8');
    const isStream = answer.headers['content-type']?.startsWith('text/event-stream') === true;
    let text = '';
    try {
      for await (const chunk of answer) {
        text += chunk;
        if (isStream) text = this.#takeEvents(text, inbox, events);
      }
    } catch {
      return;
    }
    if (isStream || text === '') return;
    for (const message of [JSON.parse(text)].flat()) this.#take(message, inbox);
  }

  /** Takes the complete events; returns what is left. */
  #takeEvents(text: string, inbox: Inbox, events: RawEvent[]): string {
    const { events: complete, rest } = readEvents(text);
    for (const event of complete) {
      events.push(event);
      if (event.data && (event.event ?? 'message') === 'message') {
        this.#take(JSON.parse(event.data), inbox);
      }
    }
    return rest;
  }

  #take(message: Message, inbox: Inbox): void {
    inbox.push(message);
    const { onRequest } = this.#options;
    if (onRequest === undefined || message.method === undefined || message.id === undefined) return;
    // A test that is over has closed its connections; one that is not sees its call unanswered.
    this.answer(message.id, onRequest(message)).catch(() => {});
  }
}
