/**
 * The life of an endpoint: ready, draining, closed.
 *
 * @module
 */
import express from 'express';
import { mcpRouter } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { greeter, greeting, greetingIn } from '../support/greeter.js';
import { listen } from '../support/listen.js';
import { RawClient } from '../support/raw-client.js';
import { post, send } from '../support/raw-request.js';
import { expectRefusal } from '../support/refusal.js';

const SHUTTING_DOWN = { status: 503, reason: 'shutting_down', headers: { 'retry-after': '1' } };
const INITIALIZE = {
  jsonrpc: '2.0',
  id: 'i',
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  },
};

/** An endpoint with one client that has shaken hands. */
async function connected() {
  const { server, ...gate } = greeter();
  const router = mcpRouter(server);
  onTestFinished(() => router.mcp.close());
  const url = `${await listen(express().use(router))}/mcp`;
  const client = await RawClient.connect(url);
  onTestFinished(() => client.close());
  const headers = { 'Mcp-Session-Id': client.sessionId };
  const greet = () => post(url, greeting(), { headers });
  return { server, ...gate, mcp: router.mcp, url, client, headers, greet };
}

/** Whether a promise is settled by the time that everything that can run has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  promise.then(note, note);
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

describe('ready()', () => {
  it('connects the server, which construction does not', async () => {
    const { server } = greeter();
    const { mcp } = mcpRouter(server);
    onTestFinished(() => mcp.close());
    expect(server.isConnected()).toBe(false);
    expect(await mcp.ready()).toMatchObject({ ready: true });
    expect(server.isConnected()).toBe(true);
  });

  it('may be asked any number of times, at once too', async () => {
    const { mcp } = mcpRouter(greeter().server);
    onTestFinished(() => mcp.close());
    const answers = await Promise.all([mcp.ready(), mcp.ready(), mcp.ready()]);
    expect(answers.map(({ ready }) => ready)).toEqual([true, true, true]);
  });

  it('tells that the endpoint is closed', async () => {
    const { mcp } = mcpRouter(greeter().server);
    await mcp.ready();
    await mcp.close();
    const { ready, checks } = await mcp.ready();
    expect(ready).toBe(false);
    expect(checks).toContainEqual({ name: 'accepting', ok: false, detail: 'closed' });
  });
});

describe('drain()', () => {
  it('waits for running calls, which get their answers', async () => {
    const { mcp, client, waiting, open } = await connected();
    const call = client.callTool('wait');
    await waiting();
    const drained = mcp.drain();
    expect(await isSettled(drained)).toBe(false);
    open();
    expect((await call.response)?.result).toMatchObject({ content: [{ text: 'waited' }] });
    await drained;
  });

  it('refuses new calls, sessions and streams with 503 meanwhile', async () => {
    const { mcp, client, url, headers, greet, waiting, open } = await connected();
    const call = client.callTool('wait');
    await waiting();
    const drained = mcp.drain();
    expectRefusal(await greet(), { ...SHUTTING_DOWN, id: 1 });
    expectRefusal(await post(url, INITIALIZE), { ...SHUTTING_DOWN, id: 'i' });
    const stream = { method: 'GET', headers: { ...headers, Accept: 'text/event-stream' } };
    expectRefusal(await send(url, stream), SHUTTING_DOWN);
    open();
    expect((await call.response)?.result).toBeDefined();
    await drained;
    expectRefusal(await greet(), { ...SHUTTING_DOWN, id: 1 });
  });

  it('takes cancellations of running calls meanwhile', async () => {
    const { mcp, client, waiting } = await connected();
    const call = client.callTool('wait', {}, { id: 'long' });
    await waiting();
    const drained = mcp.drain();
    expect(await client.notify('notifications/cancelled', { requestId: 'long' })).toBe(202);
    expect(await call.response).toBeUndefined();
    await drained;
  });

  it('gives calls that outlast the deadline a definite error', async () => {
    const { mcp, client, waiting } = await connected();
    const call = client.callTool('wait', {}, { id: 'long' });
    await waiting();
    await mcp.drain({ deadlineMs: 20 });
    expect(await call.response).toMatchObject({
      id: 'long',
      error: { data: { reason: 'shutting_down' } },
    });
  });

  it('serves what is open for delayMs, and opens nothing new', async () => {
    const { mcp, url, greet } = await connected();
    const drained = mcp.drain({ delayMs: 200 });
    expect((await mcp.ready()).ready).toBe(false);
    expect((await greet()).status).toBe(200);
    expectRefusal(await post(url, INITIALIZE), { ...SHUTTING_DOWN, id: 'i' });
    await drained;
    expectRefusal(await greet(), { ...SHUTTING_DOWN, id: 1 });
  });

  it('is over at once when nothing runs', async () => {
    const { mcp } = await connected();
    await mcp.drain();
  });

  it('asked for twice is over for both at the same time', async () => {
    const { mcp, client, waiting, open } = await connected();
    const call = client.callTool('wait');
    await waiting();
    const [first, second] = [mcp.drain(), mcp.drain()];
    expect(await isSettled(second)).toBe(false);
    open();
    await Promise.all([first, second, call.response]);
  });

  it('is cut short by close()', async () => {
    const { mcp, client, waiting } = await connected();
    const call = client.callTool('wait');
    await waiting();
    const drained = mcp.drain({ deadlineMs: 60_000 });
    await mcp.close();
    await drained;
    expect((await call.response)?.error?.data).toMatchObject({ reason: 'shutting_down' });
  });
});

describe('close()', () => {
  it('ends calls with a definite error, streams, sessions, and the server', async () => {
    const { mcp, server, client, waiting } = await connected();
    const stream = await client.listen();
    const call = client.callTool('wait');
    await waiting();
    await mcp.close();
    expect((await call.response)?.error?.data).toMatchObject({ reason: 'shutting_down' });
    await stream.ended;
    expect(server.isConnected()).toBe(false);
  });

  it('may be asked for twice, and before anything was connected', async () => {
    const { mcp } = mcpRouter(greeter().server);
    await Promise.all([mcp.close(), mcp.close()]);
    await mcp.close();
  });

  it('leaves 503 behind: an outage is not the end of a session', async () => {
    const { mcp, url, headers, greet, client } = await connected();
    await mcp.close();
    expectRefusal(await greet(), { ...SHUTTING_DOWN, id: 1 });
    expectRefusal(await post(url, INITIALIZE), { ...SHUTTING_DOWN, id: 'i' });
    const stream = { method: 'GET', headers: { ...headers, Accept: 'text/event-stream' } };
    expectRefusal(await send(url, stream), SHUTTING_DOWN);
    expect(await client.notify('notifications/roots/list_changed')).toBe(503);
    expectRefusal(await send(url, { method: 'DELETE', headers }), SHUTTING_DOWN);
  });
});

describe('sessions', () => {
  it('are counted and can be ended by their operator', async () => {
    const { mcp, client, greet, headers } = await connected();
    expect(await mcp.sessions.count()).toBe(1);
    expect(greetingIn(await greet())).toBe('greeter greets world');
    const stream = await client.listen();
    expect(await mcp.sessions.close(headers['Mcp-Session-Id'] ?? '')).toBe(true);
    await stream.ended;
    expect(await mcp.sessions.count()).toBe(0);
    expect(await mcp.sessions.close(headers['Mcp-Session-Id'] ?? '')).toBe(false);
    expectRefusal(await greet(), { status: 404, reason: 'session_not_found', id: 1 });
  });
});
