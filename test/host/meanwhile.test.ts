/**
 * Sessions whose store takes its time, or whose server is built first: what ends meanwhile is over, and what is
 * used meanwhile is not.
 *
 * @module
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { endpoint } from '../support/endpoint.js';
import { haltingStore } from '../support/halting-store.js';
import { refusalOf, send } from '../support/http-client.js';
import type { RawClient } from '../support/raw-client.js';
import { teller } from '../support/teller.js';

const NOT_FOUND = { status: 404, code: -32001, reason: 'session_not_found' };
const SECRET = 'a key that is long enough for every one of us';
const TELL = { jsonrpc: '2.0', id: 'c', method: 'tools/call', params: { name: 'tell' } };

async function started(options = {}) {
  const { store, halt } = haltingStore();
  const { server, call } = teller();
  const { client, url, router } = await endpoint(server, { store, ...options });
  const ada = await client();
  const get = (lastEventId?: string) =>
    send(url, { method: 'GET', headers: { ...named(ada), 'Last-Event-ID': lastEventId } });
  const post = () => send(url, { headers: named(ada), body: TELL });
  return { ada, halt, call, client, get, post, router };
}

const named = ({ sessionId }: RawClient) => ({ 'Mcp-Session-Id': sessionId });

afterEach(() => void vi.useRealTimers());

describe('a session that ends while it is looked up', () => {
  it.each(['find', 'touch'] as const)('is not listened to (%s)', async (operation) => {
    const { ada, halt, get } = await started();
    const { reached, go } = halt(operation);
    const listening = get();
    await reached;
    expect(await ada.delete()).toBe(200);
    go();
    expect(refusalOf(await listening)).toEqual(NOT_FOUND);
  });

  it.each(['find', 'touch'] as const)('does not resume its stream (%s)', async (operation) => {
    const { ada, halt, get } = await started();
    const stream = await ada.listen();
    await expect.poll(() => stream.events.length).toBe(1);
    const { reached, go } = halt(operation);
    const resuming = get(stream.events[0]?.id);
    await reached;
    expect(await ada.delete()).toBe(200);
    go();
    expect(refusalOf(await resuming)).toEqual(NOT_FOUND);
  });

  it.each(['find', 'touch'] as const)('is not called (%s)', async (operation) => {
    const { ada, halt, post, call } = await started();
    let isCalled = false;
    void call().then(() => {
      isCalled = true;
    });
    const { reached, go } = halt(operation);
    const posted = post();
    await reached;
    expect(await ada.delete()).toBe(200);
    go();
    expect(refusalOf(await posted)).toEqual({ ...NOT_FOUND, id: 'c' });
    expect(isCalled).toBe(false);
  });

  it('is not woken for good by a request that came before its end', async () => {
    const session = { perAddress: 1 };
    const { ada, halt, client, post, router } = await started({ secret: SECRET, session });
    await client();
    const { reached, go } = halt('ended');
    const posted = post();
    await reached;
    expect(await router.mcp.sessions.close(ada.sessionId ?? '')).toBe(true);
    go();
    expect(refusalOf(await posted)).toEqual({ ...NOT_FOUND, id: 'c' });
    expect(refusalOf(await post())).toEqual({ ...NOT_FOUND, id: 'c' });
  });
});

describe('a session that ends while its server is built', () => {
  it('is neither called nor listened to', async () => {
    let built = () => {};
    let isBuilding = () => {};
    const building = new Promise<void>((resolve) => {
      isBuilding = resolve;
    });
    const isBuilt = new Promise<void>((resolve) => {
      built = resolve;
    });
    let servers = 0;
    const { client, url } = await endpoint(
      async () => {
        servers += 1;
        if (servers === 3) {
          isBuilding();
          await isBuilt;
        }
        return teller().server;
      },
      { secret: SECRET, session: { perAddress: 1 } },
    );
    const ada = await client();
    const headers = named(ada);
    await client();
    const listening = send(url, { method: 'GET', headers });
    const posted = send(url, { headers, body: TELL });
    await building;
    expect(await ada.delete()).toBe(200);
    built();
    expect(refusalOf(await listening)).toEqual(NOT_FOUND);
    expect(refusalOf(await posted)).toEqual({ ...NOT_FOUND, id: 'c' });
  });
});

describe('a session that was busy for longer than its idle time', () => {
  const waitAnHour = () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
  };

  it('is not idle before its store knows that its GET stream has broken off', async () => {
    const { ada, halt } = await started();
    const stream = await ada.listen();
    waitAnHour();
    const { reached, go } = halt('touch');
    stream.close();
    await reached;
    expect(await ada.ask('ping')).toMatchObject({ result: {} });
    go();
  });

  it('is not idle before its store knows that its call has ended', async () => {
    const { ada, halt, call } = await started();
    const post = ada.callTool('tell');
    const tool = await call();
    waitAnHour();
    const { reached, go } = halt('touch');
    tool.finish();
    await reached;
    await post.response;
    expect(await ada.ask('ping')).toMatchObject({ result: {} });
    go();
  });
});
