/**
 * Letters that say that something was appended.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../lib/log.js';
import { Rings } from '../../lib/store/redis-stream-rings.js';

const KEY = { session: 'a', stream: 'p1' };

/** Letters that wait until the test lets them go. */
function postbox(ring?: (session: string, stream: string) => void) {
  const posted: { instance: string; letter: unknown; settle: (error?: Error) => void }[] = [];
  const rings = new Rings({
    self: 'me',
    logger: silentLogger,
    ring,
    post: (instance, letter) =>
      new Promise((resolve, reject) => {
        posted.push({
          instance,
          letter,
          settle: (error) => (error === undefined ? resolve() : reject(error)),
        });
      }),
  });
  const arrived = async (count: number) => {
    for (let waits = 0; posted.length < count && waits < 500; waits += 1) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return posted.length;
  };
  return { rings, posted, arrived };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 10));

describe('a ring', () => {
  it('is a letter that names the stream', () => {
    const { rings, posted } = postbox();
    rings.ring('other', KEY);
    rings.ring('', KEY);
    expect(posted).toMatchObject([
      { instance: 'other', letter: { kind: 'appended', session: 'a', stream: 'p1' } },
    ]);
  });

  it('follows another, however often it was asked for meanwhile', async () => {
    const { rings, posted, arrived } = postbox();
    for (let count = 0; count < 5; count += 1) rings.ring('other', KEY);
    expect(posted).toHaveLength(1);
    posted[0]?.settle();
    expect(await arrived(2)).toBe(2);
    posted[1]?.settle();
    await turn();
    expect(posted).toHaveLength(2);
    rings.ring('other', KEY);
    expect(posted).toHaveLength(3);
  });

  it('does not wait for those of other streams and instances', () => {
    const { rings, posted } = postbox();
    rings.ring('other', KEY);
    rings.ring('third', KEY);
    rings.ring('other', { ...KEY, stream: 'p2' });
    rings.ring('other', { ...KEY, session: 'b' });
    expect(posted).toHaveLength(4);
  });

  it('is tried again when it cannot be left, and given up in the end', async () => {
    const { rings, posted, arrived } = postbox();
    rings.ring('other', KEY);
    for (let count = 1; count <= 5; count += 1) {
      expect(await arrived(count)).toBe(count);
      posted[count - 1]?.settle(new Error('no'));
    }
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(posted).toHaveLength(5);
    rings.ring('other', KEY);
    expect(posted).toHaveLength(6);
  });

  it('is not a letter of an instance to itself where that can be told otherwise', () => {
    const told: unknown[] = [];
    const { rings, posted } = postbox((...asked) => void told.push(asked));
    rings.ring('me', KEY);
    expect(told).toEqual([['a', 'p1']]);
    expect(posted).toEqual([]);
    const without = postbox();
    without.rings.ring('me', KEY);
    expect(without.posted).toHaveLength(1);
  });

  it('is none once everything is closed', async () => {
    const { rings, posted } = postbox();
    rings.ring('other', KEY);
    rings.ring('other', KEY);
    rings.close();
    posted[0]?.settle();
    await turn();
    rings.ring('other', KEY);
    expect(posted).toHaveLength(1);
  });
});
