/**
 * The connections of clients that do what they are told, and write down all they read.
 *
 * Knows: Streamable HTTP on `node:http`. Does not know: what should come of a request.
 *
 * @module
 */
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { type RawEvent, readEvents } from '../support/event-frames.js';
import type { Message } from '../support/inbox.js';
import type { Ended, Entry } from './history.js';

/** Who sends a request: a session, and what its client says of itself. */
export interface Sender {
  readonly nonce: string;
  readonly sessionId: string | undefined;
  /** The app's user; undefined for an anonymous client. */
  readonly user: string | undefined;
  readonly version: string;
}

/** A request as it is to be sent. */
export interface Sending {
  readonly method: 'POST' | 'GET' | 'DELETE';
  /** A POST's message; more than one are a batch. */
  readonly messages?: readonly Message[];
  /** A GET's `Last-Event-ID`. */
  readonly after?: string;
}

/** Names a connection to the server as well. */
export const CONNECTION_HEADER = 'x-connection';

/** The connections of all clients. */
export class RecordingWire {
  readonly #history: Entry[];
  readonly #agent = new Agent({ keepAlive: true });
  readonly #open = new Set<Connection>();

  /** @param history - where everything is written down. */
  constructor(history: Entry[]) {
    this.#history = history;
  }

  /** Sends a request on a connection of this name. */
  send(url: string, key: string, sender: Sender, sending: Sending): Connection {
    const { sessionId, user, version } = sender;
    const { method, messages = [], after } = sending;
    const body = messages.length === 1 ? messages[0] : messages;
    const request = httpRequest(url, {
      method,
      agent: this.#agent,
      headers: {
        Accept: method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream',
        [CONNECTION_HEADER]: key,
        ...(messages.length > 0 && { 'Content-Type': 'application/json' }),
        ...(sessionId && { 'Mcp-Session-Id': sessionId, 'MCP-Protocol-Version': version }),
        ...(user && { 'X-User': user }),
        ...(after !== undefined && { 'Last-Event-ID': after }),
      },
    });
    request.end(messages.length === 0 ? undefined : JSON.stringify(body));
    const connection = new Connection(key, request, sender.nonce, sending, this.#history);
    this.#open.add(connection);
    return connection;
  }

  close(): void {
    for (const connection of this.#open) connection.drop();
    this.#agent.destroy();
  }
}

export class Connection {
  readonly key: string;
  /** Undefined until the answer has begun. */
  status: number | undefined;
  sessionId: string | undefined;
  /** Everything that was read, in words. */
  readonly lines: string[] = [];
  /** What is common to the ids of its events; undefined without ids. */
  idPrefix: string | undefined;
  /** An answer that is no stream. */
  body = '';
  isEnded = false;
  readonly #request: ClientRequest;
  readonly #history: Entry[];
  #isHeard = true;

  constructor(
    key: string,
    request: ClientRequest,
    nonce: string,
    { messages = [], after }: Sending,
    history: Entry[],
  ) {
    this.key = key;
    this.#request = request;
    this.#history = history;
    request.on('error', () => {});
    request.once('response', (answer) => {
      this.status = answer.statusCode ?? 0;
      this.sessionId = answer.headers['mcp-session-id'] as string | undefined;
      const requests = messages.flatMap((it) => (it.method === undefined ? [] : (it.id ?? [])));
      this.#note({
        ...{ what: 'connected', connection: key, session: nonce, status: this.status },
        ...(requests.length > 0 && { requests }),
        ...(after !== undefined && { after }),
      });
      void this.#read(answer);
    });
    request.once('close', () => this.#end('server'));
  }

  /** Notes nothing from now on: to the server it is as alive as before. */
  deafen(): void {
    this.#end('client');
    this.isEnded = false;
    this.#isHeard = false;
  }

  /** Closes the connection without a word. */
  drop(): void {
    this.#end('client');
    this.#isHeard = false;
    this.#request.destroy();
  }

  async #read(answer: IncomingMessage): Promise<void> {
    answer.setEncoding('utf8');
    const isStream = answer.headers['content-type']?.startsWith('text/event-stream') === true;
    let unread = '';
    answer.on('data', (chunk: string) => {
      if (!isStream) {
        this.body += chunk;
        return;
      }
      const { events, rest } = readEvents(unread + chunk);
      unread = rest;
      for (const event of events) this.#takeEvent(event);
    });
    answer.on('error', () => {});
    await new Promise((resolve) => answer.once('close', resolve));
    if (!isStream && this.body !== '' && answer.complete) {
      for (const message of [JSON.parse(this.body)].flat()) this.#takeMessage(message, undefined);
    }
    this.#end(answer.complete ? 'server' : 'fault');
  }

  #takeEvent(event: RawEvent): void {
    const { id, data = '' } = event;
    if (id !== undefined) this.idPrefix ??= id.slice(0, id.lastIndexOf('.') + 1);
    if (event.event === 'gap') {
      const { count } = JSON.parse(data);
      this.#take(id, `gap ${count ?? 'unknown'}`, { gap: count ?? 'unknown' });
    } else if (data !== '') {
      this.#takeMessage(JSON.parse(data), id);
    } else if (id !== undefined) {
      this.#take(id, 'prime', {});
    } else if (event.retry !== undefined && this.#isHeard) {
      this.lines.push('retry');
    }
  }

  #takeMessage(message: Message, id: string | undefined): void {
    this.#take(id, wordsOf(message), { message });
  }

  #take(
    id: string | undefined,
    words: string,
    what: { gap?: number | 'unknown'; message?: Message },
  ) {
    if (!this.#isHeard) return;
    const prefix = this.idPrefix ?? '';
    // A foreign prefix stays in the line, where no expectation meets it.
    const position = id?.startsWith(prefix) ? id.slice(prefix.length) : id;
    this.lines.push(position === undefined ? words : `${position} ${words}`);
    this.#note({ what: 'read', connection: this.key, ...(id !== undefined && { id }), ...what });
  }

  #end(by: Ended['by']): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.#note({ what: 'ended', connection: this.key, by });
  }

  #note(entry: Entry): void {
    if (this.#isHeard) this.#history.push(entry);
  }
}

/** A message, as a model can foretell it. */
function wordsOf({ id, method, params, result, error }: Message): string {
  if (method === 'notifications/progress') return `progress ${params?.message}`;
  if (method === 'notifications/message') return `log ${params?.data}`;
  if (method === 'elicitation/create') return `ask ${params?.message}`;
  if (method !== undefined) return method;
  if (error !== undefined) {
    return `error ${id} ${(error.data as { reason?: string } | undefined)?.reason ?? error.message}`;
  }
  const { content, isError, serverInfo } = (result ?? {}) as {
    content?: readonly [{ readonly text: string }];
    isError?: boolean;
    serverInfo?: object;
  };
  if (serverInfo !== undefined) return `result ${id} welcome`;
  return `${isError ? 'failure' : 'result'} ${id} ${content?.[0].text}`;
}
