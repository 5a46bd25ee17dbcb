/**
 * The contract's cases of isolation and life: nobody reads another's events, and what is gone stays gone.
 *
 * Knows: the port. Does not know: the stores.
 *
 * @module
 */
import assert from 'node:assert/strict';
import {
  answer,
  assertGone,
  assertNoPlace,
  assertReads,
  begin,
  type Cases,
  newKey,
  newName,
  notes,
  read,
} from './contract-bench.js';

/** What clients send that no log has made: numbers that are out of range, patterns, scripts. */
const FORGED: readonly string[] = [
  '',
  '-1',
  '+1',
  ' 1',
  '01',
  '1.5',
  '1e0',
  '0x1',
  '1000000',
  '9007199254740993',
  '18446744073709551616',
  'NaN',
  'Infinity',
  'null',
  'undefined',
  '__proto__',
  'toString',
  '*',
  '$',
  '1-0',
  '1_0',
  '../../1',
  '1\u0000',
  '1\r\nid: 2',
  "return redis.call('KEYS','*')",
  "' OR 1=1 --",
  '\ud800',
  'A'.repeat(512),
  '9'.repeat(8_192),
];

const COUNT = 5;

export const ISOLATION: Cases = {
  'hands over nothing for a position that it never made': async (log) => {
    const { stream } = await begin(log, notes(COUNT));
    for (const position of FORGED) await assertNoPlace(stream, position);
  },

  'hands over nothing for such a position once the stream has finished': async (log) => {
    const { key, stream } = await begin(log, notes(COUNT));
    await stream.append(answer(1), true);
    stream.finish();
    const found = await log.find(key);
    assert.ok(found, 'the finished stream is not found');
    for (const position of FORGED) await assertNoPlace(found.log, position);
  },

  'hands over nothing of one stream for a place in another': async (log) => {
    const session = newName();
    const mine = await begin(log, notes(COUNT, 'mine'), { key: newKey(session) });
    const other = await begin(log, notes(2 * COUNT, 'other'), { key: newKey(session) });
    for (const place of [other.prime, ...other.places]) {
      const { texts } = await read(mine.stream, place);
      assert.deepEqual(
        texts.filter((text) => text.includes('other')),
        [],
      );
    }
  },

  'keeps two streams of a session apart': async (log) => {
    const session = newName();
    const one = await begin(log, notes(COUNT, 'one'), { key: newKey(session) });
    const two = await begin(log, notes(COUNT, 'two'), { key: newKey(session) });
    await assertReads(one.stream, one.prime, notes(COUNT, 'one'));
    await assertReads(two.stream, two.prime, notes(COUNT, 'two'));
  },

  'keeps two sessions apart whose streams have one name': async (log) => {
    const stream = newName();
    const keys = [newName(), newName()].map((session) => ({ session, stream }));
    const [hers, his] = await Promise.all(
      keys.map((key) => begin(log, notes(COUNT, key.session), { key })),
    );
    assert.ok(hers !== undefined && his !== undefined);
    await assertReads(hers.stream, hers.prime, notes(COUNT, hers.key.session));
    for (const place of [his.prime, ...his.places]) {
      const { texts } = await read(hers.stream, place);
      assert.deepEqual(
        texts.filter((text) => text.includes(his.key.session)),
        [],
      );
    }
  },

  'finds a stream that has finished, complete': async (log) => {
    const { key, stream, prime, places } = await begin(log, notes(COUNT));
    await stream.append(answer(1), true);
    stream.finish();
    const found = await log.find(key);
    assert.ok(found, 'the finished stream is not found');
    assert.deepEqual(found.unanswered ?? [], []);
    const all = [...notes(COUNT), answer(1)];
    for (const [index, place] of [prime, ...places].entries()) {
      await assertReads(found.log, place, all.slice(index));
    }
  },

  'appends to a found stream where it ended': async (log) => {
    const { key, stream, prime } = await begin(log, notes(2));
    stream.finish();
    const found = await log.find(key);
    assert.ok(found, 'the finished stream is not found');
    const place = await found.log.append(answer(1), true);
    await assertReads(found.log, prime, [...notes(2), answer(1)]);
    await assertReads(found.log, place, []);
  },

  'finds nothing of a stream that was never opened': async (log) => {
    const { key, prime, places } = await begin(log, notes(COUNT));
    const all = [prime, ...places, ...FORGED];
    await assertGone(log, newKey(key.session), all);
    await assertGone(log, { ...newKey(), stream: key.stream }, all);
    await assertGone(log, { session: '*', stream: '*' }, all);
  },

  'forgets a session’s streams when it ends, those still open included': async (log) => {
    const session = newName();
    const open = await begin(log, notes(COUNT), { key: newKey(session) });
    const finished = await begin(log, notes(COUNT), { key: newKey(session) });
    await finished.stream.append(answer(1), true);
    finished.stream.finish();
    const other = await begin(log, notes(COUNT));
    await log.drop(session);
    await open.stream.append(answer(1), true);
    open.stream.finish();
    for (const { key, stream, prime, places } of [open, finished]) {
      await assertNoPlace(stream, prime);
      await assertGone(log, key, [prime, ...places]);
    }
    await assertReads(other.stream, other.prime, notes(COUNT));
    await log.drop(newName());
  },

  'closes with streams open, and once more': async (log) => {
    const { stream } = await begin(log, notes(COUNT));
    const appending = stream.append(answer(1), true);
    await log.close();
    await appending;
    await log.close();
  },
};
