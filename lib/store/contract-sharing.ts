/**
 * The contract's cases of sessions that several instances serve.
 *
 * Knows: the port. Does not know: the stores.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { fits, found, HOUR_MS, kept, later, phase, recordOf } from './contract-bench.js';
import { claimed, claimOf, opened, type PairCases } from './contract-pair.js';

const IDLE_MS = 1_500;
const SKEW_MS = 600_000;

export const SHARING: PairCases = {
  'knows a session at every instance, under one key': async (open) => {
    const [a, b] = [await open(), await open()];
    const record = await opened(a, { principal: 'ada', phase: 'unused' });
    const there = await found(b.sessions, record);
    assert.match(record.key ?? '', /^[A-Za-z0-9]+$/);
    const { id, key, client, principal } = there;
    assert.deepEqual([id, key, client, principal], [record.id, record.key, record.client, 'ada']);
    assert.ok(Math.abs(there.endsAt - record.endsAt) < 1_000);
    await b.sessions.touch(there, 'used', Date.now());
    assert.equal((await found(a.sessions, record)).phase, 'used');
    assert.equal(await b.sessions.count(), 1);
  },

  'has another session for another principal with the same id': async (open) => {
    const [a, b] = [await open(), await open()];
    const record = await opened(a, { principal: 'ada' });
    const other = await opened(b, { id: record.id, principal: 'bob' });
    assert.notEqual(record.key, other.key);
    await a.sessions.end(record, Date.now() + HOUR_MS, Date.now());
    await found(a.sessions, other);
  },

  'tells every instance of a change, and who uses the session': async (open) => {
    const [a, b] = [await open(), await open()];
    const record = await opened(a);
    const there = await found(b.sessions, record);
    await claimed(b, there, claimOf(1));
    assert.deepEqual(await a.shared.change(record, { logLevel: 'warning' }), [b.self]);
    await a.shared.change(record, { subscribe: 'x://1' });
    await b.shared.change(there, { subscribe: 'x://2' });
    await a.shared.change(record, { unsubscribe: 'x://1' });
    for (const { sessions, shared } of [a, b]) {
      for (const now of [await found(sessions, record), await shared.reload(record)]) {
        assert.equal(now?.logLevel, 'warning');
        assert.deepEqual([...(now?.subscriptions ?? [])], ['x://2']);
      }
    }
    await b.shared.change(there, { unsubscribe: 'x://2' });
    assert.equal((await found(a.sessions, record)).subscriptions?.size ?? 0, 0);
  },

  'loads nothing of a session that is over': async (open) => {
    const [a, b] = [await open(), await open()];
    const record = await opened(a);
    await found(b.sessions, record);
    await a.sessions.end(record, Date.now() + HOUR_MS, Date.now());
    assert.equal(await b.shared.reload(record), undefined);
    assert.equal(await b.shared.renew(record), false);
    assert.deepEqual(await b.shared.change(record, { logLevel: 'debug' }), []);
    assert.equal(await b.shared.listen(record), undefined);
    await b.sessions.touch(record, 'used', Date.now());
    assert.equal(await b.sessions.find(record, Date.now()), 'ended');
    assert.equal(await b.sessions.ended(record, Date.now()), true);
    assert.equal(await b.sessions.admit(recordOf({ id: record.id }), Date.now()), undefined);
  },

  'says who else uses a session that ends': async (open) => {
    const [a, b, c] = [await open(), await open(), await open()];
    const record = await opened(a);
    await claimed(a, record, claimOf(1));
    await claimed(b, record, claimOf(2));
    await c.shared.listen(record);
    const { wasThere, users } = await a.sessions.end(record, Date.now() + HOUR_MS, Date.now());
    assert.equal(wasThere, true);
    assert.deepEqual([...users].sort(), [b.self, c.self].sort());
  },

  'gives a session’s GET stream to who asked last': async (open) => {
    const [a, b] = [await open(), await open()];
    const record = await opened(a);
    assert.equal(await a.shared.listen(record), undefined);
    assert.equal((await found(b.sessions, record)).listener, a.self);
    assert.equal(await b.shared.listen(record), a.self);
    assert.equal(await b.shared.listen(record), undefined);
    await a.shared.unlisten(record);
    assert.equal((await found(a.sessions, record)).listener, b.self);
    await b.shared.unlisten(record);
    assert.equal((await found(a.sessions, record)).listener, undefined);
  },

  'keeps a session that is renewed': async (open) => {
    const limits = { idleMs: IDLE_MS };
    const [a, b] = [await open({ limits }), await open({ limits })];
    const record = await opened(a);
    const idle = await opened(a);
    for (let turn = 0; turn < 6; turn += 1) {
      await later(IDLE_MS / 4);
      assert.equal(await a.shared.renew(record), true);
    }
    assert.equal(await b.sessions.find(idle, Date.now()), 'unknown');
    await found(b.sessions, record);
    assert.equal(await b.shared.renew(idle), false);
    await later(IDLE_MS + 20);
    assert.equal(await a.shared.renew(record), false);
  },

  'does not evict a session that an instance uses': async (open) => {
    const limits = { max: 4 };
    const [a, b] = [await open({ limits }), await open({ limits })];
    const gone = await open({ limits, isAlive: false });
    const calling = await opened(a, phase('handshake'));
    const listening = await opened(a, phase('handshake'));
    const renewed = await opened(a, phase('handshake'));
    const left = await opened(a, phase('handshake'));
    await claimed(a, calling, claimOf(1));
    await a.shared.listen(listening);
    await a.shared.renew(renewed);
    await gone.shared.listen(left);
    await claimed(gone, left, claimOf(1));
    assert.equal(await fits(b.sessions, phase('used', 'ada')), true);
    const all = [calling, listening, renewed, left];
    assert.deepEqual(await kept(b.sessions, all), [true, true, true, false]);
    assert.equal(await fits(b.sessions, phase('handshake', 'eve')), false);
  },

  'does not mind clocks that differ': async (open) => {
    const [a, b] = [await open(), await open()];
    for (const skew of [SKEW_MS, -SKEW_MS]) {
      const record = await opened(a, { endsAt: Date.now() + 60_000 });
      const there = await found(b.sessions, record, Date.now() + skew);
      assert.ok(Math.abs(there.endsAt - (Date.now() + skew + 60_000)) < 2_000);
      await b.sessions.touch(there, 'used', Date.now() + skew);
      await found(a.sessions, record);
      await b.sessions.end(there, Date.now() + skew + 60_000, Date.now() + skew);
      assert.equal(await a.sessions.ended(record, Date.now()), true);
      const short = await opened(a);
      await b.sessions.end(short, Date.now() + skew + IDLE_MS, Date.now() + skew);
      await later(IDLE_MS + 20);
      assert.equal(await a.sessions.ended(short, Date.now()), false);
    }
  },
};
