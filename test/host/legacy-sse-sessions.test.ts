/**
 * Sessions of HTTP+SSE: what they may hold, whose they are, and that they end with their connection.
 *
 * @module
 */
import type { RequestHandler } from 'express';
import type { McpRouterOptions, ServerFactory, Store } from 'express-mcp-router';
import { describe, expect, it } from 'vitest';
import type { SessionStore } from '../../lib/store/port.js';
import { abandonedRequest } from '../support/abandoned-request.js';
import { greeter } from '../support/greeter.js';
import { JSON_HEADERS, post, send } from '../support/raw-request.js';
import { RecordedLogger } from '../support/recorded-logger.js';
import { expectRefusal } from '../support/refusal.js';
import { INITIALIZE, PING, sseEndpoint, TELL } from '../support/sse-endpoint.js';
import { storeAround } from '../support/store-around.js';
import { type Telling, teller } from '../support/teller.js';

const EVENTUALLY = { timeout: 10_000 };
const UNKNOWN = { status: 404, reason: 'session_not_found' };
const SECRET = 'a secret of the tests, at least 32 bytes long';

const aborted = ({ extra: { signal } }: Telling) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve());
  });

/** A store that cannot be told that a session has ended. */
function withoutEnd(): Store {
  const down = () => Promise.reject(new Error('the store is down'));
  return storeAround({
    sessions: (sessions) =>
      new Proxy(sessions, {
        get: (store, name: keyof SessionStore) => (name === 'end' ? down : store[name].bind(store)),
      }),
  });
}

describe('a POST that cannot be served', () => {
  it.each<[string, unknown, Record<string, string>, number, string, number?]>([
    ['a batch', [PING], {}, 400, 'batch_not_allowed'],
    ['an empty batch', [], {}, 400, 'empty_batch'],
    ['no message', { id: 9 }, {}, 400, 'invalid_message', 9],
    ['an id that is none', { ...PING, id: null }, {}, 400, 'invalid_message'],
    [
      'a version of long ago',
      PING,
      { 'MCP-Protocol-Version': '1999' },
      400,
      'unsupported_version',
      9,
    ],
  ])('%s', async (_what, message, headers, status, reason, id) => {
    const { connect } = await sseEndpoint(greeter().server);
    const client = await connect({ version: '2025-03-26' });
    const data = expectRefusal(await client.post(message, headers), { status, reason, id });
    if (reason === 'unsupported_version') expect(data.supported).toContain('2024-11-05');
    expect((await client.callTool('greet')).result).toBeDefined();
  });

  it('an id that is in flight', async () => {
    const { server, call } = teller();
    const { connect } = await sseEndpoint(server);
    const client = await connect();
    expect((await client.post(TELL)).status).toBe(202);
    const { finish } = await call();
    const refusal = { status: 409, reason: 'duplicate_id', id: 9 };
    expectRefusal(await client.post(TELL), refusal);
    finish();
    await client.inbox.until(({ id }) => id === 9);
    expect((await client.post(TELL)).status).toBe(202);
  });

  it('a call too many', async () => {
    const { server, call } = teller();
    const { connect } = await sseEndpoint(server, { limits: { callsPerSession: 1 } });
    const client = await connect();
    await client.post(TELL);
    await call();
    expectRefusal(await client.post({ ...TELL, id: 10 }), {
      status: 429,
      reason: 'calls_per_session',
      id: 10,
      headers: { 'retry-after': '1' },
    });
  });
});

describe('a GET that cannot be served', () => {
  it.each(['application/json', 'text/html'])('Accept %s', async (Accept) => {
    const { get } = await sseEndpoint(greeter().server);
    expectRefusal(await get({ Accept }), { status: 406, reason: 'not_acceptable' });
  });

  it.each<[string, McpRouterOptions['session'], Record<string, string>]>([
    ['an address', { perAddress: 1 }, {}],
    ['a principal', { perPrincipal: 1 }, { 'x-user': 'ada' }],
    ['the endpoint', { max: 1 }, {}],
  ])('a session more than %s may have', async (_whose, session, headers) => {
    const { connect, get, router } = await sseEndpoint(greeter().server, { session });
    const client = await connect({ headers });
    const refusal = { status: 503, reason: 'session_limit', headers: { 'retry-after': '30' } };
    expectRefusal(await get(headers), refusal);
    client.close();
    await expect.poll(() => router.mcp.sessions.count(), EVENTUALLY).toBe(0);
    await connect({ headers });
  });

  it('at the limit takes the place of a connection that has not shaken hands', async () => {
    const { open, connect } = await sseEndpoint(greeter().server, { session: { max: 1 } });
    const silent = await open();
    const client = await connect();
    await silent.ended;
    expect((await client.callTool('greet')).result).toBeDefined();
  });
});

