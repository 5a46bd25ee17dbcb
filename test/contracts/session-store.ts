/**
 * What every session store promises: `sessionStoreContract(memoryStore)` and it is tested.
 *
 * Every clock value is given, so nothing here waits.
 *
 * Knows: `lib/store/port.ts` and DESIGN §5. Does not know: how a store keeps anything.
 *
 * @module
 */
import { describe, expect, it, onTestFinished } from 'vitest';
import type {
  DropReason,
  SessionLimits,
  SessionPhase,
  SessionRecord,
  Store,
} from '../../lib/store/port.js';
import {
  type ById,
  byId,
  endpointWith,
  HOUR,
  LIMITS,
  MINUTE,
  NOW,
  recordOf,
} from './sessions-by-id.js';

/** A new, empty store that remembers `maxEndedIds` ended ids. */
export type MakeStore = (maxEndedIds: number) => Store;

/** One endpoint's sessions, with what was dropped and what is busy in reach. */
interface Bench {
  readonly store: ById;
  readonly busy: Set<string>;
  close(): Promise<void>;
  /** `id: reason`, in order. */
  readonly dropped: string[];
  /** Admits a session that was last used at `lastSeenAt`; false when there was no room. */
  admit(id: string, more?: Partial<SessionRecord>): Promise<boolean>;
  /** Ids of `candidates` that are still kept at `now`. */
  kept(candidates: readonly string[], now?: number): Promise<string[]>;
}

function bench(make: MakeStore, limits: Partial<SessionLimits> = {}, maxEndedIds = 1_000): Bench {
  const busy = new Set<string>();
  const dropped: string[] = [];
  const opened = make(maxEndedIds).open(
    endpointWith({
      limits: { ...LIMITS, ...limits },
      hooks: {
        busy: (id) => busy.has(id),
        dropped: ({ id }: SessionRecord, reason: DropReason) => dropped.push(`${id}: ${reason}`),
      },
    }),
  );
  onTestFinished(async () => opened.close());
  const store = byId(opened.sessions);
  return {
    store,
    close: async () => opened.close(),
    busy,
    dropped,
    admit: async (id, more = {}) =>
      (await store.admit(recordOf(id, more), more.lastSeenAt ?? NOW)) !== undefined,
    kept: async (candidates, now = NOW) => {
      const found = await Promise.all(candidates.map((id) => store.find(id, now)));
      return candidates.filter((_, index) => found[index] !== undefined);
    },
  };
}

/** Proves a store against the promises of its port. */
export function sessionStoreContract(make: MakeStore): void {
  describe('keeping', () => keeping(make));
  describe('the idle time-out', () => idleEnd(make));
  describe('the absolute end', () => absoluteEnd(make));
  describe('ending', () => ending(make));
  describe('an owner’s cap', () => ownersCap(make));
  describe('the endpoint’s cap (DESIGN §5)', () => endpointsCap(make));
}

function keeping(make: MakeStore): void {
  it('finds what was admitted, and nothing else', async () => {
    const { store, admit } = bench(make);
    expect(await admit('a', { principal: 'ada', place: '/t/1/mcp' })).toBe(true);
    expect(await store.find('a', NOW)).toMatchObject({
      id: 'a',
      principal: 'ada',
      place: '/t/1/mcp',
      client: { version: '2025-11-25' },
    });
    expect(await store.find('b', NOW)).toBeUndefined();
    expect(await store.count()).toBe(1);
  });

  it('keeps the sessions of two endpoints apart', async () => {
    const both = make(10);
    const [one, other] = ['one', 'other'].map((label) => both.open(endpointWith({ label })));
    if (one === undefined || other === undefined) throw new Error('There are two.');
    await one.sessions.admit(recordOf('a', {}), NOW);
    expect(await other.sessions.find(recordOf('a', {}), NOW)).toBe('unknown');
    expect([await one.sessions.count(), await other.sessions.count()]).toEqual([1, 0]);
    await Promise.all([one.close(), other.close()]);
  });

  it('moves a session forward through its phases, never back', async () => {
    const { store, admit } = bench(make);
    await admit('a', { phase: 'handshake' });
    const phases: (SessionPhase | undefined)[] = [];
    for (const phase of ['unused', 'used', 'unused', 'handshake'] as const) {
      const record = await store.find('a', NOW);
      if (record !== undefined) await store.touch(record, phase, NOW);
      phases.push((await store.find('a', NOW))?.phase);
    }
    expect(phases).toEqual(['unused', 'used', 'used', 'used']);
  });

  it('forgets everything when it is closed, without a word to its endpoint', async () => {
    const { store, admit, dropped, close } = bench(make);
    await admit('a');
    await close();
    expect(await store.count()).toBe(0);
    expect(await store.find('a', NOW)).toBeUndefined();
    expect(dropped).toEqual([]);
  });
}

