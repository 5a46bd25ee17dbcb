/**
 * JSON-RPC 2.0 messages as MCP restricts them.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import {
  errorResponse,
  isRequestId,
  readMessage,
  relatedTask,
} from '../../../lib/protocol/json-rpc.js';

const RELATED_TASK = 'io.modelcontextprotocol/related-task';

const request = (members: Record<string, unknown>) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/list',
  ...members,
});

describe('a request', () => {
  it.each([0, -1, 1, '', 'a', 'ключ', Number.MAX_SAFE_INTEGER])('may have the id %j', (id) => {
    expect(readMessage(request({ id }))).toEqual({ kind: 'request', message: request({ id }) });
  });

  it('keeps its parameters, also those that nobody knows', () => {
    const params = { name: 'x', _meta: { progressToken: 0, 'vendor/x': [1] } };
    expect(readMessage(request({ params }))).toMatchObject({
      kind: 'request',
      message: { params },
    });
  });

  it('loses members that JSON-RPC does not have (the SDK answers no message with others)', () => {
    const read = readMessage(request({ extra: true, result: {} }));
    expect(read).toEqual({ kind: 'request', message: request({}) });
  });

  it('does not inherit from what was sent', () => {
    const read = readMessage(JSON.parse('{"jsonrpc":"2.0","id":1,"method":"a","__proto__":{}}'));
    expect(read).toEqual({ kind: 'request', message: { jsonrpc: '2.0', id: 1, method: 'a' } });
  });
});

describe('a member that only some readers would see', () => {
  const whole = { jsonrpc: '2.0', id: 1, method: 'ping' };
  it.each([
    ...['Method', 'METHOD', 'ｍethod', 'method\0', 'method\0x', 'Method\0'],
    ...['paramſ', 'PARAMS', '㎩rams', 'params\0'.padEnd(99, 'x'), 'para㎳', '𝓹𝓪𝓻𝓪𝓶𝓼', '𝐏arams'],
    ...['jsonRPC', 'Jsonrpc', 'ID', 'Id', 'ⅰd', 'iＤ', 'Result', 'ERROR'],
  ])('makes a message invalid: %j', (name) => {
    expect(readMessage({ ...whole, [name]: 'x' })).toMatchObject({ kind: 'invalid', id: 1 });
    const { kind } = readMessage({ jsonrpc: '2.0', id: 1, result: {}, [name]: 'x' });
    expect(kind).toBe('invalid');
  });

  it.each([
    ...['methods', 'meth', 'param', '_method', 'method ', 'mèthod', 'mеthod', 'ıd', 'i\0d', '\0id'],
    ...['', '\0', '__proto__', 'constructor', 'toString', 'x'.repeat(99), '𝓹𝓪𝓻𝓪𝓶𝓼𝓼'],
  ])('is not what other members are: %j', (name) => {
    const message = JSON.parse(
      `{"jsonrpc":"2.0","id":1,"method":"ping",${JSON.stringify(name)}:{}}`,
    );
    expect(readMessage(message)).toEqual({ kind: 'request', message: { ...whole } });
  });

  it('may be a parameter', () => {
    expect(readMessage({ ...whole, params: { Method: 1, ID: 2 } }).kind).toBe('request');
  });
});

describe('a notification', () => {
  it('is a request without an id', () => {
    const message = { jsonrpc: '2.0', method: 'notifications/initialized' };
    expect(readMessage(message)).toEqual({ kind: 'notification', message });
  });
});

describe('a response', () => {
  it.each([
    { jsonrpc: '2.0', id: 's.1', result: {} },
    { jsonrpc: '2.0', id: 1, error: { code: -1, message: 'no' } },
    { jsonrpc: '2.0', id: 1, error: { code: -1, message: 'no', data: null } },
  ])('is read: %j', (message) => {
    expect(readMessage(message)).toEqual({ kind: 'response', message });
  });

  it('keeps no more of an error than code, message and data', () => {
    const error = { code: -1, message: 'no', stack: 'at …' };
    expect(readMessage({ jsonrpc: '2.0', id: 1, error })).toEqual({
      kind: 'response',
      message: { jsonrpc: '2.0', id: 1, error: { code: -1, message: 'no' } },
    });
  });

  it.each([
    { result: 1 },
    { result: null },
    { result: [] },
    { result: {}, error: { code: 1, message: '' } },
    { error: 'no' },
    { error: { code: 1.5, message: '' } },
    { error: { code: 1 } },
    {},
  ])('is refused, with its id: %j', (members) => {
    expect(readMessage({ jsonrpc: '2.0', id: 7, ...members })).toMatchObject({
      kind: 'invalid',
      id: 7,
    });
  });
});

describe('what is no message', () => {
  it.each([[undefined], [null], [1], ['text'], [true], [[]], [[request({})]]])('is %j', (value) => {
    const read = readMessage(value);
    expect(read.kind).toBe('invalid');
    expect(read).not.toHaveProperty('id');
  });

  it.each([[null], [1.5], [{}], [[]], [true], [2 ** 53], [Number.NaN]])('has the id %j', (id) => {
    const read = readMessage(request({ id }));
    expect(read.kind).toBe('invalid');
    expect(read).not.toHaveProperty('id');
  });

  it.each([
    { jsonrpc: '1.0' },
    { jsonrpc: 2 },
    { jsonrpc: undefined },
    { method: 1 },
    { method: null },
    { params: [] },
    { params: null },
    { params: 'x' },
    { params: { _meta: 1 } },
    { params: { _meta: [] } },
    { params: { _meta: null } },
    { params: { _meta: { progressToken: 1.5 } } },
    { params: { _meta: { progressToken: null } } },
    { params: { _meta: { [RELATED_TASK]: 'task' } } },
    { params: { _meta: { [RELATED_TASK]: { taskId: 1 } } } },
  ])('is refused with the id that could be read: %j', (members) => {
    expect(readMessage(request(members))).toMatchObject({ kind: 'invalid', id: 1 });
  });

  it('has neither a method nor an id', () => {
    expect(readMessage({ jsonrpc: '2.0', result: {} }).kind).toBe('invalid');
  });
});

describe('an error response', () => {
  it('has no id member when the id could not be read, never null', () => {
    expect(errorResponse({ code: -1, message: 'no' })).toEqual({
      jsonrpc: '2.0',
      error: { code: -1, message: 'no' },
    });
  });

  it.each([0, ''])('keeps the id %j', (id) => {
    expect(errorResponse({ code: -1, message: 'no' }, id)).toHaveProperty('id', id);
  });
});

it('reads ids that MCP allows and no others (2025-11-25 basic §Requests)', () => {
  expect([0, 1, -1, '', 'a'].every(isRequestId)).toBe(true);
  expect([null, undefined, 1.5, Infinity, {}, [], true].some(isRequestId)).toBe(false);
});

it('finds the task that a message belongs to (2025-11-25 basic/utilities/tasks)', () => {
  expect(relatedTask({ _meta: { [RELATED_TASK]: { taskId: 't' } } })).toBe('t');
  expect(relatedTask({ _meta: {} })).toBeUndefined();
  expect(relatedTask(undefined)).toBeUndefined();
});
