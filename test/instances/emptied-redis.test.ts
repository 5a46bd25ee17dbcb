/**
 * Redis has lost everything, and the instances have not been told of anything before.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { lacksRedis, useRedis } from '../support/redis.js';
import { progressIn, teller } from '../support/teller.js';
import { twins } from '../support/two-instances.js';

const TOKEN = { progressToken: 'p' };

describe.skipIf(lacksRedis('an emptied Redis'))('a GET stream whose Redis was emptied', () => {
  const redis = useRedis();

  it('hears what is said at the instance that has woken the session', async () => {
    const { server, call } = teller();
    const { wanderer } = await twins(redis.url, () => server, { responseMode: 'json' });
    const { here, there } = await wanderer();
    const stream = await there.listen();
    await redis.command('FLUSHALL');
    // The first request after the loss wakes the session where nobody listens.
    const request = here.callTool('tell', {}, TOKEN);
    const telling = await call();
    await telling.say(1);
    await expect.poll(() => progressIn(stream.inbox.all), { timeout: 5_000 }).toEqual([1]);
    telling.finish();
    await request.response;
  });

  it('hears it although its own instance was asked before it saw the loss', async () => {
    const { server, call } = teller();
    const { wanderer } = await twins(redis.url, () => server, { responseMode: 'json' });
    const { here, there } = await wanderer();
    const stream = await there.listen();
    await redis.command('FLUSHALL');
    // The record is made again where nobody listens, and read so where somebody does.
    await here.ask('ping');
    await there.ask('ping');
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const request = here.callTool('tell', {}, TOKEN);
    const telling = await call();
    await telling.say(1);
    await expect.poll(() => progressIn(stream.inbox.all), { timeout: 5_000 }).toEqual([1]);
    telling.finish();
    await request.response;
  });
});
