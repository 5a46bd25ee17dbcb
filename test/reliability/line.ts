/**
 * A straight line through measurements, and how sure its slope is.
 *
 * Knows: least squares. Does not know: what was measured.
 *
 * @module
 */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Line {
  readonly slope: number;
  /** Standard error of the slope: that of values that are scattered without an order. */
  readonly slopeError: number;
}

/** The line of least squares; of fewer than three points nothing is known. */
export function lineThrough(points: readonly Point[]): Line {
  const count = points.length;
  if (count < 3) return { slope: Number.NaN, slopeError: Number.NaN };
  const meanX = mean(points.map(({ x }) => x));
  const meanY = mean(points.map(({ y }) => y));
  const spread = sum(points.map(({ x }) => (x - meanX) ** 2));
  const slope = sum(points.map(({ x, y }) => (x - meanX) * (y - meanY))) / spread;
  const left = sum(points.map(({ x, y }) => (y - meanY - slope * (x - meanX)) ** 2));
  return { slope, slopeError: Math.sqrt(left / (count - 2) / spread) };
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);

export const mean = (values: readonly number[]): number => sum(values) / values.length;
