/**
 * Sessions that two instances share do what the model of them allows (reliability.md REL-46, REL-47);
 * `npm run reliability` is the long form.
 *
 * A failed run is repeated with what it prints: `SHARED_MODEL=… npx vitest run …`.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { lacksRedis } from '../support/redis.js';
import type { RedisUnderTest } from './redis-under-test.js';
import { runShared } from './shared-runs.js';
import { overRedis } from './variants.js';

const { SHARED_MODEL } = process.env;
const replay = SHARED_MODEL === undefined ? undefined : JSON.parse(SHARED_MODEL);
const TIMEOUT = { timeout: 180_000 };

/** Does something to every list of every stream that has an end. */
const toLists =
  (...words: readonly string[]) =>
  async (redis: RedisUnderTest): Promise<void> => {
    for (const key of await redis.keys()) {
      if ((await redis.at(key, 'TYPE', key)) !== 'list') continue;
      const [name = '', ...others] = words;
      await redis.at(key, name, key, ...others);
    }
  };

const SABOTAGES: Readonly<Record<string, (redis: RedisUnderTest) => Promise<void>>> = {
  'a Redis that loses the last of every list': toLists('RPOP'),
  'a Redis that loses every list': toLists('DEL'),
};

describe.skipIf(lacksRedis('the model of shared sessions'))('shared sessions', () => {
  it('do what the model allows, whatever dies', TIMEOUT, async () => {
    await overRedis('short', 'one', async (redis) => {
      await runShared({ runs: 2, steps: 50, redis, replay });
      return [];
    });
  });

  it.each(Object.entries(SABOTAGES))('show %s', TIMEOUT, async (_what, sabotage) => {
    const failure = overRedis('short', 'one', async (redis) => {
      await runShared({ runs: 20, steps: 60, redis, sabotage });
      return [];
    });
    await expect(failure).rejects.toThrow(/To repeat it: SHARED_MODEL='\{"seed":.*\}'\n/);
  });
});