function idleEnd(make: MakeStore): void {
  it('comes exactly idleMs after the last use', async () => {
    const { admit, kept, dropped } = bench(make);
    await admit('a');
    expect(await kept(['a'], NOW + 30 * MINUTE - 1)).toEqual(['a']);
    expect(await kept(['a'], NOW + 30 * MINUTE)).toEqual([]);
    expect(dropped).toEqual(['a: idle']);
  });

  it('starts again with every use', async () => {
    const { store, admit, kept } = bench(make);
    await admit('a');
    const record = await store.find('a', NOW);
    if (record !== undefined) await store.touch(record, 'used', NOW + 20 * MINUTE);
    expect(await kept(['a'], NOW + 49 * MINUTE)).toEqual(['a']);
    expect(await kept(['a'], NOW + 50 * MINUTE)).toEqual([]);
  });

  it('gives an unfinished handshake 60 seconds', async () => {
    const { admit, kept, dropped } = bench(make);
    await admit('a', { phase: 'handshake' });
    expect(await kept(['a'], NOW + MINUTE - 1)).toEqual(['a']);
    expect(await kept(['a'], NOW + MINUTE)).toEqual([]);
    expect(dropped).toEqual(['a: idle']);
  });

  it('gives a handshake no more than idleMs', async () => {
    const { admit, kept } = bench(make, { idleMs: 10_000 });
    await admit('a', { phase: 'handshake' });
    expect(await kept(['a'], NOW + 10_000)).toEqual([]);
  });

  it('does not come while the session has a call or a stream', async () => {
    const { admit, kept, busy, dropped } = bench(make);
    await admit('a');
    busy.add('a');
    expect(await kept(['a'], NOW + 10 * HOUR)).toEqual(['a']);
    busy.clear();
    expect(await kept(['a'], NOW + 10 * HOUR)).toEqual([]);
    expect(dropped).toEqual(['a: idle']);
  });

  it('frees the id: the session can be admitted again', async () => {
    const { store, admit, kept } = bench(make);
    await admit('a');
    await kept(['a'], NOW + HOUR);
    expect(await store.ended('a', NOW + HOUR)).toBe(false);
    expect(await admit('a', { lastSeenAt: NOW + HOUR })).toBe(true);
    expect(await kept(['a'], NOW + HOUR)).toEqual(['a']);
  });
}

function absoluteEnd(make: MakeStore): void {
  it('comes exactly at endsAt, however much the session was used', async () => {
    const { store, admit, kept, dropped } = bench(make);
    await admit('a', { endsAt: NOW + MINUTE });
    const record = await store.find('a', NOW);
    if (record !== undefined) await store.touch(record, 'used', NOW + MINUTE - 1);
    expect(await kept(['a'], NOW + MINUTE - 1)).toEqual(['a']);
    expect(await kept(['a'], NOW + MINUTE)).toEqual([]);
    expect(dropped).toEqual(['a: expired']);
  });

  it('comes for a busy session too', async () => {
    const { admit, kept, busy, dropped } = bench(make);
    await admit('a', { endsAt: NOW + MINUTE });
    busy.add('a');
    expect(await kept(['a'], NOW + MINUTE)).toEqual([]);
    expect(dropped).toEqual(['a: expired']);
  });
}

