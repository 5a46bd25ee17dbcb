/**
 * The contract's cases of a session's life: kept, used, idle, ended.
 *
 * Knows: the port. Does not know: the stores.
 *
 * @module
 */
import assert from 'node:assert/strict';
import {
  admitAll,
  type Cases,
  eventually,
  found,
  HOUR_MS,
  later,
  recordOf,
} from './contract-bench.js';
import type { SessionPhase } from './port.js';

/** Short enough to wait for, long enough for a store that is slow. */
const IDLE_MS = 1_500;

export const KEEPING: Cases = {
  'finds what was admitted, and nothing else': async (open) => {
    const { sessions } = open();
    const given = recordOf({ principal: 'ada', place: '/t/1/mcp' });
    await sessions.admit(given, Date.now());
    const { id, client, principal, place, phase } = await found(sessions, given);
    assert.deepEqual(
      { id, client, principal, place, phase },
      { id: given.id, client: given.client, principal: 'ada', place: '/t/1/mcp', phase: 'used' },
    );
    assert.equal(await sessions.find(recordOf(), Date.now()), 'unknown');
    assert.equal(await sessions.count(), 1);
  },

  'finds a session for its own principal and at its own place only': async (open) => {
    const { sessions } = open();
    const [record] = await admitAll(sessions, { principal: 'ada' });
    assert.ok(record);
    for (const other of [{ principal: 'bob' }, { principal: undefined }, { place: '/other' }]) {
      assert.equal(await sessions.find({ ...record, ...other }, Date.now()), 'unknown');
    }
    await found(sessions, record);
  },

  'keeps the sessions of two endpoints apart': async (open) => {
    const [one, other] = [open(), open()];
    const [record] = await admitAll(one.sessions, {});
    assert.ok(record);
    assert.equal(await other.sessions.find(record, Date.now()), 'unknown');
    assert.deepEqual([await one.sessions.count(), await other.sessions.count()], [1, 0]);
  },

  'keeps the first of two sessions with one address': async (open) => {
    const { sessions } = open();
    const first = recordOf({ phase: 'unused' });
    await sessions.admit(first, Date.now());
    const second = await sessions.admit({ ...first, phase: 'used' }, Date.now());
    assert.equal(second?.phase, 'unused');
    assert.equal(await sessions.count(), 1);
  },

  'moves a session forward through its phases, never back': async (open) => {
    const { sessions } = open();
    const [record] = await admitAll(sessions, { phase: 'handshake' });
    assert.ok(record);
    const phases: SessionPhase[] = [];
    for (const phase of ['unused', 'used', 'unused', 'handshake'] as const) {
      await sessions.touch(await found(sessions, record), phase, Date.now());
      phases.push((await found(sessions, record)).phase);
    }
    assert.deepEqual(phases, ['unused', 'used', 'used', 'used']);
  },

  'ends a session that is idle, a handshake included': async (open) => {
    const { sessions } = open({ idleMs: IDLE_MS });
    const records = await admitAll(sessions, { phase: 'used' }, { phase: 'handshake' });
    await later(IDLE_MS + 20);
    for (const record of records) {
      assert.equal(await sessions.find(record, Date.now()), 'unknown');
      assert.equal(await sessions.ended(record, Date.now()), false);
    }
    await eventually('nothing is counted', async () => (await sessions.count()) === 0);
  },

  'begins the idle time again with every use': async (open) => {
    const { sessions } = open({ idleMs: IDLE_MS });
    const [record] = await admitAll(sessions, {});
    assert.ok(record);
    for (let use = 0; use < 7; use += 1) {
      await later(IDLE_MS / 5);
      await sessions.touch(await found(sessions, record), 'used', Date.now());
    }
    await later(IDLE_MS + 20);
    assert.equal(await sessions.find(record, Date.now()), 'unknown');
  },

  'takes a session back that was idle': async (open) => {
    const { sessions } = open({ idleMs: IDLE_MS });
    const [record] = await admitAll(sessions, {});
    assert.ok(record);
    await later(IDLE_MS + 20);
    await sessions.find(record, Date.now());
    await admitAll(sessions, { id: record.id });
    await found(sessions, record);
  },

  'ends a session at its absolute end, however much it is used': async (open) => {
    const { sessions } = open();
    const [record] = await admitAll(sessions, { endsAt: Date.now() + IDLE_MS });
    assert.ok(record);
    await sessions.touch(await found(sessions, record), 'used', Date.now());
    await later(IDLE_MS + 20);
    assert.equal(await sessions.find(record, Date.now()), 'unknown');
  },

  'ends a session for good, and remembers that as long as it should': async (open) => {
    const { sessions } = open();
    const [record] = await admitAll(sessions, {});
    assert.ok(record);
    const ended = await sessions.end(record, Date.now() + IDLE_MS, Date.now());
    assert.deepEqual(ended, { wasThere: true, users: [] });
    assert.equal(await sessions.find(record, Date.now()), 'ended');
    assert.equal(await sessions.ended(record, Date.now()), true);
    assert.equal(await sessions.count(), 0);
    await later(IDLE_MS + 20);
    assert.equal(await sessions.ended(record, Date.now()), false);
  },

  'remembers an end of what it does not keep, and says that nothing was there': async (open) => {
    const { sessions } = open();
    const asleep = recordOf();
    const until = Date.now() + HOUR_MS;
    for (let time = 0; time < 2; time += 1) {
      assert.equal((await sessions.end(asleep, until, Date.now())).wasThere, false);
      assert.equal(await sessions.ended(asleep, Date.now()), true);
    }
  },

  'drops a session without remembering it when there is no time to': async (open) => {
    const { sessions } = open();
    const [record] = await admitAll(sessions, {});
    assert.ok(record);
    const now = Date.now();
    assert.equal((await sessions.end(record, now, now)).wasThere, true);
    assert.equal(await sessions.ended(record, now), false);
    assert.equal(await sessions.find(record, now), 'unknown');
  },
};
