/**
 * Sessions on the wire: opened, found, taken over, ended, limited.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { endpoint } from '../support/endpoint.js';
import { messagesOf, refusalOf, type Sent, send } from '../support/http-client.js';
import type { RawClient } from '../support/raw-client.js';
import { text, told } from '../support/tool-result.js';

const LIST = { jsonrpc: '2.0', id: 7, method: 'tools/list' };
const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'raw', version: '1.0.0' },
  },
};
const NOT_FOUND = { status: 404, code: -32001, reason: 'session_not_found' };
const ADA = { 'x-user': 'ada' };
const BOB = { 'x-user': 'bob' };

/** A server whose tools tell the session, wait for `let go`, and let go. */
function createServer() {
  const server = new McpServer({ name: 'sessions', version: '1.0.0' });
  const waiting: (() => void)[] = [];
  server.registerTool('session', {}, async ({ sessionId }) => text(sessionId));
  server.registerTool('hold', {}, async () => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return text('let go');
  });
  const letGo = () => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  return { server, letGo, held: () => waiting.length };
}

const start = (options?: Parameters<typeof endpoint>[1]) =>
  endpoint(createServer().server, options);

const inSession = (
  id: string | undefined,
  { method = 'POST', body, headers }: Sent = {},
): Sent => ({
  method,
  body: method === 'POST' ? (body ?? LIST) : undefined,
  headers: { 'Mcp-Session-Id': id, ...headers },
});

/** Everything of an answer but the time of day. */
async function bytesOf(url: URL, sent: Sent) {
  const { headers, ...answer } = await send(url, sent);
  const { date: _date, ...others } = headers;
  return { ...answer, headers: others };
}

describe('opening', () => {
  it('gives every client an id of its own, visible ASCII only (2025-11-25 transports §Session Management)', async () => {
    const { client } = await start();
    const clients = await Promise.all(Array.from({ length: 20 }, () => client()));
    const ids = new Set(clients.map(({ sessionId }) => sessionId));
    expect(ids.size).toBe(20);
    for (const id of ids) expect(id).toMatch(/^[\x21-\x7e]{32,}$/);
  });

  it('hands the server the id of the session', async () => {
    const { client } = await start();
    const ada = await client();
    expect(told(await ada.callTool('session').response).value).toBe(ada.sessionId);
  });

  it('opens a new session even for a client that names an old one', async () => {
    const { url, client } = await start();
    const { sessionId } = await client();
    const answer = await send(url, inSession(sessionId, { body: INITIALIZE }));
    expect(answer.status).toBe(200);
    expect(answer.headers['mcp-session-id']).not.toBe(sessionId);
  });

  it.each([
    ['no parameters', undefined],
    ['no version', { ...INITIALIZE.params, protocolVersion: undefined }],
    ['no capabilities', { ...INITIALIZE.params, capabilities: undefined }],
    ['no name', { ...INITIALIZE.params, clientInfo: { version: '1' } }],
  ])('opens none for an initialize with %s', async (_what, params) => {
    const { url, router } = await start();
    const answer = await send(url, { body: { ...INITIALIZE, params } });
    expect(refusalOf(answer)).toEqual({
      status: 400,
      code: -32602,
      reason: 'invalid_initialize',
      id: 1,
    });
    expect(answer.headers['mcp-session-id']).toBeUndefined();
    expect(await router.mcp.sessions.count()).toBe(0);
  });
});

