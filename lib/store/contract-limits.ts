/**
 * The contract's cases of limits and of who is evicted (DESIGN §5).
 *
 * Knows: the port. Does not know: the stores.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { admitAll, type Cases, fits, found, HOUR_MS, kept, phase } from './contract-bench.js';

export const LIMITS: Cases = {
  'evicts an owner’s own longest idle session': async (open) => {
    const { sessions } = open({ perAddress: 2 });
    const records = await admitAll(sessions, {}, {}, {});
    assert.deepEqual(await kept(sessions, records), [false, true, true]);
    assert.equal(await sessions.count(), 2);
  },

  'evicts unfinished handshakes first, then sessions never used, then idle ones': async (open) => {
    const { sessions } = open({ perPrincipal: 3 });
    const records = await admitAll(sessions, phase('used'), phase('unused'), phase('handshake'));
    const left: boolean[][] = [];
    for (let time = 0; time < 3; time += 1) {
      await admitAll(sessions, phase('used'));
      left.push(await kept(sessions, records));
    }
    assert.deepEqual(left, [
      [true, true, false],
      [true, false, false],
      [false, false, false],
    ]);
  },

  'does not touch other owners': async (open) => {
    const { sessions } = open({ perPrincipal: 1 });
    const records = await admitAll(
      sessions,
      phase('used', 'ada'),
      phase('used', 'bob'),
      phase('used', 'bob'),
    );
    assert.deepEqual(await kept(sessions, records), [true, false, true]);
  },

  'has one limit for those who are known and another for addresses': async (open) => {
    const { sessions } = open({ perPrincipal: 1, perAddress: 2 });
    await admitAll(sessions, {}, {}, {}, phase('used', 'ada'), phase('used', 'ada'));
    assert.equal(await sessions.count(), 3);
  },

  'makes room when a session ends': async (open) => {
    const { sessions } = open({ perAddress: 2 });
    const [first, second] = await admitAll(sessions, {}, {});
    assert.ok(first && second);
    await sessions.end(second, Date.now() + HOUR_MS, Date.now());
    await admitAll(sessions, {});
    await found(sessions, first);
  },

  'counts a session once, however often it is admitted': async (open) => {
    const { sessions } = open({ perAddress: 2 });
    const [record] = await admitAll(sessions, {});
    assert.ok(record);
    await admitAll(sessions, { id: record.id }, { id: record.id }, {});
    await found(sessions, record);
    assert.equal(await sessions.count(), 2);
  },

  'evicts anybody’s unfinished handshakes, then sessions never used, when all is full': async (
    open,
  ) => {
    const { sessions } = open({ max: 3 });
    const records = await admitAll(
      sessions,
      phase('used', 'ada'),
      phase('unused'),
      phase('handshake'),
    );
    await admitAll(sessions, phase('used', 'ada'));
    assert.deepEqual(await kept(sessions, records), [true, true, false]);
    await admitAll(sessions, phase('used', 'ada'));
    assert.deepEqual(await kept(sessions, records), [true, false, false]);
  },

  'then evicts the asker’s own longest idle session, and nobody else’s': async (open) => {
    const { sessions } = open({ max: 3 });
    const records = await admitAll(
      sessions,
      phase('used', 'bob'),
      phase('used', 'ada'),
      phase('used', 'ada'),
    );
    await admitAll(sessions, phase('used', 'ada'));
    assert.deepEqual(await kept(sessions, records), [true, false, true]);
    assert.equal(await fits(sessions, phase('handshake', 'eve')), false);
    assert.deepEqual(await kept(sessions, records), [true, false, true]);
    assert.equal(await sessions.count(), 3);
  },

  'spares a session as soon as it is used': async (open) => {
    const { sessions } = open({ max: 2 });
    const [first, second] = await admitAll(sessions, phase('handshake'), phase('unused'));
    assert.ok(first && second);
    await sessions.touch(await found(sessions, first), 'used', Date.now());
    await admitAll(sessions, phase('used', 'ada'));
    assert.deepEqual(await kept(sessions, [first, second]), [true, false]);
  },

  'never holds more than max, however many come at once': async (open) => {
    const { sessions } = open({ max: 5 });
    await Promise.all(
      Array.from({ length: 20 }, (_, nth) => fits(sessions, phase('unused', `owner ${nth}`))),
    );
    assert.equal(await sessions.count(), 5);
  },
};
