/**
 * What the fuzzers take for wrong; without it they could not fail.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { eventsIn, lawfulMessages, requireAnsweredOnce } from './wire-laws.js';

const JSON_TYPE = 'application/json';
const STREAM = 'text/event-stream';
const RESULT = { jsonrpc: '2.0', id: 1, result: {} } as const;
const event = (message: unknown) => `event: message\ndata: ${JSON.stringify(message)}\n\n`;

const answer = (text: string, type = JSON_TYPE, status = 200) => ({
  status,
  headers: { 'content-type': type },
  text,
});

describe('an answer', () => {
  it.each([
    [answer(JSON.stringify(RESULT)), [RESULT]],
    [answer(JSON.stringify([RESULT, RESULT])), [RESULT, RESULT]],
    [answer(`: keep-alive\n\n${event(RESULT)}`, STREAM), [RESULT]],
    [answer(`id: 1\ndata:\n\n${event(RESULT)}`, STREAM), [RESULT]],
    [answer('', STREAM), []],
    [answer('', '', 202), []],
  ])('is lawful: %j', (it, messages) => {
    expect(lawfulMessages(it)).toEqual(messages);
  });

  it.each([
    answer(JSON.stringify(RESULT), JSON_TYPE, 500),
    answer(JSON.stringify(RESULT), 'text/html'),
    answer(''),
    answer('<!DOCTYPE html><html>', 'text/html', 400),
    answer('{"jsonrpc":"2.0","error":{"code":1,"message":"Error\\n at x (/a/b.js:1)"}}'),
    answer('{"jsonrpc":"2.0","error":{"code":1,"message":"see node_modules"}}'),
    answer('{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":""}}'),
    answer('{"jsonrpc":"2.0","id":1.5,"result":{}}'),
    answer('{"jsonrpc":"2.0","id":1}'),
    answer('{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}'),
    answer('{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":""}}'),
    answer('{"jsonrpc":"2.0","id":1,"result":{},"stack":""}'),
    answer('{"jsonrpc":"2.0","result":{}}'),
    answer('{"id":1,"result":{}}'),
    answer('5'),
    answer('not JSON'),
    answer(event(RESULT).trim(), STREAM),
    answer(`what: ever\n\n${event(RESULT)}`, STREAM),
    answer(event(RESULT).replace('message', 'other'), STREAM),
    answer(`data:\n\n${event(RESULT)}`, STREAM),
    answer(event({ jsonrpc: '2.0', id: null, result: {} }), STREAM),
  ])('is not lawful: %j', (it) => {
    expect(() => lawfulMessages(it)).toThrow();
  });
});

describe('a request', () => {
  const body = '[{"id":1},{"id":"1"},{"id":-0},{"id":2},{"id":2}]';
  const answeredWith = (...ids: (string | number)[]) =>
    requireAnsweredOnce(
      body,
      ids.map((id) => ({ jsonrpc: '2.0', id, result: {} })),
    );

  it('may be answered once, or not at all', () => {
    answeredWith();
    answeredWith(1, '1', 0, 2, 2);
    requireAnsweredOnce('not JSON', [{ jsonrpc: '2.0', error: { code: 1, message: '' } }]);
  });

  it.each([[1, 1], ['1', '1'], [2, 2, 2], [3], ['2'], ['0']])(
    'may not be answered with %j %j %j',
    (...ids) => {
      expect(() => answeredWith(...ids.filter((id) => id !== undefined))).toThrow(/answered/);
    },
  );
});

it('an event stream may be cut anywhere', () => {
  const text = event({ ...RESULT, result: { text: '\u2028 é' } }) + event(RESULT);
  const whole = eventsIn(text);
  expect(whole).toHaveLength(2);
  for (let cut = 0; cut <= text.length; cut += 1) expect(eventsIn(text, [cut])).toEqual(whole);
});