describe('finding', () => {
  it('wants a session for everything but initialize', async () => {
    const { url } = await start();
    const sent = [{ body: LIST }, { method: 'GET' }, { method: 'DELETE' }];
    const answers = await Promise.all(sent.map((one) => send(url, one)));
    expect(answers.map((answer) => refusalOf(answer))).toEqual([
      { status: 400, code: -32000, reason: 'session_required', id: 7 },
      { status: 400, code: -32000, reason: 'session_required' },
      { status: 400, code: -32000, reason: 'session_required' },
    ]);
  });

  it.each(['POST', 'GET', 'DELETE'])('answers %s for an unknown id with 404', async (method) => {
    const { url } = await start();
    const answer = await send(url, inSession('nobody', { method }));
    expect(refusalOf(answer)).toMatchObject(NOT_FOUND);
  });

  describe.each([
    ['random', {}],
    ['sealed', { secret: 's'.repeat(32) }],
  ])('with %s ids', (_kind, options) => {
    it.each(['POST', 'GET', 'DELETE'])(
      'tells nobody by a %s whether a foreign session exists',
      async (method) => {
        const { url, client, router } = await start(options);
        const ada = await client({ headers: ADA });
        const unknown = `${ada.sessionId?.slice(0, -6)}AAAAAA`;
        const ask = (id: string | undefined, headers = {}) =>
          bytesOf(url, inSession(id, { method, headers }));
        const nothing = await ask(unknown, BOB);
        expect(nothing.status).toBe(404);
        expect(await ask(ada.sessionId, BOB)).toEqual(nothing);
        expect(await ask(ada.sessionId)).toEqual(nothing);
        expect(await router.mcp.sessions.count()).toBe(1);
        expect((await ada.ask('tools/list')).error).toBeUndefined();
      },
    );

    it('keeps an anonymous session from somebody who has logged in', async () => {
      const { url, client } = await start(options);
      const anonymous = await client();
      const answer = await send(url, inSession(anonymous.sessionId, { headers: ADA }));
      expect(refusalOf(answer)).toMatchObject(NOT_FOUND);
    });
  });

  it('answers another session’s request to nobody else', async () => {
    const { client } = await start();
    const [ada, bob] = [await client({ headers: ADA }), await client({ headers: BOB })];
    const answers = await Promise.all([ada, bob].map((one) => one.callTool('session').response));
    expect(answers.map((answer) => told(answer).value)).toEqual([ada.sessionId, bob.sessionId]);
  });
});

describe('the GET stream', () => {
  it('opens at once, as an event stream', async () => {
    const { client, router } = await start();
    const stream = await (await client()).listen();
    router.mcp.notify.toolsChanged();
    await stream.inbox.method('notifications/tools/list_changed');
  });

  it('is taken over by a second GET: the first ends, the second hears', async () => {
    const { client, router } = await start();
    const ada = await client();
    const first = await ada.listen();
    const second = await ada.listen();
    await first.ended;
    router.mcp.notify.toolsChanged();
    await second.inbox.method('notifications/tools/list_changed');
    expect(first.inbox.all).toEqual([]);
  });

  it('survives the late end of the stream that it replaced', async () => {
    const { client, router } = await start();
    const ada = await client();
    const first = await ada.listen();
    const second = await ada.listen();
    await first.ended;
    await ada.ask('ping');
    router.mcp.notify.promptsChanged();
    await second.inbox.method('notifications/prompts/list_changed');
  });

  it('ends with its session', async () => {
    const { client } = await start();
    const ada = await client();
    const stream = await ada.listen();
    expect(await ada.delete()).toBe(200);
    await stream.ended;
  });
});

describe('DELETE', () => {
  it('ends the session: all that follows is 404', async () => {
    const { url, client, router } = await start();
    const ada = await client();
    expect(await ada.delete()).toBe(200);
    expect(await router.mcp.sessions.count()).toBe(0);
    for (const method of ['POST', 'GET', 'DELETE']) {
      const answer = await send(url, inSession(ada.sessionId, { method }));
      expect(refusalOf(answer)).toMatchObject(NOT_FOUND);
    }
  });

  it('gives a running call one definite error', async () => {
    const { server, held } = createServer();
    const { client } = await endpoint(server);
    const ada = await client();
    const call = ada.callTool('hold');
    await expect.poll(held).toBe(1);
    await ada.delete();
    expect((await call.response)?.error).toMatchObject({
      code: -32000,
      data: { reason: 'session_ended' },
    });
    expect(call.inbox.all).toHaveLength(1);
  });

  it('leaves the caller’s other sessions alone', async () => {
    const { client } = await start();
    const [one, other] = [await client({ headers: ADA }), await client({ headers: ADA })];
    await one.delete();
    expect((await other.ask('tools/list')).result).toBeDefined();
  });
});

describe.each([
  ['random', {}],
  ['sealed', { secret: 's'.repeat(32) }],
])('mcp.sessions with %s ids', (_kind, options) => {
  it('counts what is open', async () => {
    const { client, router } = await start(options);
    const counts = [await router.mcp.sessions.count()];
    const [ada] = [await client(), await client()];
    counts.push(await router.mcp.sessions.count());
    await ada.delete();
    counts.push(await router.mcp.sessions.count());
    expect(counts).toEqual([0, 2, 1]);
  });

  it('closes a session for good, stream and all', async () => {
    const { url, client, router } = await start(options);
    const ada = await client();
    const stream = await ada.listen();
    expect(await router.mcp.sessions.close(ada.sessionId ?? '')).toBe(true);
    await stream.ended;
    expect(refusalOf(await send(url, inSession(ada.sessionId)))).toMatchObject(NOT_FOUND);
  });

  it('says when there is no such session, or none any more', async () => {
    const { client, router } = await start(options);
    const { sessionId = '' } = await client();
    expect(await router.mcp.sessions.close('nobody')).toBe(false);
    expect(await router.mcp.sessions.close(sessionId)).toBe(true);
    expect(await router.mcp.sessions.close(sessionId)).toBe(false);
  });
});

