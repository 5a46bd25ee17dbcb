/**
 * Without sessions: every POST stands alone.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { McpRouterOptions } from 'express-mcp-router';
import { describe, expect, it } from 'vitest';
import { endpoint } from '../support/endpoint.js';
import { messagesOf, refusalOf, send } from '../support/http-client.js';
import type { Message } from '../support/inbox.js';
import { text, told } from '../support/tool-result.js';

const REQUESTED = { type: 'object' as const, properties: {} };

function createServer(): McpServer {
  const server = new McpServer(
    { name: 'stateless', version: '1.0.0' },
    { capabilities: { logging: {}, resources: { subscribe: true } } },
  );
  server.registerResource('r', 'test://r', {}, () => ({ contents: [] }));
  server.registerTool('session', {}, ({ sessionId }) => text(sessionId));
  server.registerTool('client', {}, () => text([server.server.getClientCapabilities() ?? null]));
  server.registerTool('ask', {}, async () =>
    text(await server.server.elicitInput({ message: 'Name?', requestedSchema: REQUESTED })),
  );
  server.registerTool('report', {}, async ({ _meta, sendNotification }) => {
    const progressToken = _meta?.progressToken ?? 'none';
    await sendNotification({
      method: 'notifications/progress',
      params: { progressToken, progress: 1 },
    });
    await server.server.sendLoggingMessage({ level: 'info', data: 'working' });
    return text('reported');
  });
  return server;
}

const start = (options: McpRouterOptions = {}) =>
  endpoint(createServer(), { stateless: true, ...options });

const call = (name: string, id: string | number = 1, _meta?: object) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: {}, ...(_meta && { _meta }) },
});

const only = (messages: readonly Message[]) => {
  expect(messages).toHaveLength(1);
  return messages[0];
};

describe('a stateless endpoint', () => {
  it('answers initialize without a session id', async () => {
    const { client } = await start();
    const ada = await client();
    expect(ada.sessionId).toBeUndefined();
    expect((await ada.ask('tools/list')).result?.tools).toHaveLength(4);
  });

  it('serves a call without any handshake', async () => {
    const { url } = await start();
    const answer = await send(url, { body: call('session') });
    expect(answer.headers['content-type']).toMatch('application/json');
    expect(told(only(messagesOf(answer))).isError).toBe(false);
  });

  it('ignores a session id that a client brings along', async () => {
    const { url } = await start();
    const headers = { 'Mcp-Session-Id': 'from-elsewhere' };
    const answer = await send(url, { body: call('session'), headers });
    const { value } = told(only(messagesOf(answer)));
    expect({ status: answer.status, value }).toEqual({
      status: 200,
      value: expect.not.stringContaining('from-elsewhere'),
    });
  });

  it.each(['GET', 'DELETE'])('answers %s with 405 and the verb that it serves', async (method) => {
    const { url } = await start();
    const answer = await send(url, { method });
    expect(refusalOf(answer)).toEqual({ status: 405, code: -32000, reason: 'method_not_allowed' });
    expect(answer.headers.allow).toBe('POST');
  });

  it('keeps nothing', async () => {
    const { client, router } = await start();
    await client();
    expect(await router.mcp.sessions.count()).toBe(0);
  });

  it.each([
    ['an answer', { jsonrpc: '2.0', id: 's.x.1', result: {} }],
    ['a cancellation', { jsonrpc: '2.0', method: 'notifications/cancelled', params: {} }],
    ['initialized', { jsonrpc: '2.0', method: 'notifications/initialized' }],
  ])('accepts %s, which changes nothing', async (_what, body) => {
    const { url } = await start();
    const answer = await send(url, { body });
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 202, text: '' });
  });

  it('lets nobody cancel another’s request', async () => {
    const { url } = await start();
    const cancelled = {
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 1 },
    };
    const [answer] = await Promise.all([
      send(url, { body: call('report') }),
      send(url, { body: cancelled }),
    ]);
    expect(messagesOf(answer).at(-1)).toMatchObject({ id: 1, result: {} });
  });

  it('serves the same id as often at once as it is sent', async () => {
    const { url } = await start();
    const sent = Array.from({ length: 5 }, () => send(url, { body: call('session') }));
    const answers = await Promise.all(sent);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });
});

describe('a call without a session', () => {
  it('gives every anonymous request an id of its own, and a principal always the same', async () => {
    const { url } = await start();
    const idOf = async (headers = {}) =>
      told(messagesOf(await send(url, { body: call('session'), headers }))[0]).value;
    const [one, other] = [await idOf(), await idOf()];
    const [ada, again] = [await idOf({ 'x-user': 'ada' }), await idOf({ 'x-user': 'ada' })];
    const bob = await idOf({ 'x-user': 'bob' });
    expect(new Set([one, other, ada, bob]).size).toBe(4);
    expect([typeof one, again]).toEqual(['string', ada]);
  });

  it('knows nothing of the client', async () => {
    const { url } = await start();
    expect(told(messagesOf(await send(url, { body: call('client') }))[0]).value).toEqual([null]);
  });

  it('can report progress and log on its own stream', async () => {
    const { url } = await start();
    const answer = await send(url, { body: call('report', 1, { progressToken: 'p' }) });
    expect(answer.headers['content-type']).toMatch('text/event-stream');
    expect(messagesOf(answer).map(({ method, params }) => [method, params?.progressToken])).toEqual(
      [
        ['notifications/progress', 'p'],
        ['notifications/message', undefined],
        [undefined, undefined],
      ],
    );
  });

  it('fails at once when it asks the client something, and names the option', async () => {
    const { url } = await start();
    const startedAt = performance.now();
    const answer = await send(url, { body: call('ask') });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(told(only(messagesOf(answer)))).toEqual({
      isError: true,
      value: expect.stringContaining('stateless'),
    });
  });
});

describe('what is advertised', () => {
  it('leaves out subscriptions, which nobody could keep', async () => {
    const body = {
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'raw', version: '1' },
      },
    };
    const capabilitiesOf = async (options: McpRouterOptions) => {
      const answer = await send((await start(options)).url, { body });
      return only(messagesOf(answer))?.result?.capabilities;
    };
    expect(await capabilitiesOf({ stateless: false })).toMatchObject({
      resources: { subscribe: true },
    });
    expect(await capabilitiesOf({})).toMatchObject({ resources: { subscribe: false } });
  });
});
