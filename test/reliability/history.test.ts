/**
 * The checker of histories catches what each of its rules is for, and nothing in a history that is right.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { Message } from '../support/inbox.js';
import type { Entry } from './history.js';
import { faultsIn, RULES } from './history-rules.js';

type RuleName = keyof typeof RULES;

const ADA = 'nonce-ada';
const EVE = 'nonce-eve';

const opened = (session: string): Entry => ({ what: 'opened', session });

const post = (connection: string, request: number, session = ADA): Entry => ({
  what: 'connected',
  connection,
  session,
  requests: [request],
  status: 200,
});

const get = (connection: string, after?: string, session = ADA, status = 200): Entry => ({
  what: 'connected',
  connection,
  session,
  status,
  ...(after !== undefined && { after }),
});

const read = (connection: string, id: string | undefined, message?: Message): Entry => ({
  what: 'read',
  connection,
  ...(id !== undefined && { id }),
  ...(message !== undefined && { message }),
});

const gap = (connection: string, count: number | 'unknown'): Entry => ({
  what: 'read',
  connection,
  gap: count,
});

const ended = (connection: string, by: 'server' | 'client' | 'fault' = 'server'): Entry => ({
  what: 'ended',
  connection,
  by,
});

const sent = (request: number): Entry => ({ what: 'sent', session: ADA, request });
const cancelled = (request: number): Entry => ({ what: 'cancelled', session: ADA, request });
const deleted: Entry = { what: 'deleted', session: ADA };

const answered = (session: string, content: string): Entry => ({
  what: 'answered',
  session,
  question: 's.i.1',
  content,
});
const heard = (session: string, content: string): Entry => ({ what: 'heard', session, content });

const report = (nth: number, nonce = ADA): Message => ({
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { message: `${nonce} ${nth}` },
});
const result = (id: number): Message => ({ jsonrpc: '2.0', id, result: { text: `${ADA} ${id}` } });
const question: Message = { jsonrpc: '2.0', id: 's.i.1', method: 'elicitation/create' };
const sessionEnded = (id: number): Message => ({
  jsonrpc: '2.0',
  id,
  error: { code: -32000, message: 'The session has ended', data: { reason: 'session_ended' } },
});

/** Position `nth` of the stream that answers the first POST. */
const p = (nth: number) => `p1.AAAAAAAAAAA.${nth}`;
const g = (nth: number) => `g1.BBBBBBBBBBB.${nth}`;

/** A call over three connections, a question, a standalone stream with a gap, a cancelled call, a DELETE. */
const GOOD: readonly Entry[] = [
  opened(ADA),
  opened(EVE),
  post('c1', 1),
  read('c1', p(0)),
  read('c1', p(1), report(1)),
  ended('c1', 'client'),
  get('c2', p(1)),
  read('c2', p(1)),
  read('c2', p(2), question),
  answered(ADA, `${ADA} yes`),
  answered(ADA, `${ADA} no`),
  answered(EVE, `${EVE} yes`),
  heard(ADA, `${ADA} yes`),
  get('c3', p(0)),
  ended('c2'),
  read('c3', p(0)),
  read('c3', p(1), report(1)),
  read('c3', p(2), question),
  ended('c3', 'client'),
  sent(1),
  get('broken', p(0)),
  read('broken', p(0)),
  ended('broken', 'fault'),
  get('c4', p(0)),
  read('c4', p(0)),
  gap('c4', 2),
  read('c4', p(3), result(1)),
  ended('c4'),
  get('c5', p(3), ADA, 204),
  ended('c5'),
  get('g1'),
  read('g1', g(0)),
  read('g1', g(1), report(2)),
  ended('g1', 'client'),
  get('g2'),
  read('g2', g(4)),
  gap('g2', 'unknown'),
  read('g2', g(5), report(3)),
  get('e1', undefined, EVE),
  read('e1', undefined, report(1, EVE)),
  post('c6', 2),
  cancelled(2),
  ended('c6'),
  post('c7', 3),
  deleted,
  read('c7', undefined, sessionEnded(3)),
  ended('c7'),
  ended('g2'),
  get('late', undefined, ADA, 404),
];

