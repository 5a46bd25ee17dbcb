/**
 * How long a stream lives: beside its session, its eviction, its DELETE, and the endpoint's end.
 *
 * @module
 */
import { type EventLog, memoryEventStore } from 'express-mcp-router';
import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../support/collect-garbage.js';
import { endpoint } from '../support/endpoint.js';
import { send } from '../support/http-client.js';
import type { RawClient } from '../support/raw-client.js';
import { storeAround } from '../support/store-around.js';
import { teller } from '../support/teller.js';
import { told } from '../support/tool-result.js';

/** A memory log that notes which sessions were opened and dropped. */
function notedLog() {
  const log = memoryEventStore();
  const opened: string[] = [];
  const dropped: string[] = [];
  const noted: EventLog = {
    name: 'noted',
    open: (key, requests) => {
      opened.push(key.session);
      return log.open(key, requests);
    },
    find: (key) => log.find(key),
    drop: (session) => {
      dropped.push(session);
      return log.drop(session);
    },
    close: () => log.close(),
  };
  return { log: noted, opened, dropped };
}

/** A memory store, and what can still be reached of the records that it was given. */
function notedStore() {
  const records: WeakRef<object>[] = [];
  const store = storeAround({
    sessions: (sessions) => {
      const admit = sessions.admit.bind(sessions);
      sessions.admit = (record, now) => {
        records.push(new WeakRef(record));
        return admit(record, now);
      };
      return sessions;
    },
  });
  return { store, records };
}

/** What is left after a garbage collection. */
function reachable(references: readonly WeakRef<object>[]): object[] {
  collectGarbage();
  return references.flatMap((reference) => reference.deref() ?? []);
}

const deletion = ({ sessionId }: RawClient) => ({
  method: 'DELETE',
  headers: { 'Mcp-Session-Id': sessionId },
});

describe('a GET stream whose client is away', () => {
  it('does not keep its session from being evicted', async () => {
    const { server } = teller();
    const { client } = await endpoint(server, { session: { perAddress: 1 } });
    const ada = await client();
    const stream = await ada.listen();
    await expect.poll(() => stream.events.length).toBe(1);
    stream.close();
    await expect.poll(async () => (await client()).sessionId !== undefined).toBe(true);
    expect((await ada.resume(stream.events[0]?.id ?? '')).status).toBe(404);
  });
});

describe('a session that has ended', () => {
  it('is dropped from the log by a name that is not its id', async () => {
    const { server } = teller();
    const { log, opened, dropped } = notedLog();
    const { client } = await endpoint(server, { eventStore: log });
    const ada = await client();
    await ada.listen();
    expect(await ada.delete()).toBe(200);
    expect(dropped).toEqual(opened);
    expect(dropped[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(ada.sessionId).not.toContain(dropped[0]);
  });

  it('is let go, although its client may still have come back for its GET stream', async () => {
    const { server } = teller();
    const { store, records } = notedStore();
    const { client, url } = await endpoint(server, { store });
    const ada = await client();
    const stream = await ada.listen();
    await expect.poll(() => stream.events.length).toBe(1);
    stream.close();
    ada.close();
    await expect.poll(async () => (await send(url, deletion(ada))).status).toBe(404);
    await expect.poll(() => reachable(records)).toEqual([]);
  });

  it('is kept in the log while it is only idle and can be woken', async () => {
    const { server } = teller();
    const { log, opened, dropped } = notedLog();
    const secret = 'a key that is long enough for every one of us';
    const session = { perAddress: 1 };
    const { client } = await endpoint(server, { eventStore: log, secret, session });
    const ada = await client();
    const post = ada.callTool('missing', {}, { progressToken: 't' });
    await post.response;
    await client();
    expect(await ada.ask('ping')).toMatchObject({ result: {} });
    expect([opened.length, dropped.length]).toEqual([0, 0]);
  });
});

describe('a token that expires', () => {
  const login = (expiresAt: number) => ({ 'X-User': 'ada', 'X-Expires-At': String(expiresAt) });
  const inSeconds = (seconds: number) => Math.ceil(Date.now() / 1_000) + seconds;

  it('ends the GET stream, new or resumed, and not the call', async () => {
    const { server, call } = teller();
    const { client } = await endpoint(server);
    const ada = await client({ headers: login(inSeconds(1)) });
    const post = ada.callTool('tell', {}, { progressToken: 't' });
    const tool = await call();
    await tool.say(1);
    const stream = await ada.listen();
    await stream.ended;
    const resumed = await ada.listen(stream.events[0]?.id);
    await resumed.ended;
    await tool.say(2);
    tool.finish();
    expect(told(await post.response).value).toBe('told');
  });

  it('is taken for what it says: a stream with time left goes on', async () => {
    const { server } = teller();
    const { client } = await endpoint(server);
    const ada = await client({ headers: login(inSeconds(3_600)) });
    const stream = await ada.listen();
    server.sendToolListChanged();
    await stream.inbox.method('notifications/tools/list_changed');
  });
});

describe('an endpoint that drains', () => {
  it('lets clients come back for the calls that still run', async () => {
    const { server, call } = teller();
    const { client, router } = await endpoint(server);
    const ada = await client();
    const post = ada.callTool('tell', {}, { progressToken: 't' });
    const tool = await call();
    tool.extra.closeSSEStream?.();
    await post.response;
    const drained = router.mcp.drain();
    await expect.poll(async () => (await router.mcp.ready()).ready).toBe(false);
    const stream = await ada.listen(post.events.findLast(({ id }) => id)?.id);
    await expect(ada.listen()).rejects.toThrow('503');
    tool.finish();
    await drained;
    await stream.ended;
    expect(told(stream.inbox.all[0]).value).toBe('told');
  });
});
