/**
 * The line through measurements is the right one.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { lineThrough } from './line.js';

describe('a line through points', () => {
  it('has their slope when they are on one', () => {
    const points = [0, 1, 2, 3].map((x) => ({ x, y: 7 - 2 * x }));
    expect(lineThrough(points)).toEqual({ slope: -2, slopeError: 0 });
  });

  it('is as sure of its slope as textbooks say', () => {
    const points = [1, 2, 3, 4, 5].map((x, at) => ({ x, y: [2, 4, 5, 4, 5][at] ?? 0 }));
    const { slope, slopeError } = lineThrough(points);
    expect(slope).toBeCloseTo(0.6, 10);
    expect(slopeError).toBeCloseTo(0.282_842_7, 6);
  });

  it('is unknown for two points', () => {
    expect(lineThrough([{ x: 0, y: 0 }])).toEqual({ slope: Number.NaN, slopeError: Number.NaN });
  });
});