describe('limits', () => {
  const isThere = async (client: RawClient) => (await client.ask('tools/list')).error === undefined;

  it('evicts a principal’s own longest idle session at perPrincipal', async () => {
    const { client } = await start({ session: { perPrincipal: 2 } });
    const bob = await client({ headers: BOB });
    const clients = [await client({ headers: ADA }), await client({ headers: ADA })];
    for (const one of clients) await isThere(one);
    clients.push(await client({ headers: ADA }));
    expect(await Promise.all([...clients, bob].map(isThere))).toEqual([false, true, true, true]);
  });

  it('refuses with 503 and Retry-After when all are busy, and lets in when one is not', async () => {
    const { url, client } = await start({ session: { perAddress: 1 } });
    const stream = await (await client()).listen();
    const full = await send(url, { body: INITIALIZE });
    expect(refusalOf(full)).toEqual({ status: 503, code: -32000, reason: 'session_limit', id: 1 });
    expect(Number(full.headers['retry-after'])).toBeGreaterThan(0);
    stream.close();
    await expect.poll(async () => (await send(url, { body: INITIALIZE })).status).toBe(200);
  });

  it('never evicts a session with a running call', async () => {
    const { server, letGo, held } = createServer();
    const { url, client } = await endpoint(server, { session: { perAddress: 1 } });
    const call = (await client()).callTool('hold');
    await expect.poll(held).toBe(1);
    expect((await send(url, { body: INITIALIZE })).status).toBe(503);
    letGo();
    expect(told(await call.response).value).toBe('let go');
    expect((await send(url, { body: INITIALIZE })).status).toBe(200);
  });

  it('frees an idle session after idleMs', async () => {
    const { client, router } = await start({ session: { idleMs: 50 } });
    const ada = await client();
    await expect.poll(() => isThere(ada), { interval: 100 }).toBe(false);
    expect(await router.mcp.sessions.count()).toBe(0);
  });

  it('counts idleness from the end of a call, not from its start', async () => {
    const { server, letGo, held } = createServer();
    const { client } = await endpoint(server, { session: { idleMs: 500 } });
    const ada = await client();
    const startedAt = performance.now();
    const call = ada.callTool('hold');
    await expect.poll(held).toBe(1);
    await expect.poll(() => performance.now() - startedAt).toBeGreaterThan(600);
    letGo();
    await call.response;
    expect(await isThere(ada)).toBe(true);
  });

  it('counts idleness from the end of the GET stream, not from its start', async () => {
    const { client } = await start({ session: { idleMs: 500 } });
    const ada = await client();
    const startedAt = performance.now();
    const first = await ada.listen();
    await expect.poll(() => performance.now() - startedAt).toBeGreaterThan(600);
    first.close();
    expect(await isThere(ada)).toBe(true);
  });

  it('ends a session at absoluteMs, however busy it was', async () => {
    const { client } = await start({ session: { absoluteMs: 1_000 } });
    const ada = await client();
    expect(await isThere(ada)).toBe(true);
    await expect.poll(() => isThere(ada), { interval: 20, timeout: 5_000 }).toBe(false);
  });

  it('refuses more than callsPerSession at once, and the same id twice', async () => {
    const { server, letGo, held } = createServer();
    const { url, client } = await endpoint(server, { limits: { callsPerSession: 2 } });
    const ada = await client();
    const calls = [1, 2].map((id) => ada.callTool('hold', {}, { id }));
    await expect.poll(held).toBe(2);
    const again = await send(url, inSession(ada.sessionId, { body: { ...LIST, id: 2 } }));
    const third = await send(url, inSession(ada.sessionId, { body: { ...LIST, id: 3 } }));
    expect(refusalOf(again)).toMatchObject({ status: 409, reason: 'duplicate_id', id: 2 });
    expect(refusalOf(third)).toMatchObject({ status: 429, reason: 'calls_per_session', id: 3 });
    letGo();
    await Promise.all(calls.map(({ response }) => response));
    const free = await send(url, inSession(ada.sessionId, { body: { ...LIST, id: 2 } }));
    expect(messagesOf(free)[0]?.result).toBeDefined();
  });
});
