/**
 * A client has read what Redis never got, since both Redis and the instance were gone then.
 *
 * @module
 */
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { singleRedis, withFleet } from '../reliability/fleet.js';
import { send } from '../support/http-client.js';
import { lacksRedis, useRedis } from '../support/redis.js';
import { ResumingClient } from '../support/resuming-client.js';

const LEASE_MS = 1_500;

describe.skipIf(lacksRedis('places that the log has not reached'))(
  'a client ahead of the log',
  () => {
    const redis = useRedis();

    it.each([
      ['long after its instance is gone', 2 * LEASE_MS],
      ['before that is known', 0],
    ])('has the end of its call when it comes back %s', async (_when, afterMs) => {
      const plan = {
        ...{ redis: singleRedis(redis.port), options: { responseMode: 'sse' as const } },
        store: { leaseMs: LEASE_MS, commandMs: 500 },
      };
      await withFleet(plan, async (fleet) => {
        const [a, b] = [fleet.at('a'), fleet.at('b')];
        const client = await ResumingClient.connect(b.url);
        const args = { nonce: 'ahead', ms: 60_000, reports: 600 };
        const { trip } = client.call('slow', args, { at: a.url, comesBack: false });
        await trip.primed;
        redis.freeze();
        await expect.poll(() => trip.progress.length, { timeout: 5_000 }).toBeGreaterThan(3);
        await a.kill();
        redis.thaw();
        await wait(afterMs);
        const { status, text } = await send(b.url, {
          method: 'GET',
          headers: {
            ...client.headers,
            Accept: 'text/event-stream',
            'Last-Event-ID': trip.events.at(-1)?.id,
          },
        });
        expect(text, String(status)).toContain('instance_lost');
      });
    });
  },
);
