/**
 * The contract's cases of claims: no two instances serve one request, and no more than there may be.
 *
 * Knows: the port. Does not know: the stores.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { HOUR_MS } from './contract-bench.js';
import { claimed, claimOf, opened, type PairCases } from './contract-pair.js';

export const CLAIMS: PairCases = {
  'lets one instance at a time serve a request': async (open) => {
    const [a, b] = [await open(), await open()];
    const record = await opened(a);
    const claim = claimOf(1, '1');
    assert.equal(await claimed(a, record, claim), 'claimed');
    assert.equal(await claimed(b, record, claimOf(1)), 'duplicate');
    assert.equal(await claimed(b, record, claimOf(2, '1')), 'duplicate');
    assert.equal(await b.shared.runner(record, '1'), a.self);
    assert.equal(await b.shared.runner(record, 2), undefined);
    await a.shared.leave(record, claim);
    assert.equal(await b.shared.runner(record, 1), undefined);
    assert.equal(await claimed(b, record, claimOf(1, '1')), 'claimed');
    assert.equal(await a.shared.runner(record, 1), b.self);
  },

  'enters all requests of a POST or none': async (open) => {
    const [a, b] = [await open(), await open()];
    const record = await opened(a);
    await claimed(a, record, claimOf(1));
    assert.equal(await claimed(b, record, claimOf(2, 1, 3)), 'duplicate');
    assert.equal(await claimed(a, record, claimOf(2, 3)), 'claimed');
  },

  'lets one of many claims at once through': async (open) => {
    const all = await Promise.all([open(), open(), open()]);
    const record = await opened(all[0]);
    for (let id = 0; id < 10; id += 1) {
      const sought = await Promise.all(all.map((one) => claimed(one, record, claimOf(id))));
      assert.deepEqual(sought.sort(), ['claimed', 'duplicate', 'duplicate']);
    }
  },

  'never stops an instance with what it has claimed itself': async (open) => {
    const a = await open();
    const record = await opened(a);
    const [first, second] = [claimOf(1), claimOf(1)];
    assert.equal(await claimed(a, record, first), 'claimed');
    assert.equal(await claimed(a, record, second), 'claimed');
    await a.shared.leave(record, first);
    assert.equal(await a.shared.runner(record, 1), a.self);
    await a.shared.leave(record, second);
    await a.shared.leave(record, second);
    assert.equal(await a.shared.runner(record, 1), undefined);
  },

  'takes over what an instance that is gone had claimed': async (open) => {
    const [a, gone] = [await open(), await open({ isAlive: false })];
    const record = await opened(a);
    assert.equal(await claimed(gone, record, claimOf(1)), 'claimed');
    assert.equal(await claimed(a, record, claimOf(1)), 'claimed');
    assert.equal(await a.shared.runner(record, 1), a.self);
  },

  'counts the requests of all instances that are alive': async (open) => {
    const options = { callsPerSession: 3 };
    const [a, b] = [await open(options), await open(options)];
    const gone = await open({ ...options, isAlive: false });
    const record = await opened(a);
    assert.equal(await claimed(gone, record, claimOf('x', 'y')), 'claimed');
    assert.equal(await claimed(a, record, claimOf(1, 2)), 'claimed');
    assert.equal(await claimed(b, record, claimOf(3, 4)), 'full');
    assert.equal(await claimed(b, record, claimOf(3)), 'claimed');
    assert.equal(await claimed(a, record, claimOf(5)), 'full');
  },

  'enters nothing in a session that is not there': async (open) => {
    const [a, b] = [await open(), await open()];
    const record = await opened(a);
    const stranger = { ...record, principal: 'eve', owner: 'eve' };
    assert.equal(await claimed(b, stranger, claimOf(1)), 'unknown');
    assert.equal(await claimed(b, { ...record, place: '/other' }, claimOf(1)), 'unknown');
    assert.equal(await a.shared.runner(record, 1), undefined);
    await a.sessions.end(record, Date.now() + HOUR_MS, Date.now());
    assert.equal(await claimed(b, record, claimOf(1)), 'ended');
  },
};
