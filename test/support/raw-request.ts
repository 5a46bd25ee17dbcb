/**
 * One HTTP request exactly as a test writes it, and its whole answer.
 *
 * Knows: `node:http`; the request target is sent as it is. Does not know: MCP.
 *
 * @module
 */
import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http';

/** What is sent; everything else is left out. */
export interface Sent {
  readonly method?: string;
  /** The request target: never normalised. Default: the path of the URL. */
  readonly target?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  /** Sends the body in chunks, without `Content-Length`. */
  readonly chunked?: boolean;
}

/** A whole answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Sends a request on a connection of its own and reads the answer to its end. */
export function send(url: string | URL, sent: Sent = {}): Promise<Answer> {
  const { hostname, port, pathname } = new URL(url);
  const { method = 'POST', target = pathname, headers, body, chunked = false } = sent;
  return new Promise((resolve, reject) => {
    const length =
      body === undefined || chunked ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const told = { ...headers, ...length };
    const options = { hostname, port, path: target, method, headers: told, agent: false };
    const request = httpRequest(options, async (response) => {
      try {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      } catch (error) {
        reject(error);
      }
    });
    request.once('error', reject);
    if (chunked) request.flushHeaders();
    request.end(body);
  });
}

/** Headers of a JSON POST as every client sends them. */
export const JSON_HEADERS = {
  'Content-Type': 'application/json',
  Accept: 'application/json, text/event-stream',
} as const;

/** Posts one JSON value. */
export const post = (url: string | URL, value: unknown, sent: Sent = {}): Promise<Answer> =>
  send(url, {
    body: JSON.stringify(value),
    ...sent,
    headers: { ...JSON_HEADERS, ...sent.headers },
  });