describe('the end of the connection', () => {
  it('ends the session and its calls', async () => {
    const { server, call } = teller();
    const { connect, router } = await sseEndpoint(server);
    const [client, other] = [await connect(), await connect()];
    await client.post(TELL);
    await other.post(TELL);
    const [first, second] = [await call(0), await call(1)];
    client.close();
    await aborted(first);
    await expect.poll(() => router.mcp.sessions.count(), EVENTUALLY).toBe(1);
    expectRefusal(await client.post(PING), { ...UNKNOWN, id: 9 });
    expect(second.extra.signal.aborted).toBe(false);
  });

  it('ends the calls even when the store is out of reach', async () => {
    const { server, call } = teller();
    const logger = new RecordedLogger();
    const { connect } = await sseEndpoint(server, { store: withoutEnd(), logger });
    const client = await connect();
    await client.post(TELL);
    const telling = await call();
    client.close();
    await aborted(telling);
    await expect.poll(() => logger.lines.map(({ level }) => level), EVENTUALLY).toEqual(['warn']);
  });

  it('comes to a client that does not read', async () => {
    const { server, call } = teller();
    const { connect, router } = await sseEndpoint(server, { limits: { unsentBytes: 1_000 } });
    const client = await connect();
    await client.post(TELL);
    const telling = await call();
    client.pause();
    const data = 'x'.repeat(100_000);
    const params = { level: 'info' as const, data };
    const isAborted = aborted(telling).then(() => true);
    for (let sent = 0; sent < 1_000; sent += 1) {
      await telling.extra.sendNotification({ method: 'notifications/message', params });
      if (telling.extra.signal.aborted) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await isAborted).toBe(true);
    await expect.poll(() => router.mcp.sessions.count(), EVENTUALLY).toBe(0);
  });

  it('comes before a server is built: the call does not run', async () => {
    const { server, call } = teller();
    let letGo = () => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    let built = 0;
    const factory = async ({ authInfo }: { authInfo?: { scopes: string[] } }) => {
      built += 1;
      if (authInfo?.scopes.includes('more') === true) await gate;
      return built === 1 ? greeter().server : server;
    };
    const { connect, router } = await sseEndpoint(factory as ServerFactory);
    const headers = { 'x-user': 'ada' };
    const client = await connect({ headers });
    const answer = client.post(TELL, { 'x-scopes': 'more' });
    await expect.poll(() => built, EVENTUALLY).toBe(2);
    client.close();
    await expect.poll(() => router.mcp.sessions.count(), EVENTUALLY).toBe(0);
    letGo();
    expectRefusal(await answer, { ...UNKNOWN, id: 9 });
    const hasRun = await Promise.race([call(), new Promise((resolve) => setImmediate(resolve))]);
    expect(hasRun).toBeUndefined();
  });
});

describe('a token that expires', () => {
  const login = (seconds: number) => ({
    'X-User': 'ada',
    'X-Expires-At': String(Math.ceil(Date.now() / 1_000) + seconds),
  });

  it('ends the connection, and with it the session and its calls', async () => {
    const { server, call } = teller();
    const { connect } = await sseEndpoint(server);
    const client = await connect({ headers: login(1) });
    await client.post(TELL);
    const tool = await call();
    await Promise.all([client.ended, aborted(tool)]);
    expectRefusal(await client.post(PING), { ...UNKNOWN, id: PING.id });
  });

  it('is taken for what it says: a connection with time left goes on', async () => {
    const { connect } = await sseEndpoint(greeter().server);
    const client = await connect({ headers: login(3_600) });
    expect(await client.ask('ping')).toMatchObject({ result: {} });
  });
});