function ending(make: MakeStore): void {
  it('drops the session once and remembers its id until the given time', async () => {
    const { store, admit, kept, dropped } = bench(make);
    await admit('a');
    expect(await store.end('a', NOW + HOUR, NOW)).toBe(true);
    expect(await kept(['a'])).toEqual([]);
    expect(dropped).toEqual(['a: ended']);
    expect(await store.ended('a', NOW + HOUR - 1)).toBe(true);
    expect(await store.ended('a', NOW + HOUR)).toBe(false);
  });

  it('ends a busy session', async () => {
    const { store, admit, busy, dropped } = bench(make);
    await admit('a');
    busy.add('a');
    expect(await store.end('a', NOW + HOUR, NOW)).toBe(true);
    expect(dropped).toEqual(['a: ended']);
  });

  it('remembers an id that it does not keep, and says that it dropped nothing', async () => {
    const { store, dropped } = bench(make);
    expect(await store.end('asleep', NOW + HOUR, NOW)).toBe(false);
    expect(await store.ended('asleep', NOW)).toBe(true);
    expect(dropped).toEqual([]);
  });

  it('says that it dropped nothing when it is asked again', async () => {
    const { store, admit } = bench(make);
    await admit('a');
    await store.end('a', NOW + HOUR, NOW);
    expect(await store.end('a', NOW + HOUR, NOW)).toBe(false);
    expect(await store.ended('a', NOW)).toBe(true);
  });

  it('remembers at most maxEndedIds, the latest', async () => {
    const { store } = bench(make, {}, 3);
    const ids = ['a', 'b', 'c', 'd', 'e'];
    for (const id of ids) await store.end(id, NOW + HOUR, NOW);
    const remembered = await Promise.all(ids.map((id) => store.ended(id, NOW)));
    expect(remembered).toEqual([false, false, true, true, true]);
  });

  it('does not forget an ended id for one that has no time left', async () => {
    const { store } = bench(make, {}, 2);
    for (const id of ['a', 'b']) await store.end(id, NOW + HOUR, NOW);
    for (const id of ['x', 'y', 'z']) await store.end(id, NOW, NOW);
    expect([await store.ended('a', NOW), await store.ended('b', NOW)]).toEqual([true, true]);
  });
}

function ownersCap(make: MakeStore): void {
  it('evicts the owner’s own longest idle session', async () => {
    const { admit, kept, dropped } = bench(make, { perAddress: 2 });
    await admit('newer', { lastSeenAt: NOW - 1 });
    await admit('older', { lastSeenAt: NOW - 2 });
    expect(await admit('new')).toBe(true);
    expect(await kept(['newer', 'older', 'new'])).toEqual(['newer', 'new']);
    expect(dropped).toEqual(['older: evicted']);
  });

  it('evicts unfinished handshakes first, then sessions never used, then idle ones', async () => {
    const { admit, dropped } = bench(make, { perAddress: 3 });
    await admit('used', { phase: 'used', lastSeenAt: NOW - 3 });
    await admit('unused', { phase: 'unused', lastSeenAt: NOW - 2 });
    await admit('handshake', { phase: 'handshake', lastSeenAt: NOW - 1 });
    for (const id of ['x', 'y', 'z']) expect(await admit(id)).toBe(true);
    expect(dropped).toEqual(['handshake: evicted', 'unused: evicted', 'used: evicted']);
  });

  it('never evicts a busy session; with all of them busy there is no room', async () => {
    const { admit, kept, busy, dropped } = bench(make, { perAddress: 2 });
    await admit('a', { lastSeenAt: NOW - 2 });
    await admit('b', { lastSeenAt: NOW - 1 });
    busy.add('a');
    expect(await admit('c')).toBe(true);
    busy.add('c');
    expect(await admit('d')).toBe(false);
    expect(await kept(['a', 'b', 'c', 'd'])).toEqual(['a', 'c']);
    expect(dropped).toEqual(['b: evicted']);
  });

  it('does not touch other owners', async () => {
    const { admit, kept } = bench(make, { perPrincipal: 1 });
    await admit('a', { principal: 'ada', lastSeenAt: NOW - 9 });
    await admit('b', { principal: 'bob' });
    await admit('b2', { principal: 'bob' });
    expect(await kept(['a', 'b', 'b2'])).toEqual(['a', 'b2']);
  });

  it('is perPrincipal for those who are known and perAddress for the others', async () => {
    const { store, admit } = bench(make, { perPrincipal: 1, perAddress: 2 });
    for (const id of ['a', 'b', 'c']) await admit(id);
    for (const id of ['d', 'e']) await admit(id, { principal: 'ada' });
    expect(await store.count()).toBe(3);
  });

  it('counts what left: an ended session makes room', async () => {
    const { store, admit, dropped } = bench(make, { perAddress: 1 });
    await admit('a');
    await store.end('a', NOW + HOUR, NOW);
    await admit('b');
    expect(dropped).toEqual(['a: ended']);
  });

  it('counts a session once, however often it is admitted', async () => {
    const { store, admit, kept } = bench(make, { perAddress: 2 });
    for (let time = 0; time < 3; time += 1) await admit('a');
    await admit('b');
    expect(await kept(['a', 'b'])).toEqual(['a', 'b']);
    expect(await store.count()).toBe(2);
  });
}

