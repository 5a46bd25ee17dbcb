/**
 * A session that two instances serve.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { greeter } from '../support/greeter.js';
import { lacksRedis, useRedis } from '../support/redis.js';
import { teller } from '../support/teller.js';
import { told } from '../support/tool-result.js';
import { elsewhere, SECRET, twins } from '../support/two-instances.js';

const LOG = 'notifications/message';

describe.skipIf(lacksRedis('sessions of two instances'))('a session of two instances', () => {
  const redis = useRedis();

  it('is served by both', async () => {
    const { wanderer, a, b } = await twins(redis.url, () => greeter('twin').server);
    const { here, there } = await wanderer();
    for (const client of [there, here, there]) {
      const { result } = await client.ask('tools/call', { name: 'greet', arguments: {} });
      expect(result).toMatchObject({ content: [{ text: 'twin greets world' }] });
    }
    expect(await a.router.mcp.sessions.count()).toBe(1);
    expect(await b.router.mcp.sessions.count()).toBe(1);
  });

  it('takes its logging level along', async () => {
    const [one, other] = [teller(), teller()];
    const servers = [one.server, other.server];
    const { wanderer } = await twins(redis.url, () => servers.shift() ?? one.server);
    const { here, there } = await wanderer();
    await here.ask('logging/setLevel', { level: 'error' });
    const call = there.callTool('tell');
    const telling = await other.call();
    for (const level of ['info', 'error'] as const) {
      await telling.extra.sendNotification({ method: LOG, params: { level, data: level } });
    }
    telling.finish();
    await call.response;
    expect(call.inbox.all.filter(({ method }) => method === LOG)).toMatchObject([
      { params: { level: 'error' } },
    ]);
  });

  it('is ended by DELETE at one of them: calls and streams end at the other', async () => {
    const { server, call } = teller();
    const { wanderer } = await twins(redis.url, () => server);
    const { here, there } = await wanderer();
    const stream = await here.listen();
    const running = here.callTool('tell');
    await call();
    expect(await there.delete()).toBe(200);
    expect((await running.response)?.error?.data).toEqual({ reason: 'session_ended' });
    await stream.ended;
    for (const client of [here, there]) expect(await client.notify('ping')).toBe(404);
  });

  it('refuses an id that is in flight at the other (409), until it is over', async () => {
    const { server, call } = teller();
    const { wanderer } = await twins(redis.url, () => server);
    const { here, there } = await wanderer();
    const first = here.callTool('tell', {}, { id: 'same' });
    const telling = await call();
    const second = there.callTool('tell', {}, { id: 'same' });
    expect((await second.head).statusCode).toBe(409);
    telling.finish('first');
    expect(told(await first.response).value).toBe('first');
    await expect
      .poll(async () => (await there.request('ping', {}, { id: 'same' }).head).statusCode)
      .toBe(200);
  });

  it('counts calls in flight at both', async () => {
    const { server, call } = teller();
    const limits = { callsPerSession: 2 };
    const { wanderer } = await twins(redis.url, () => server, { limits });
    const { here, there } = await wanderer();
    here.callTool('tell', {}, { id: 1 });
    there.callTool('tell', {}, { id: 2 });
    const [one, other] = await Promise.all([call(0), call(1)]);
    expect((await here.callTool('tell', {}, { id: 3 }).head).statusCode).toBe(429);
    for (const telling of [one, other]) telling.finish();
    await expect
      .poll(async () => (await there.request('ping', {}, { id: 4 }).head).statusCode)
      .toBe(200);
  });

  it('cancels at one what runs at the other', async () => {
    const { server, call } = teller();
    const { wanderer } = await twins(redis.url, () => server);
    const { here, there } = await wanderer();
    const running = here.callTool('tell', {}, { id: 'long' });
    const { extra } = await call();
    const params = { requestId: 'long', reason: 'enough' };
    expect(await there.notify('notifications/cancelled', params)).toBe(202);
    await expect.poll(() => extra.signal.aborted).toBe(true);
    expect(await running.response).toBeUndefined();
  });

  it('outlives an empty Redis and a restart of all instances', async () => {
    const { wanderer } = await twins(redis.url, () => greeter().server);
    const { here } = await wanderer();
    await redis.command('FLUSHALL');
    expect((await here.ask('tools/list')).result).toBeDefined();
    const later = await twins(redis.url, () => greeter().server, { secret: SECRET });
    const again = elsewhere(here, later.b.url);
    expect((await again.ask('tools/list')).result).toBeDefined();
  });

  it('cannot be told from an unknown one by anybody else', async () => {
    const { wanderer, b } = await twins(redis.url, () => greeter().server);
    const { here } = await wanderer({ headers: { 'X-User': 'ada' } });
    const mallory = elsewhere(here, b.url, { headers: { 'X-User': 'mallory' } });
    expect(await mallory.notify('notifications/initialized')).toBe(404);
    expect(await mallory.delete()).toBe(404);
    expect((await here.ask('tools/list')).result).toBeDefined();
  });

  it('is closed by the operator of either, by its id', async () => {
    const { wanderer, b } = await twins(redis.url, () => greeter().server);
    const { here } = await wanderer();
    expect(await b.router.mcp.sessions.close(here.sessionId ?? '')).toBe(true);
    expect(await here.notify('ping')).toBe(404);
    expect(await b.router.mcp.sessions.close(here.sessionId ?? '')).toBe(false);
  });
});