describe('an end that the endpoint makes', () => {
  it('by sessions.close() is told to the calls and closes the connection', async () => {
    const { server, call } = teller();
    const { connect, router } = await sseEndpoint(server);
    const client = await connect();
    await client.post(TELL);
    const telling = await call();
    expect(await router.mcp.sessions.close(client.sessionId)).toBe(true);
    await client.ended;
    await aborted(telling);
    expect(await client.inbox.until(({ id }) => id === 9)).toMatchObject({
      error: { data: { reason: 'session_ended' } },
    });
    expect(await router.mcp.sessions.close(client.sessionId)).toBe(false);
  });

  it('by its absolute time-out comes with the next message', async () => {
    const { connect } = await sseEndpoint(greeter().server, { session: { absoluteMs: 1_000 } });
    const client = await connect();
    await expect.poll(async () => (await client.post(PING)).status, EVENTUALLY).toBe(404);
    await client.ended;
  });

  it('by close() ends every connection, and refuses new ones', async () => {
    const { server, call } = teller();
    const { open, connect, get, router } = await sseEndpoint(server);
    const [silent, client] = [await open(), await connect()];
    await client.post(TELL);
    await call();
    await router.mcp.close();
    await Promise.all([silent.ended, client.ended]);
    expect(await client.inbox.until(({ id }) => id === 9)).toMatchObject({
      error: { data: { reason: 'shutting_down' } },
    });
    const refusal = { status: 503, reason: 'shutting_down' };
    expectRefusal(await get(), refusal);
    expectRefusal(await client.post(PING), { ...refusal, id: 9 });
  });

  it('by drain() answers the running call, and refuses sessions and calls', async () => {
    const { server, call } = teller();
    const { open, connect, get, router } = await sseEndpoint(server);
    const [silent, client] = [await open(), await connect()];
    await client.post(TELL);
    const { finish } = await call();
    const drained = router.mcp.drain();
    const refusal = { status: 503, reason: 'shutting_down' };
    expectRefusal(await get(), refusal);
    const request = { jsonrpc: '2.0', id: 1, method: 'initialize', params: INITIALIZE };
    expectRefusal(await silent.post(request), { ...refusal, id: 1 });
    expectRefusal(await client.post({ ...TELL, id: 10 }), { ...refusal, id: 10 });
    finish('in time');
    await drained;
    expect(await client.inbox.until(({ id }) => id === 9)).toHaveProperty('result');
  });
});

describe('a session belongs to its opener', () => {
  it('another principal gets the answer that an unknown id gets, byte for byte', async () => {
    const { connect, url } = await sseEndpoint(greeter().server);
    const ada = await connect({ headers: { 'x-user': 'ada' } });
    const asBob = await ada.post(PING, { 'x-user': 'bob' });
    expectRefusal(asBob, { ...UNKNOWN, id: 9 });
    for (const target of ['/messages', '/messages?sessionId=', '/messages?sessionId=unknown']) {
      expect((await post(url, PING, { target })).text).toBe(asBob.text);
    }
    expect((await ada.callTool('greet')).result).toBeDefined();
  });

  it.each<[string, McpRouterOptions]>([
    ['random ids', {}],
    ['sealed ids', { secret: SECRET }],
  ])('and neither transport knows the other’s, with %s', async (_name, options) => {
    const { url, newClient, connect } = await sseEndpoint(greeter().server, options);
    const [recent, old] = [await newClient(), await connect()];
    const target = `/messages?sessionId=${encodeURIComponent(recent.sessionId ?? '')}`;
    expectRefusal(await post(url, PING, { target }), { ...UNKNOWN, id: 9 });
    for (const method of ['GET', 'POST', 'DELETE']) {
      const headers = {
        ...JSON_HEADERS,
        'Mcp-Session-Id': old.sessionId,
      };
      const sent = { method, headers, ...(method === 'POST' && { body: JSON.stringify(PING) }) };
      const { status, text } = await send(url, sent);
      expect([method, status]).toEqual([method, 404]);
      expect(text).toContain('session_not_found');
    }
    expect((await old.callTool('greet')).result).toBeDefined();
    expect((await recent.ask('ping')).result).toEqual({});
  });

  it('a sealed id does not open a session for the old transport after a restart', async () => {
    const options = { secret: SECRET, baseUrl: 'http://localhost' };
    const { newClient } = await sseEndpoint(greeter().server, options);
    const { sessionId = '' } = await newClient();
    const { url, connect } = await sseEndpoint(greeter().server, options);
    await connect();
    const target = `/messages?sessionId=${encodeURIComponent(sessionId)}`;
    expectRefusal(await post(url, PING, { target }), { ...UNKNOWN, id: 9 });
  });
});

it('ends a session whose client left before it was opened', async () => {
  const dropped: string[] = [];
  const store = storeAround({
    hooks: (hooks) => ({
      ...hooks,
      dropped: (record, reason) => {
        dropped.push(reason);
        hooks.dropped(record, reason);
      },
    }),
  });
  const middleware: RequestHandler = (_req, res, next) => void res.once('close', next);
  const { sse, router } = await sseEndpoint(greeter().server, { store, middleware });
  await abandonedRequest(sse, { Accept: 'text/event-stream' }, '', 'GET');
  await expect.poll(() => dropped, EVENTUALLY).toEqual(['ended']);
  expect(await router.mcp.sessions.count()).toBe(0);
});
