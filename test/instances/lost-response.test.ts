/**
 * A stream that is over, and whose response Redis has lost.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { lacksRedis, useRedis } from '../support/redis.js';
import { teller } from '../support/teller.js';
import { twins } from '../support/two-instances.js';

const TOKEN = { progressToken: 'p' };

describe.skipIf(lacksRedis('streams whose response is lost'))(
  'a stream without its response',
  () => {
    const redis = useRedis();

    it.each([
      ['the last event', ['LTRIM', '0', '-2']],
      ['every event', ['DEL']],
      ['what the last event says', ['LSET', '-1', 'nothing of this form']],
    ])('has an end all the same when %s is lost', async (_what, [name = '', ...words]) => {
      const { server, call } = teller();
      const { wanderer } = await twins(redis.url, () => server, { responseMode: 'sse' });
      const { here, there } = await wanderer();
      const request = here.callTool('tell', {}, TOKEN);
      const telling = await call();
      await telling.say(1);
      telling.finish();
      const response = await request.response;
      const lists = (await redis.command('KEYS', '*:l:p*')) as string[];
      for (const key of lists) await redis.command(name, key, ...words);
      const { status, text } = await there.resume(request.events[0]?.id ?? '');
      const isEnd = text.includes(`"id":${response?.id}`) && text.includes('"error"');
      expect(isEnd || status === 400, `${status} ${text}`).toBe(true);
    });
  },
);