function endpointsCap(make: MakeStore): void {
  const others = { principal: 'bob', lastSeenAt: NOW - 9 };
  const own = { principal: 'ada', lastSeenAt: NOW - 1 };

  it('evicts anybody’s unfinished handshakes, then sessions never used', async () => {
    const { admit, dropped } = bench(make, { max: 3 });
    await admit('own', own);
    await admit('unused', { ...others, phase: 'unused' });
    await admit('handshake', { ...others, phase: 'handshake' });
    await admit('x', { principal: 'ada' });
    await admit('y', { principal: 'ada' });
    expect(dropped).toEqual(['handshake: evicted', 'unused: evicted']);
  });

  it('then evicts the asker’s own longest idle, and nobody else’s', async () => {
    const { admit, dropped } = bench(make, { max: 3 });
    await admit('foreign', others);
    await admit('own newer', { principal: 'ada', lastSeenAt: NOW - 1 });
    await admit('own older', { principal: 'ada', lastSeenAt: NOW - 2 });
    expect(await admit('x', { principal: 'ada' })).toBe(true);
    expect(dropped).toEqual(['own older: evicted']);
  });

  it('has no room for an asker without a session of their own', async () => {
    const { store, admit, dropped } = bench(make, { max: 1 });
    await admit('foreign', others);
    expect(await admit('x', { principal: 'ada' })).toBe(false);
    expect([await store.count(), dropped]).toEqual([1, []]);
  });

  it('never evicts a busy session, whatever its phase', async () => {
    const { admit, busy, dropped } = bench(make, { max: 3 });
    for (const phase of ['handshake', 'unused', 'used'] as const) {
      await admit(phase, { phase, principal: 'ada' });
      busy.add(phase);
    }
    expect(await admit('x', { principal: 'ada' })).toBe(false);
    expect(dropped).toEqual([]);
  });

  it('passes over busy handshakes to the next that is not', async () => {
    const { admit, busy, dropped } = bench(make, { max: 2 });
    await admit('first', { ...others, phase: 'handshake' });
    await admit('second', { ...others, phase: 'handshake' });
    busy.add('first');
    await admit('x', own);
    expect(dropped).toEqual(['second: evicted']);
  });

  it('spares a session as soon as it is used', async () => {
    const { store, admit, dropped } = bench(make, { max: 2 });
    await admit('a', { ...others, phase: 'handshake' });
    await admit('b', { ...others, phase: 'unused' });
    const record = await store.find('a', NOW);
    if (record !== undefined) await store.touch(record, 'used', NOW);
    await admit('x', own);
    expect(dropped).toEqual(['b: evicted']);
  });

  it('never holds more than max', async () => {
    const { store, admit } = bench(make, { max: 5 });
    for (let nth = 0; nth < 20; nth += 1) await admit(`s${nth}`, { phase: 'unused' });
    expect(await store.count()).toBe(5);
  });
}
