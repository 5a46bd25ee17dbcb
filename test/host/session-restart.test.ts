/**
 * Sealed session ids: what they carry over a restart, and what they do not open.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { type McpRouterOptions, mcpRouter } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { endpoint, type TestEndpoint } from '../support/endpoint.js';
import { refusalOf, send } from '../support/http-client.js';
import { listen } from '../support/listen.js';
import { RawClient, type RawClientOptions } from '../support/raw-client.js';
import { text, told } from '../support/tool-result.js';

const CHILD = fileURLToPath(new URL('session-restart.mjs', import.meta.url));
const secret = 'a'.repeat(32);
const NOT_FOUND = { status: 404, code: -32001, reason: 'session_not_found' };
const LIST = { jsonrpc: '2.0', id: 7, method: 'tools/list' };
const ADA = { 'x-user': 'ada' };

/** Starts a server process; it has to be stopped before its successor starts. */
async function startProcess(options: McpRouterOptions) {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const stop = async () => {
    child.kill();
    await exit;
  };
  onTestFinished(stop);
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { url: new URL(url), pid: child.pid, stop };
}

function createServer(): McpServer {
  const server = new McpServer({ name: 'restarted', version: '1.0.0' });
  server.registerTool('client', {}, () =>
    text([server.server.getClientVersion(), server.server.getClientCapabilities()]),
  );
  return server;
}

const start = (options: McpRouterOptions = { secret }) => endpoint(createServer(), options);

/** The same client at another process: same session, same headers. */
function movedTo({ url }: Pick<TestEndpoint, 'url'>, from: RawClient, options?: RawClientOptions) {
  const client = new RawClient(url, options);
  client.sessionId = from.sessionId;
  onTestFinished(() => client.close());
  return client;
}

/** What `tools/list` in this session is refused with; `status: 200` when it is not. */
const verdictOf = async (url: URL, id: string | undefined, headers = {}) =>
  refusalOf(await send(url, { body: LIST, headers: { 'Mcp-Session-Id': id, ...headers } }));

describe('a restarted process', () => {
  it('goes on with the session and knows its client', { timeout: 30_000 }, async () => {
    const first = await startProcess({ secret });
    const capabilities = { roots: { listChanged: true } };
    const ada = await RawClient.connect(first.url, { name: 'ada', capabilities });
    const before = told(await ada.callTool('whoami').response).value;
    ada.close();
    await first.stop();
    const second = await startProcess({ secret });
    const after = told(await movedTo(second, ada).callTool('whoami').response).value;
    const known = { sessionId: ada.sessionId, client: 'ada', capabilities };
    expect(before).toEqual({ ...known, pid: first.pid });
    expect(after).toEqual({ ...known, pid: second.pid });
  });

  it('knows nothing without a secret', { timeout: 30_000 }, async () => {
    const first = await startProcess({});
    const ada = await RawClient.connect(first.url);
    ada.close();
    await first.stop();
    const second = await startProcess({});
    expect(await verdictOf(second.url, ada.sessionId)).toMatchObject(NOT_FOUND);
  });
});

