/**
 * One connection, byte by byte: what a test writes is what is sent.
 *
 * Knows: sockets, and how an HTTP/1.1 answer is framed. Does not know: how a request should look, MCP.
 *
 * @module
 */
import { connect, type Socket } from 'node:net';

/** A whole answer. */
export interface WireAnswer {
  readonly status: number;
  /** Lower-case names; the values of a header that was sent twice are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Addresses of the connection. */
export interface WireOptions {
  /** Loopback address to connect from. */
  readonly from?: string;
}

export class Wire {
  /** Resolves when the connection is over, whoever ended it. */
  readonly ended: Promise<void>;
  readonly #socket: Socket;
  /** What was received and not read as an answer yet, one character a byte. */
  #unread = '';
  #isOver = false;
  #wake = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1').on('error', () => {});
    socket.on('data', (text: string) => {
      this.#unread += text;
      this.#wake();
    });
    this.ended = new Promise((resolve) => {
      const end = () => {
        this.#isOver = true;
        this.#wake();
        resolve();
      };
      socket.once('end', end).once('close', end);
    });
  }

  /** Connects to the host of `url`. */
  static open(url: string | URL, { from }: WireOptions = {}): Promise<Wire> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), localAddress: from });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Wire(socket));
      });
    });
  }

  get isOver(): boolean {
    return this.#isOver || this.#socket.destroyed;
  }

  /** What has come and was not read as an answer. */
  get unread(): string {
    return this.#unread;
  }

  /** Writes bytes, or text as Latin-1; resolves when they have left, or cannot any more. */
  send(bytes: string | Uint8Array): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed || !socket.writable) return Promise.resolve();
    const sent = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    return new Promise((resolve) => {
      const done = () => {
        socket.off('close', done);
        resolve();
      };
      socket.once('close', done);
      socket.write(sent, done);
    });
  }

  /** The next answer, `100 Continue` left out; undefined when the connection ends before it is whole. */
  async answer(): Promise<WireAnswer | undefined> {
    for (;;) {
      const read = readAnswer(this.#unread, this.#isOver);
      if (read !== undefined) {
        this.#unread = this.#unread.slice(read.length);
        if (read.answer.status >= 200) return read.answer;
      } else if (this.#isOver) {
        return undefined;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  /** Says that nothing more will be sent. */
  finish(): void {
    this.#socket.end();
  }

  /** Hangs up without a word. */
  destroy(): void {
    this.#socket.destroy();
  }
}

/** The answer that `received` begins with, and its length; undefined while it is not whole. */
function readAnswer(
  received: string,
  isOver: boolean,
): { readonly answer: WireAnswer; readonly length: number } | undefined {
  const start = received.indexOf('\r\n\r\n') + 4;
  if (start === 3) return undefined;
  const [statusLine = '', ...lines] = received.slice(0, start - 4).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]);
  if (Number.isNaN(status)) throw new Error(`not an answer: ${JSON.stringify(statusLine)}`);
  const headers = headersIn(lines);
  const body = bodyAt(received, start, status, headers, isOver);
  if (body === undefined) return undefined;
  const text = Buffer.from(body.text, 'latin1').toString();
  return { answer: { status, headers, text }, length: body.end };
}

function headersIn(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) throw new Error(`not a header: ${JSON.stringify(line)}`);
    const [name, value] = [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}

function bodyAt(
  received: string,
  start: number,
  status: number,
  headers: Readonly<Record<string, string>>,
  isOver: boolean,
): { readonly text: string; readonly end: number } | undefined {
  if (status < 200 || status === 204 || status === 304) return { text: '', end: start };
  if (headers['transfer-encoding'] === 'chunked') return chunksAt(received, start);
  const length = headers['content-length'];
  const end = length === undefined ? received.length : start + Number(length);
  const isWhole = length === undefined ? isOver : received.length >= end;
  return isWhole ? { text: received.slice(start, end), end } : undefined;
}

function chunksAt(received: string, start: number) {
  let text = '';
  for (let at = start; ; ) {
    const line = received.indexOf('\r\n', at);
    if (line === -1) return undefined;
    const size = Number.parseInt(received.slice(at, line), 16);
    const end = line + 2 + size;
    if (received.length < end + 2) return undefined;
    text += received.slice(line + 2, end);
    at = end + 2;
    if (size === 0) return { text, end: at };
  }
}

/** A request as text: the lines of its head, then a body with its length in bytes. */
export function requestText(lines: readonly string[], body?: string | Buffer): string {
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const length = bytes === undefined ? [] : [`Content-Length: ${bytes.length}`];
  return `${[...lines, ...length].join('\r\n')}\r\n\r\n${bytes?.toString('latin1') ?? ''}`;
}

/** Head of a JSON POST to `path`. */
export const postLines = (path: string, ...headers: readonly string[]): string[] => [
  `POST ${path} HTTP/1.1`,
  'Host: localhost',
  'Content-Type: application/json',
  'Accept: application/json, text/event-stream',
  ...headers,
];