const BAD: readonly (readonly [RuleName, string, readonly Entry[]])[] = [
  [
    'own payloads only',
    'a report of another session',
    [post('c', 1), read('c', p(0)), read('c', p(1), report(1, EVE))],
  ],
  [
    'own payloads only',
    'another session’s result in a JSON body',
    [post('c', 7, EVE), read('c', undefined, result(7)), ended('c')],
  ],
  [
    'one stream a connection',
    'events of two streams on one connection',
    [get('c'), read('c', g(0)), read('c', p(1), report(1))],
  ],
  [
    'one stream a connection',
    'one stream on connections of two sessions',
    [get('c'), read('c', g(0)), get('e', undefined, EVE), read('e', g(0))],
  ],
  [
    'ids rise',
    'an event twice on one connection',
    [get('c'), read('c', g(0)), read('c', g(1), report(1)), read('c', g(1), report(1))],
  ],
  [
    'ids rise',
    'the event that the client had named',
    [get('c', p(1)), read('c', p(1)), read('c', p(1), report(1))],
  ],
  [
    'ids rise',
    'a new connection that begins before what was read',
    [get('c'), read('c', g(0)), read('c', g(1), report(1)), ended('c'), get('d'), read('d', g(0))],
  ],
  [
    'ids rise',
    'one id for two events',
    [
      ...[post('c', 1), read('c', p(0)), read('c', p(1), report(1)), ended('c', 'client')],
      ...[get('d', p(0)), read('d', p(0)), read('d', p(1), report(2))],
    ],
  ],
  [
    'no hole without a gap',
    'a resumed stream that begins too late',
    [get('c', p(0)), read('c', p(0)), read('c', p(2), report(2))],
  ],
  [
    'no hole without a gap',
    'a hole in a live stream',
    [post('c', 1), read('c', p(1), report(1)), read('c', p(3), report(3))],
  ],
  [
    'no hole without a gap',
    'a POST whose first event is missing',
    [post('c', 1), read('c', p(2), report(2))],
  ],
  [
    'no hole without a gap',
    'a gap that counts too few',
    [get('c', p(0)), read('c', p(0)), gap('c', 2), read('c', p(4), report(4))],
  ],
  [
    'no hole without a gap',
    'a gap where nothing is missing',
    [get('c', p(0)), read('c', p(0)), gap('c', 1), read('c', p(1), report(1))],
  ],
  [
    'one terminal message',
    'a result and an error for one request',
    [post('c', 1), read('c', p(0)), read('c', p(1), result(1)), read('c', p(2), sessionEnded(1))],
  ],
  [
    'one terminal message',
    'a result in a JSON body and in a stream',
    [
      ...[post('c', 1), read('c', undefined, result(1)), ended('c')],
      ...[get('d', p(0)), read('d', p(0)), read('d', p(1), result(1))],
    ],
  ],
  [
    'no response is lost',
    'a stream that was resumed to its end without the response',
    [
      ...[post('c', 1), read('c', p(0)), ended('c', 'client'), sent(1)],
      ...[get('d', p(0)), read('d', p(0)), ended('d')],
    ],
  ],
  [
    'no response is lost',
    'the end of the second connection that was opened for it',
    [
      ...[post('c', 1), read('c', p(0)), ended('c', 'client'), sent(1)],
      ...[get('d', p(0)), read('d', p(0)), ended('d', 'client')],
      ...[get('e', p(0)), read('e', p(0)), ended('e')],
    ],
  ],
  [
    'no response is lost',
    '204 for a client that has no response',
    [
      ...[post('c', 1), read('c', p(0)), ended('c', 'client'), sent(1)],
      ...[get('d', p(0), ADA, 204), ended('d')],
    ],
  ],
  ['no response is lost', 'an answer without a body', [post('c', 1), sent(1), ended('c')]],
  [
    'a response that was read stays',
    'a stream that is read again without the response that it had',
    [
      ...[post('c', 1), read('c', p(0)), read('c', p(1), result(1)), ended('c')],
      ...[get('d', p(0)), read('d', p(0)), ended('d')],
    ],
  ],
  [
    'a response that was read stays',
    '204 for a client that has read it and goes back',
    [
      ...[post('c', 1), read('c', p(0)), read('c', p(1), result(1)), ended('c')],
      ...[get('d', p(0), ADA, 204), ended('d')],
    ],
  ],
  [
    'no response after cancel',
    'a result after a cancellation that came first',
    [post('c', 1), read('c', p(0)), cancelled(1), read('c', p(1), result(1))],
  ],
  [
    'one stream a question',
    'a question on the call’s stream and on the standalone stream',
    [
      ...[post('c', 1), read('c', p(0)), read('c', p(1), question)],
      ...[get('d'), read('d', g(0)), read('d', g(1), question)],
    ],
  ],
  ['answers reach the asker', 'another session’s answer', [answered(EVE, 'no'), heard(ADA, 'no')]],
  ['answers reach the asker', 'an answer that nobody gave', [heard(ADA, `${ADA} yes`)]],
  [
    'answers reach the asker',
    'the second answer to one question',
    [answered(ADA, 'yes'), answered(ADA, 'no'), heard(ADA, 'no')],
  ],
  [
    'answers reach the asker',
    'one answer heard twice',
    [answered(ADA, 'yes'), heard(ADA, 'yes'), heard(ADA, 'yes')],
  ],
  [
    'nothing after DELETE',
    'a notification on the stream that was open',
    [get('c'), read('c', g(0)), deleted, read('c', g(1), report(1))],
  ],
  ['nothing after DELETE', 'a new stream', [deleted, get('c')]],
  [
    'nothing after DELETE',
    'a result of a call that ran',
    [post('c', 1), read('c', p(0)), deleted, read('c', p(1), result(1))],
  ],
];

describe('the checker of histories', () => {
  it('finds nothing wrong with a history that is right', () => {
    expect(faultsIn(GOOD)).toEqual([]);
  });

  it.each(BAD)('%s: catches %s, and blames no other rule', (rule, _what, history) => {
    const faults = faultsIn(history);
    expect(faults.map((fault) => fault.split(': ')[0])).toEqual([rule]);
  });

  it.each(BAD)(
    '%s: catches %s in the middle of a history that is right',
    (rule, _what, history) => {
      const faults = faultsIn([...GOOD.slice(0, 2), ...history, ...renamed(GOOD.slice(2))]);
      expect(faults.some((fault) => fault.startsWith(`${rule}: `))).toBe(true);
    },
  );

  it('has a bad history for each of its rules', () => {
    expect(new Set(BAD.map(([rule]) => rule))).toEqual(new Set(Object.keys(RULES)));
  });
});

/** The same history of a third session, on connections and streams of its own. */
const renamed = (history: readonly Entry[]): Entry[] =>
  JSON.parse(
    JSON.stringify(history)
      .replaceAll('ada', 'bob')
      .replaceAll(/"connection":"/g, '"connection":"bob-')
      .replaceAll(/"([pg])1\./g, '"$12.')
      .replaceAll('s.i.1', 's.i.2'),
  );