describe('a session that wakes', () => {
  it('is live again: counted, and heard on its GET stream', async () => {
    const ada = await (await start()).client();
    const next = await start();
    expect(await next.router.mcp.sessions.count()).toBe(0);
    const stream = await movedTo(next, ada).listen();
    expect(await next.router.mcp.sessions.count()).toBe(1);
    next.router.mcp.notify.toolsChanged();
    await stream.inbox.method('notifications/tools/list_changed');
  });

  it('keeps its revision: batches in 2025-03-26 only', async () => {
    const first = await start();
    const old = await first.client({ version: '2025-03-26' });
    const recent = await first.client({ version: '2025-06-18' });
    const { url } = await start();
    const statuses = await Promise.all(
      [old, recent].map(async ({ sessionId }) => {
        const headers = { 'Mcp-Session-Id': sessionId };
        return (await send(url, { body: [LIST], headers })).status;
      }),
    );
    expect(statuses).toEqual([200, 400]);
  });

  it('gets a server of its own from a factory, which hears the old handshake (DESIGN §4)', async () => {
    const heard: unknown[] = [];
    const factory = () => {
      const server = createServer();
      server.server.oninitialized = () => heard.push(server.server.getClientVersion()?.name);
      return server;
    };
    const capabilities = { sampling: {} };
    const ada = await (await endpoint(factory, { secret })).client({ name: 'ada', capabilities });
    const next = await endpoint(factory, { secret });
    const client = movedTo(next, ada);
    const answers = [await client.callTool('client').response, await client.ask('tools/list')];
    expect(told(answers[0]).value).toEqual([{ name: 'ada', version: '1.0.0' }, capabilities]);
    expect(heard).toEqual(['ada', 'ada']);
  });

  it('wakes from idleness too, in the process that opened it', async () => {
    const { url, client } = await start({ secret, session: { idleMs: 1 } });
    const { sessionId } = await client();
    const openedAt = Date.now();
    await expect.poll(() => Date.now()).toBeGreaterThan(openedAt + 1);
    expect(await verdictOf(url, sessionId)).toMatchObject({ status: 200 });
  });

  it('is one session, however many requests wake it at once', async () => {
    const ada = await (await start()).client();
    const next = await start({ secret, session: { perAddress: 1 } });
    const again = movedTo(next, ada);
    const answers = Array.from({ length: 5 }, () => again.request('tools/list'));
    const heads = await Promise.all(answers.map(({ head }) => head));
    expect(heads.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200]);
    expect(await next.router.mcp.sessions.count()).toBe(1);
  });

  it('gets 503, not 404, where there is no room for it now (DESIGN §5)', async () => {
    const ada = await (await start()).client();
    const next = await start({ secret, session: { perAddress: 1 } });
    const stream = await (await next.client()).listen();
    expect(await verdictOf(next.url, ada.sessionId)).toMatchObject({
      status: 503,
      reason: 'session_limit',
    });
    stream.close();
    await expect
      .poll(async () => (await verdictOf(next.url, ada.sessionId)).status, { interval: 20 })
      .toBe(200);
  });
});

describe('the end of a sealed session', () => {
  it('comes with DELETE, although the id could still be opened', async () => {
    const { url, client } = await start();
    const ada = await client();
    expect(await ada.delete()).toBe(200);
    expect(await verdictOf(url, ada.sessionId)).toMatchObject(NOT_FOUND);
  });

  it('comes with the DELETE of a session that was asleep', async () => {
    const ada = await (await start()).client();
    const next = await start();
    expect(await movedTo(next, ada).delete()).toBe(200);
    expect(await verdictOf(next.url, ada.sessionId)).toMatchObject(NOT_FOUND);
  });

  it('comes with sessions.close() of a session that was asleep', async () => {
    const ada = await (await start()).client();
    const { url, router } = await start();
    expect(await router.mcp.sessions.close(ada.sessionId ?? '')).toBe(true);
    expect(await verdictOf(url, ada.sessionId)).toMatchObject(NOT_FOUND);
  });

  it('comes at its absolute end, in the next process too', async () => {
    const ada = await (await start({ secret, session: { absoluteMs: 1_000 } })).client();
    const next = await start();
    expect((await verdictOf(next.url, ada.sessionId)).status).toBe(200);
    await expect
      .poll(() => verdictOf(next.url, ada.sessionId), { interval: 50, timeout: 5_000 })
      .toMatchObject(NOT_FOUND);
  });
});

