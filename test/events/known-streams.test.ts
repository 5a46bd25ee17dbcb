/**
 * What a log remembers of its streams, and for how long.
 *
 * @module
 */
import { expect, it } from 'vitest';
import { KnownStreams } from '../../lib/events/known-streams.js';

const keyOf = (session: string, stream: string) => ({ session, stream });

it('forgets finished streams after their time, and open ones never', () => {
  const known = new KnownStreams<number>(1_000, 10);
  known.add(keyOf('a', '1'), 1);
  known.add(keyOf('a', '2'), 2);
  known.finish(keyOf('a', '1'), 0);
  expect(known.get(keyOf('a', '1'), 999)).toBe(1);
  expect(known.get(keyOf('a', '1'), 1_000)).toBeUndefined();
  expect(known.get(keyOf('a', '2'), 1_000_000)).toBe(2);
  expect(known.all()).toEqual([2]);
});

it('forgets the oldest finished streams when there are too many', () => {
  const known = new KnownStreams<number>(1_000, 2);
  for (const number of [1, 2, 3]) {
    known.add(keyOf('a', String(number)), number);
    known.finish(keyOf('a', String(number)), number);
  }
  known.finish(keyOf('a', '2'), 4);
  expect(known.all()).toEqual([2, 3]);
});

it('keeps a finished stream that is begun again', () => {
  const known = new KnownStreams<number>(1_000, 2);
  known.add(keyOf('a', '1'), 1);
  known.finish(keyOf('a', '1'), 0);
  known.add(keyOf('a', '1'), 2);
  expect(known.get(keyOf('a', '1'), 5_000)).toBe(2);
});

it('hands over a session’s streams when it ends, and remembers that it did', () => {
  const known = new KnownStreams<number>(1_000, 10);
  for (const number of [1, 2]) known.add(keyOf('a', String(number)), number);
  known.add(keyOf('b', '1'), 3);
  known.finish(keyOf('a', '1'), 0);
  expect(known.end('a')).toEqual([1, 2]);
  expect(known.end('a')).toEqual([]);
  expect([known.hasEnded('a'), known.hasEnded('b')]).toEqual([true, false]);
  expect(known.all()).toEqual([3]);
});

it('forgets the first of very many ended sessions', () => {
  const known = new KnownStreams<number>(1_000, 10);
  for (let number = 0; number <= 10_000; number += 1) known.end(`s${number}`);
  expect([known.hasEnded('s0'), known.hasEnded('s1')]).toEqual([false, true]);
});
