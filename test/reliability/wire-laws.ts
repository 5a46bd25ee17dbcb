/**
 * What every answer of an endpoint keeps to, whatever it was asked.
 *
 * Knows: JSON-RPC, event streams, and what must never be in an answer. Does not know: the question.
 *
 * @module
 */
import { createParser } from 'eventsource-parser';
import type { WireAnswer } from '../support/wire.js';

/** A message in an answer. */
export interface AnsweredMessage {
  readonly jsonrpc: '2.0';
  readonly id?: string | number;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** Statuses of DESIGN.md's refusals; 500 is not among them. */
const STATUSES = new Set([200, 202, 400, 401, 403, 404, 405, 406, 408, 409, 413, 415, 429, 503]);

const MEMBERS = new Set(['jsonrpc', 'id', 'method', 'params', 'result', 'error']);

/** Markup, stack traces, and places in our sources. */
const INDISCREET =
  /<!doctype|<html|<pre>|node_modules|\n\s+at |\bat \S+ \(|file:\/\/|\.[cm]?[jt]s:\d+/i;

/** The messages in an answer; throws when it is not what an endpoint may say. */
export function lawfulMessages(answer: WireAnswer): AnsweredMessage[] {
  const { status, headers, text } = answer;
  const type = headers['content-type'] ?? '';
  if (!STATUSES.has(status)) throw new Error(`status ${status}: ${text.slice(0, 300)}`);
  requireDiscreet(text);
  if (text === '') {
    if (status === 202 || type.startsWith('text/event-stream')) return [];
    throw new Error(`status ${status} without a body`);
  }
  const messages = type.startsWith('text/event-stream') ? eventsIn(text) : jsonIn(type, text);
  for (const message of messages) requireMessage(message);
  return messages as AnsweredMessage[];
}

/** Throws when a text holds markup, a stack trace, or a place in our sources. */
export function requireDiscreet(text: string): void {
  if (INDISCREET.test(text)) throw new Error(`tells too much: ${text.slice(0, 500)}`);
}

/** The messages of a whole event stream, as a parser of the standard reads them. */
export function eventsIn(text: string, cuts: readonly number[] = []): unknown[] {
  const messages: unknown[] = [];
  const faults: unknown[] = [];
  const parser = createParser({
    onEvent: ({ event, data, id }) => {
      // A priming event has an id, and neither a name nor data (2025-11-25 transports).
      const isPriming = event === undefined && data === '' && id !== undefined;
      if (event === 'message') messages.push(JSON.parse(data));
      else if (!isPriming) faults.push(`an event ${event}`);
    },
    onError: (error) => faults.push(error.message),
  });
  let start = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    parser.feed(text.slice(start, cut));
    start = cut;
  }
  parser.feed(text.slice(start));
  if (faults.length > 0) throw new Error(`not an event stream: ${faults.join(', ')}`);
  if (text !== '' && !text.endsWith('\n\n')) throw new Error('an event stream that ends early');
  return messages;
}

function jsonIn(type: string, text: string): unknown[] {
  if (!type.startsWith('application/json')) throw new Error(`a body of type ${type}`);
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value : [value];
}

function requireMessage(value: unknown): void {
  const fault = faultOf(value);
  if (fault !== undefined) throw new Error(`${fault}: ${JSON.stringify(value).slice(0, 300)}`);
}

function faultOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'not a message';
  const { jsonrpc, id, method, result, error } = value as Record<string, unknown>;
  if (Object.keys(value).some((key) => !MEMBERS.has(key))) return 'a member that JSON-RPC has not';
  if (jsonrpc !== '2.0') return 'jsonrpc is not "2.0"';
  if (id !== undefined && typeof id !== 'string' && !Number.isSafeInteger(id)) return 'a bad id';
  if (method !== undefined) return typeof method === 'string' ? undefined : 'a bad method';
  if ((result === undefined) === (error === undefined)) return 'not one outcome';
  if (error === undefined) return id === undefined ? 'a result for nobody' : undefined;
  const { code, message } = error as Record<string, unknown>;
  return Number.isSafeInteger(code) && typeof message === 'string' ? undefined : 'a bad error';
}

/** Throws unless each response answers a request of `body`, and none of them twice. */
export function requireAnsweredOnce(body: string, messages: readonly AnsweredMessage[]): void {
  const asked = countOf(idsIn(body));
  const answered = messages.filter(({ method, id }) => method === undefined && id !== undefined);
  for (const [id, count] of countOf(answered.map(({ id }) => id))) {
    if (count > (asked.get(id) ?? 0)) {
      throw new Error(`${id} was asked ${asked.get(id) ?? 0} times and answered ${count} times`);
    }
  }
}

function idsIn(body: string): unknown[] {
  try {
    const value: unknown = JSON.parse(body.replace(/^\ufeff/, ''));
    return [value].flat().map((message) => (message as { id?: unknown } | null)?.id);
  } catch {
    return [];
  }
}

/** A number and the string that looks like it are two ids; 0 and -0 are one. */
function countOf(ids: readonly unknown[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) {
    const key = `${typeof id} ${id}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
