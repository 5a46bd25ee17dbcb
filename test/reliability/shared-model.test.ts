/**
 * Sessions that two instances share do what the model of them allows (reliability.md REL-46, REL-47);
 * `npm run reliability` is the long form.
 *
 * That its rules see what they should is proven in `history.test.ts`, with a bad history for each.
 *
 * A failed run is repeated with what it prints: `SHARED_MODEL=… npx vitest run …`.
 *
 * @module
 */
import { describe, it } from 'vitest';
import { lacksRedis } from '../support/redis.js';
import { runShared } from './shared-runs.js';
import { overRedis } from './variants.js';

const { SHARED_MODEL } = process.env;
const replay = SHARED_MODEL === undefined ? undefined : JSON.parse(SHARED_MODEL);
const TIMEOUT = { timeout: 180_000 };

describe.skipIf(lacksRedis('the model of shared sessions'))('shared sessions', () => {
  it('do what the model allows, whatever dies', TIMEOUT, async () => {
    await overRedis('short', 'one', async (redis) => {
      await runShared({ runs: 2, steps: 50, redis, replay });
      return [];
    });
  });
});
