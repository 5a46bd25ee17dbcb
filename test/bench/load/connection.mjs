/**
 * One keep-alive HTTP/1.1 connection with one request in flight, over a bare socket: a load generator
 * that costs less than any server it measures.
 *
 * Knows: status line, headers, Content-Length and chunked bodies. Does not know: MCP.
 *
 * @module
 */
import { connect } from 'node:net';

/**
 * @typedef {object} Reply
 * @property {number} status
 * @property {string} head - header lines, in lower case.
 * @property {Buffer} body
 */

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const END_OF_CHUNKS = Buffer.from('0\r\n\r\n');

export class Connection {
  #socket;
  /** @type {Buffer | undefined} */
  #received;
  /** @type {{ status: number, head: string, start: number, length: number | undefined } | undefined} */
  #head;
  /** @type {((reply: Reply) => void) | undefined} */
  #resolve;
  /** @type {((error: Error) => void) | undefined} */
  #reject;

  /** @param {import('node:net').Socket} socket */
  constructor(socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#onData(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  /** @param {number} port @returns {Promise<Connection>} */
  static open(port) {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Connection(socket));
      });
    });
  }

  /** @param {string} text - a whole request. @returns {Promise<Reply>} */
  exchange(text) {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#socket.write(text);
    });
  }

  close() {
    this.#resolve = undefined;
    this.#reject = undefined;
    this.#socket.destroy();
  }

  /** @param {Error} error */
  #fail(error) {
    const reject = this.#reject;
    this.#resolve = undefined;
    this.#reject = undefined;
    reject?.(error);
  }

  /** @param {Buffer} chunk */
  #onData(chunk) {
    const received = this.#received === undefined ? chunk : Buffer.concat([this.#received, chunk]);
    this.#received = received;
    this.#head ??= readHead(received);
    if (this.#head === undefined) return;
    const body = readBody(received, this.#head);
    if (body === undefined) return;
    const { status, head } = this.#head;
    const resolve = this.#resolve;
    this.#received = undefined;
    this.#head = undefined;
    this.#resolve = undefined;
    this.#reject = undefined;
    resolve?.({ status, head, body });
  }
}

/** @param {string} head @param {string} name - in lower case. */
export function headerOf(head, name) {
  const at = head.indexOf(`\r\n${name}:`);
  if (at === -1) return undefined;
  const start = at + name.length + 3;
  const end = head.indexOf('\r\n', start);
  return head.slice(start, end === -1 ? undefined : end).trim();
}

/** @param {Buffer} received */
function readHead(received) {
  const end = received.indexOf(END_OF_HEAD);
  if (end === -1) return undefined;
  const text = received.latin1Slice(0, end);
  const head = text.toLowerCase();
  const isChunked = headerOf(head, 'transfer-encoding') === 'chunked';
  const length = Number(headerOf(head, 'content-length') ?? 0);
  return {
    status: Number(text.slice(9, 12)),
    // A session id is case-sensitive, header names are not.
    head: head.includes('\r\nmcp-session-id:') ? withLowerCaseNames(text) : head,
    start: end + 4,
    length: isChunked ? undefined : length,
  };
}

/** @param {string} text */
function withLowerCaseNames(text) {
  return text.replace(/\r\n[^:\r\n]+:/g, (name) => name.toLowerCase());
}

/** @param {Buffer} received @param {{ start: number, length: number | undefined }} head */
function readBody(received, { start, length }) {
  if (length !== undefined) {
    return received.length >= start + length ? received.subarray(start, start + length) : undefined;
  }
  const isWhole = received
    .subarray(Math.max(start, received.length - END_OF_CHUNKS.length))
    .equals(END_OF_CHUNKS);
  return isWhole ? joinChunks(received, start) : undefined;
}

/** @param {Buffer} received @param {number} start */
function joinChunks(received, start) {
  const parts = [];
  let at = start;
  for (;;) {
    const lineEnd = received.indexOf('\r\n', at);
    const size = Number.parseInt(received.latin1Slice(at, lineEnd), 16);
    if (size === 0) break;
    if (!Number.isInteger(size)) throw new Error('malformed chunk in a response');
    parts.push(received.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
  return parts.length === 1 ? parts[0] : Buffer.concat(parts);
}
