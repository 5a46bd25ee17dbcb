/**
 * Every experiment with several instances in its short form (`npm run reliability` is the long).
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { lacksRedis } from '../support/redis.js';
import type { Figure } from './experiment.js';
import { INSTANCE_PROGRAMME } from './instance-programme.js';
import { PROGRAMME } from './programme.js';

describe.skipIf(lacksRedis('trials of several instances'))('the programme of instances', () => {
  it.each(INSTANCE_PROGRAMME)('$id: $title', { timeout: 180_000 }, async ({ run }) => {
    const figures = await run('short');
    expect(figures.filter(({ bound }) => bound !== '').length).toBeGreaterThan(0);
    const isBroken = ({ holds, isSpeed }: Figure) => !holds && !isSpeed;
    expect(figures.filter(isBroken)).toEqual([]);
  });

  it('has each experiment once', () => {
    const all = [...PROGRAMME, ...INSTANCE_PROGRAMME];
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });
});
