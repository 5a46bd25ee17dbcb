/**
 * Long calls over a network that breaks: the official clients get every event once, in order, and the result.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { type Journey, travel } from './broken-network.js';

const REPORTS = 60;
const everything = Array.from({ length: REPORTS }, (_, index) => index + 1);

const journey = (seed: number, its: Partial<Journey>): Journey => ({
  seed,
  reports: REPORTS,
  everyMs: 2,
  closeAfter: 0,
  cutShare: 0,
  options: {},
  client: 'v1',
  ...its,
});

describe.each(['v1', 'v2'] as const)('the official client %s', (client) => {
  it('misses nothing of a call that closes its stream again and again', async () => {
    const seen = await travel(journey(1, { client, closeAfter: 7 }));
    expect(seen).toEqual({ progress: everything, result: `${REPORTS} reports`, cuts: 0 });
  });

  it('misses nothing when the network is cut at random places', async () => {
    let cuts = 0;
    for (let seed = 1; seed <= 12; seed += 1) {
      const seen = await travel(journey(seed, { client, cutShare: 0.9 }));
      expect(seen, `seed ${seed}`).toMatchObject({
        progress: everything,
        result: `${REPORTS} reports`,
      });
      cuts += seen.cuts;
    }
    expect(cuts).toBeGreaterThan(12);
  });

  it('misses nothing when both happen', async () => {
    const seen = await travel(journey(77, { client, closeAfter: 9, cutShare: 0.6 }));
    expect(seen).toMatchObject({ progress: everything, result: `${REPORTS} reports` });
  });
});
