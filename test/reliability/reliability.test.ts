/**
 * Every experiment of the reliability programme in its short form (`npm run reliability` is the long).
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { Figure } from './experiment.js';
import { PROGRAMME } from './programme.js';

describe('the reliability programme', () => {
  it.each(PROGRAMME)('$id: $title', { timeout: 180_000 }, async ({ run }) => {
    const figures = await run('short');
    expect(figures.filter(({ bound }) => bound !== '').length).toBeGreaterThan(0);
    const isBroken = ({ holds, isSpeed }: Figure) => !holds && !isSpeed;
    expect(figures.filter(isBroken)).toEqual([]);
  });

  it('has each experiment once', () => {
    expect(new Set(PROGRAMME.map(({ id }) => id)).size).toBe(PROGRAMME.length);
  });
});
