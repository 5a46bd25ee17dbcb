/**
 * One HTTP request, exactly as it is told, and the whole answer.
 *
 * Knows: `node:http`. Does not know: sessions, what the messages mean.
 *
 * @module
 */
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { Message } from './inbox.js';

/** Members of a request; an object is sent as JSON, a header that is undefined is not sent. */
export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  /** Hangs up, whatever has come until then. */
  readonly signal?: AbortSignal;
}

/** The answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** What every well-behaved POST carries. */
const USUAL = {
  Accept: 'application/json, text/event-stream',
  'Content-Type': 'application/json',
};

/** Sends a POST, or what `method` says; resolves as soon as the headers of the answer are there. */
export function begin(url: URL | string, sending: Sent = {}) {
  const { method = 'POST', headers, body, signal } = sending;
  const told = Object.entries({ ...USUAL, ...headers }).filter(([, value]) => value !== undefined);
  return new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, { method, headers: Object.fromEntries(told), agent: false, signal });
    sent.once('response', resolve).once('error', reject);
    const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
    sent.end(body === undefined || isRaw ? body : JSON.stringify(body));
  });
}

/** Sends a request and reads the whole answer. */
export async function send(url: URL | string, sent: Sent = {}): Promise<Answer> {
  const answer = await begin(url, sent);
  answer.setEncoding('utf8');
  let text = '';
  for await (const chunk of answer) text += chunk;
  return { status: answer.statusCode ?? 0, headers: answer.headers, text };
}

/** The messages of an answer, whether it is JSON or an event stream. */
export function messagesOf({ headers, text }: Answer): Message[] {
  if (text === '') return [];
  if (headers['content-type']?.startsWith('text/event-stream') !== true) {
    return [JSON.parse(text)].flat();
  }
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)));
}

/** What a refusal comes down to: its status, its code and its stable reason. */
export function refusalOf(answer: Answer) {
  const { error, id } = messagesOf(answer)[0] ?? {};
  const { reason } = (error?.data ?? {}) as { reason?: string };
  return { status: answer.status, code: error?.code, reason, ...(id !== undefined && { id }) };
}
