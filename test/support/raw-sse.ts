/**
 * A client of HTTP+SSE that does what it is told and nothing else.
 *
 * Knows: one GET stream, and the address that it begins with. Does not know: what the messages mean.
 *
 * @module
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { onTestFinished } from 'vitest';
import { Inbox, type Message } from './inbox.js';
import { type Answer, post } from './raw-request.js';

/** One event as it was framed. */
export interface SseEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
}

/** What a client says of itself, and with every request. */
export interface RawSseOptions {
  readonly version?: string;
  readonly capabilities?: Record<string, unknown>;
  readonly headers?: Record<string, string>;
  /** The request target, as it is. Default: that of the URL. */
  readonly target?: string;
}

export class RawSse {
  readonly events: SseEvent[] = [];
  /** Comments, without their colon. */
  readonly comments: string[] = [];
  readonly inbox = new Inbox();
  /** Resolves when the connection is gone, whoever ended it. */
  readonly ended: Promise<void>;
  /** Where messages go; empty until the stream has said so. */
  messages = '';
  readonly #origin: string;
  readonly #options: RawSseOptions;
  readonly #stream: IncomingMessage;
  #nextId = 0;

  private constructor(url: string, options: RawSseOptions, stream: IncomingMessage) {
    this.#origin = new URL(url).origin;
    this.#options = options;
    this.#stream = stream;
    stream.setEncoding('utf8').once('error', () => {});
    this.ended = new Promise((resolve) => stream.once('close', resolve));
  }

  /** Opens a stream, and waits for the address; closed with the test. */
  static async open(url: string, options: RawSseOptions = {}): Promise<RawSse> {
    const headers = { Accept: 'text/event-stream', ...options.headers };
    const { hostname, port, pathname, search } = new URL(url);
    const { target: path = pathname + search } = options;
    const stream = await new Promise<IncomingMessage>((resolve, reject) => {
      httpRequest({ hostname, port, path, headers, agent: false })
        .once('response', resolve)
        .once('error', reject)
        .end();
    });
    if (stream.statusCode !== 200) throw new Error(`GET answered ${stream.statusCode}`);
    const client = new RawSse(url, options, stream);
    onTestFinished(() => client.close());
    await client.#read();
    return client;
  }

  /** A client that has shaken hands. */
  static async connect(url: string, options: RawSseOptions = {}): Promise<RawSse> {
    const client = await RawSse.open(url, options);
    await client.initialize();
    await client.post({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return client;
  }

  /** The id in the address. */
  get sessionId(): string {
    return new URL(this.messages, this.#origin).searchParams.get('sessionId') ?? '';
  }

  /** Posts anything to the address; resolves with the HTTP answer. */
  post(message: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const all = { ...this.#options.headers, ...headers };
    return post(this.#origin, message, { target: this.messages, headers: all });
  }

  initialize(): Promise<Message> {
    return this.ask('initialize', {
      protocolVersion: this.#options.version ?? '2024-11-05',
      capabilities: this.#options.capabilities ?? {},
      clientInfo: { name: 'raw-sse', version: '1.0.0' },
    });
  }

  /** Sends a request and waits for its response on the stream; ids count from 0. */
  async ask(method: string, params?: Record<string, unknown>): Promise<Message> {
    const id = this.#nextId++;
    const { status, text } = await this.post({ jsonrpc: '2.0', id, method, params });
    if (status !== 202) throw new Error(`POST answered ${status}: ${text}`);
    return this.inbox.until((message) => message.id === id && message.method === undefined);
  }

  callTool(name: string, args: Record<string, unknown> = {}): Promise<Message> {
    return this.ask('tools/call', { name, arguments: args });
  }

  /** Stops reading, and does not hang up. */
  pause(): void {
    this.#stream.pause();
  }

  /** Hangs up. */
  close(): void {
    this.#stream.destroy();
  }

  /** Reads for as long as there is a stream; resolves with the first event. */
  #read(): Promise<void> {
    return new Promise((resolve) => {
      let text = '';
      this.#stream.on('data', (chunk: string) => {
        const blocks = (text + chunk).split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) this.#take(block);
        if (this.events.length > 0) resolve();
      });
    });
  }

  #take(block: string): void {
    if (block.startsWith(':')) {
      this.comments.push(block.slice(1).trim());
      return;
    }
    const fields = block.split('\n').map((line) => /^(\w+): ?(.*)$/.exec(line)?.slice(1) ?? []);
    const event: SseEvent = Object.fromEntries(fields);
    this.events.push(event);
    if (event.event === 'endpoint') this.messages = event.data ?? '';
    if (event.event === 'message') this.inbox.push(JSON.parse(event.data ?? ''));
  }
}
