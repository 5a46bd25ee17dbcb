/**
 * Streams that one instance writes and another reads.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { RawCall } from '../support/raw-client.js';
import { lacksRedis, useRedis } from '../support/redis.js';
import { progressIn, teller } from '../support/teller.js';
import { told } from '../support/tool-result.js';
import { type Twins, twins } from '../support/two-instances.js';

const TOKEN = { progressToken: 'p' };

/** The id of the last event, as a client would send it. */
const lastId = ({ events }: Pick<RawCall, 'events'>) =>
  events.findLast(({ id }) => id !== undefined)?.id ?? '';

/** Two instances, each with a teller of its own. */
async function tellers(url: string, options: Parameters<typeof twins>[2] = {}) {
  const [one, other] = [teller(), teller()];
  const servers = [one.server, other.server];
  const both: Twins = await twins(url, () => servers.shift() ?? one.server, options);
  return { ...both, one, other };
}

describe.skipIf(lacksRedis('streams between instances'))('the stream of a call', () => {
  const redis = useRedis();

  it('is read at the other instance while its call runs', async () => {
    const { wanderer, one } = await tellers(redis.url, { responseMode: 'sse' });
    const { here, there } = await wanderer();
    const call = here.callTool('tell', {}, TOKEN);
    const telling = await one.call();
    await telling.say(1);
    await call.inbox.method('notifications/progress');
    call.disconnect();
    await telling.say(2);
    const rest = await there.listen(lastId(call));
    await rest.inbox.until(({ params }) => params?.progress === 2);
    await telling.say(3);
    await rest.inbox.until(({ params }) => params?.progress === 3);
    telling.finish('done');
    const response = await rest.inbox.until(({ result }) => result !== undefined);
    expect(told(response).value).toBe('done');
    await rest.ended;
    expect(progressIn(rest.inbox.all)).toEqual([2, 3]);
  });

  it('is read there after its call has ended, and to its end only once', async () => {
    const { wanderer, one } = await tellers(redis.url, { responseMode: 'sse' });
    const { here, there } = await wanderer();
    const call = here.callTool('tell', {}, TOKEN);
    const telling = await one.call();
    await telling.say(1);
    await call.inbox.method('notifications/progress');
    const seen = lastId(call);
    telling.finish('done');
    await call.response;
    const { status, text } = await there.resume(seen);
    expect(status).toBe(200);
    expect(text).toContain('done');
    expect((await there.resume(lastId(call))).status).toBe(204);
  });

  it('is handed over when its instance drains, and nothing of it is lost', async () => {
    const { wanderer, a, one } = await tellers(redis.url);
    const { here, there } = await wanderer();
    const call = here.callTool('tell', {}, TOKEN);
    const telling = await one.call();
    const drained = a.router.mcp.drain({ deadlineMs: 10_000 });
    expect(await call.response).toBeUndefined();
    expect(call.events.some(({ retry }) => retry !== undefined)).toBe(true);
    const rest = await there.listen(lastId(call));
    await telling.say(1);
    telling.finish('done');
    const response = await rest.inbox.until(({ result }) => result !== undefined);
    expect(told(response).value).toBe('done');
    await drained;
  });

  it('ends with `shutting_down` for those who wait when the time to drain is over', async () => {
    const { wanderer, a, one } = await tellers(redis.url);
    const { here, there } = await wanderer();
    const call = here.callTool('tell', {}, TOKEN);
    await one.call();
    const drained = a.router.mcp.drain({ deadlineMs: 300 });
    await call.response;
    const rest = await there.listen(lastId(call));
    const response = await rest.inbox.until(({ error }) => error !== undefined);
    expect(response.error?.data).toEqual({ reason: 'shutting_down' });
    await drained;
  });
});

describe.skipIf(lacksRedis('GET streams between instances'))('a GET stream', () => {
  const redis = useRedis();

  it('hears of lists that change at the other instance', async () => {
    const { wanderer, a, one } = await tellers(redis.url);
    const { there } = await wanderer();
    const stream = await there.listen();
    a.router.mcp.notify.promptsChanged();
    await stream.inbox.method('notifications/prompts/list_changed');
    one.server.sendToolListChanged();
    await stream.inbox.method('notifications/tools/list_changed');
    expect(stream.inbox.all).toHaveLength(2);
  });

  it('hears of resources that were subscribed to, and that change, at the other instance', async () => {
    const { wanderer, a } = await tellers(redis.url);
    const { here, there } = await wanderer();
    const stream = await there.listen();
    await here.ask('resources/subscribe', { uri: 'test://one' });
    await expect
      .poll(() => {
        a.router.mcp.notify.resourceUpdated('test://other');
        a.router.mcp.notify.resourceUpdated('test://one');
        return stream.inbox.all.length;
      })
      .toBeGreaterThan(0);
    for (const { params } of stream.inbox.all) expect(params).toEqual({ uri: 'test://one' });
    await there.ask('resources/unsubscribe', { uri: 'test://one' });
    const heard = stream.inbox.all.length;
    a.router.mcp.notify.resourceUpdated('test://one');
    a.router.mcp.notify.toolsChanged();
    await stream.inbox.method('notifications/tools/list_changed');
    expect(stream.inbox.all).toHaveLength(heard + 1);
  });

  it('hears what a call at the other instance says after its end', async () => {
    const { wanderer, one } = await tellers(redis.url, { responseMode: 'json' });
    const { here, there } = await wanderer();
    const stream = await there.listen();
    const call = here.callTool('tell', {}, TOKEN);
    const telling = await one.call();
    for (let nth = 1; nth <= 20; nth += 1) await telling.say(nth);
    telling.finish();
    await call.response;
    await stream.inbox.until(({ params }) => params?.progress === 20);
    expect(progressIn(stream.inbox.all)).toEqual(Array.from({ length: 20 }, (_, nth) => nth + 1));
  });

  it('has one connection: a second one at the other instance ends the first', async () => {
    const { wanderer, b } = await tellers(redis.url);
    const { here, there } = await wanderer();
    const first = await here.listen();
    const second = await there.listen();
    await first.ended;
    b.router.mcp.notify.toolsChanged();
    await second.inbox.method('notifications/tools/list_changed');
  });

  it('goes on at the other instance where it stopped, notices included', async () => {
    const { wanderer, a, one } = await tellers(redis.url, { responseMode: 'json' });
    const { here, there } = await wanderer();
    const stream = await here.listen();
    const call = here.callTool('tell', {}, TOKEN);
    const telling = await one.call();
    await telling.say(1);
    await stream.inbox.until(({ params }) => params?.progress === 1);
    stream.close();
    await telling.say(2);
    a.router.mcp.notify.promptsChanged();
    a.router.mcp.notify.promptsChanged();
    const again = await there.listen(lastId(stream));
    await again.inbox.method('notifications/prompts/list_changed');
    await again.inbox.until(({ params }) => params?.progress === 2);
    telling.finish();
    await call.response;
    expect(again.inbox.all).toHaveLength(2);
  });

  it('is told to look again when its Redis has lost everything', async () => {
    const { wanderer, one } = await tellers(redis.url, { responseMode: 'json' });
    const { here, there } = await wanderer();
    const stream = await there.listen();
    const call = here.callTool('tell', {}, TOKEN);
    const telling = await one.call();
    await telling.say(1);
    await stream.inbox.until(({ params }) => params?.progress === 1);
    await redis.command('FLUSHALL');
    await telling.say(2);
    await stream.inbox.method('notifications/tools/list_changed');
    await expect.poll(() => progressIn(stream.inbox.all)).toEqual([1, 2]);
    telling.finish();
    await call.response;
  });
});
