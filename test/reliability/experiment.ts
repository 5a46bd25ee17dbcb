/**
 * What an experiment is, and what it finds.
 *
 * Knows: figures and their bounds. Does not know: servers, which experiments there are.
 *
 * @module
 */

/** `short` is part of `npm test`; `long` is the programme. */
export type Scale = 'short' | 'long';

/** One thing that was measured. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** As it is printed; empty for a figure that is only told. */
  readonly bound: string;
  readonly holds: boolean;
  /** True when it depends on what else the machine does: told by the programme, not asserted by tests. */
  readonly isSpeed: boolean;
}

/** Something done to a server, and what has to hold then. */
export interface Experiment {
  /** Its number in the reliability programme. */
  readonly id: string;
  readonly title: string;
  /** Throws when an answer was wrong; a bound that is broken is a figure that does not hold. */
  run(scale: Scale): Promise<Figure[]>;
}

/** A figure that has no bound. */
export const told = (name: string, value: number, unit: string): Figure => ({
  name,
  value,
  unit,
  bound: '',
  holds: true,
  isSpeed: false,
});

export const atMost = (name: string, value: number, unit: string, limit: number): Figure => ({
  ...told(name, value, unit),
  bound: `≤ ${limit} ${unit}`,
  holds: value <= limit,
});

export const atLeast = (name: string, value: number, unit: string, limit: number): Figure => ({
  ...told(name, value, unit),
  bound: `≥ ${limit} ${unit}`,
  holds: value >= limit,
});

export const exactly = (name: string, value: number, unit: string, wanted: number): Figure => ({
  ...told(name, value, unit),
  bound: `= ${wanted} ${unit}`,
  holds: value === wanted,
});

/** Marks a figure that other work on the machine can spoil. */
export const asSpeed = (figure: Figure): Figure => ({ ...figure, isSpeed: true });

/** The value below which `share` of the values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