describe('a sealed id', () => {
  it('is opened by every key of the ring, and sealed by the first', async () => {
    const [oldKey, newKey] = ['o'.repeat(32), 'n'.repeat(32)];
    const before = await (await start({ secret: oldKey })).client();
    const during = await start({ secret: [newKey, oldKey] });
    const between = await during.client();
    const after = await start({ secret: newKey });
    const statuses = [
      (await verdictOf(during.url, before.sessionId)).status,
      (await verdictOf(after.url, between.sessionId)).status,
      (await verdictOf(after.url, before.sessionId)).status,
    ];
    expect(statuses).toEqual([200, 200, 404]);
  });

  it('opens nothing when a single character of it was changed', async () => {
    const { sessionId = '' } = await (await start()).client();
    const next = await start();
    const places = [0, 15, 16, sessionId.length >> 1, sessionId.length - 1];
    for (const place of places) {
      const other = sessionId[place] === 'A' ? 'B' : 'A';
      const tampered = sessionId.slice(0, place) + other + sessionId.slice(place + 1);
      expect(await verdictOf(next.url, tampered)).toMatchObject(NOT_FOUND);
    }
    expect((await verdictOf(next.url, sessionId)).status).toBe(200);
  });

  it.each([
    ['cut', (id: string) => id.slice(0, -4)],
    ['padded', (id: string) => `${id}=`],
    ['lengthened', (id: string) => `${id}AAAA`],
    ['one character', () => 'A'],
    ['longer than any of ours', () => 'A'.repeat(3_000)],
    ['not base64url', (id: string) => id.replace(/^.../, '+/!')],
  ])('opens nothing when it is %s', async (_what, change) => {
    const { sessionId = '' } = await (await start()).client();
    const { url } = await start();
    expect(await verdictOf(url, change(sessionId))).toMatchObject(NOT_FOUND);
  });

  it('does not open with another secret', async () => {
    const { sessionId } = await (await start()).client();
    const { url } = await start({ secret: 'b'.repeat(32) });
    expect(await verdictOf(url, sessionId)).toMatchObject(NOT_FOUND);
  });

  it('belongs to its principal, asleep as well as awake', async () => {
    const ada = await (await start()).client({ headers: ADA });
    const { url } = await start();
    expect(await verdictOf(url, ada.sessionId, { 'x-user': 'bob' })).toMatchObject(NOT_FOUND);
    expect(await verdictOf(url, ada.sessionId)).toMatchObject(NOT_FOUND);
    expect((await verdictOf(url, ada.sessionId, ADA)).status).toBe(200);
  });

  it('belongs to its endpoint', async () => {
    const ada = await (await start({ secret, mcpPath: '/mcp' })).client();
    const app = express().use('/other', mcpRouter(createServer(), { secret }));
    const url = new URL('/other/mcp', await listen(app));
    expect(await verdictOf(url, ada.sessionId)).toMatchObject(NOT_FOUND);
  });

  it('belongs to its tenant of a mount with parameters', async () => {
    const serveTenants = async () => {
      const app = express().use('/t/:tenant', mcpRouter(createServer(), { secret }));
      return listen(app);
    };
    const ada = await RawClient.connect(new URL('/t/one/mcp', await serveTenants()));
    ada.close();
    const origin = await serveTenants();
    const ask = (tenant: string) => verdictOf(new URL(`/t/${tenant}/mcp`, origin), ada.sessionId);
    expect(await ask('two')).toMatchObject(NOT_FOUND);
    expect((await ask('one')).status).toBe(200);
    expect(await ask('two')).toMatchObject(NOT_FOUND);
  });

  it('shows nothing of what is in it', async () => {
    const { client } = await start();
    const { sessionId = '' } = await client({ name: 'a very private name' });
    expect(Buffer.from(sessionId, 'base64url').toString('latin1')).not.toContain('private');
  });

  it('says only whose session it is when the handshake is too long for a header, and dies with its process', async () => {
    const { url, client } = await start();
    const capabilities = { experimental: { noise: noise() } };
    const { sessionId = '' } = await client({ capabilities });
    expect(sessionId.length).toBeLessThan(400);
    expect((await verdictOf(url, sessionId)).status).toBe(200);
    expect(await verdictOf((await start()).url, sessionId)).toMatchObject(NOT_FOUND);
  });
});

/** What does not get shorter by packing it. */
const noise = () => Object.fromEntries(Array.from({ length: 300 }, () => [Math.random(), 1]));
