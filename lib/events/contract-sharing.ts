/**
 * The shared contract's cases of reading: what one instance writes, the other reads.
 *
 * Knows: the port. Does not know: the stores.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { answer, assertReads, assertSame, newName, note, notes, read } from './contract-bench.js';
import { eventually, found, ringsOf, type SharedCases, write } from './contract-shared-bench.js';

const MANY = 200;

export const SHARING: SharedCases = {
  'hands over on one instance what another has written': async (one, two) => {
    const { key, stream } = await write(one);
    for (const text of notes(5)) stream.append(text, false);
    await stream.append(answer(1), true);
    await stream.finish();
    const { log, writer, unanswered } = await found(two, key);
    assert.equal(writer, undefined);
    assert.deepEqual(unanswered, []);
    await assertReads(log, '0', [...notes(5), answer(1)]);
    await assertReads(log, '4', [note(5), answer(1)]);
  },

  'names the writer of a stream until it has finished': async (one, two) => {
    const { key, stream } = await write(one);
    const here = await found(one, key);
    const there = await found(two, key);
    assert.equal(here.writer, one.self);
    assert.equal(there.writer, one.self);
    assert.equal(there.unanswered, undefined);
    stream.append(answer(1), true);
    await stream.finish();
    await assertReads(there.log, '0', [answer(1)]);
    assert.equal(there.writer, undefined);
    assert.equal((await found(one, key)).writer, undefined);
  },

  'finds what is written here and not kept yet': async (one) => {
    const { key, stream } = await write(one);
    for (const text of notes(3)) stream.append(text, false);
    await assertReads((await found(one, key)).log, '0', notes(3));
    stream.append(answer(1), true);
    void stream.finish();
    const { log, writer } = await found(one, key);
    assert.equal(writer, undefined);
    await assertReads(log, '0', [...notes(3), answer(1)]);
  },

  'tells a follower of every append, and of the end': async (one, two) => {
    const { key, stream } = await write(one);
    const { log } = await found(two, key);
    assert.equal(await two.log.follow(key), undefined);
    for (const text of notes(3)) {
      const before = ringsOf(two, key);
      stream.append(text, false);
      await eventually('the follower is told', () => ringsOf(two, key) > before);
    }
    await assertReads(log, '0', notes(3));
    const before = ringsOf(two, key);
    await stream.finish();
    await eventually('the follower is told of the end', () => ringsOf(two, key) > before);
    assert.equal(ringsOf(one, key), 0);
  },

  'says who followed before': async (one, two) => {
    const { key } = await write(one);
    assert.equal(await two.log.follow(key), undefined);
    assert.equal(await two.log.follow(key), undefined);
    assert.equal(await one.log.follow(key), two.self);
    assert.equal(await two.log.follow(key), one.self);
    assert.equal(await two.log.follow({ ...key, stream: newName() }), undefined);
  },

  'says to every reader how many are gone': async (one, two) => {
    const { key, stream } = await write(one);
    const texts = notes(MANY);
    for (const text of texts) stream.append(text, false);
    await stream.append(answer(1), true);
    await stream.finish();
    const all = [...texts, answer(1)];
    const { log } = await found(two, key);
    const got = await read(log, '0');
    assertSame(got.texts, all.slice(got.missed));
    assert.equal((await read(log, '1')).missed, Math.max(0, got.missed - 1));
  },

  'keeps one order of what several instances tell a session': async (one, two) => {
    const session = newName();
    const texts = notes(16);
    await Promise.all(
      texts.map((text, index) => (index % 2 === 0 ? one : two).log.tell(session, text)),
    );
    const here = await one.log.standalone(session);
    const there = await two.log.standalone(session);
    assert.equal(here.name, there.name);
    assert.equal(here.end, there.end);
    assert.match(here.name, /^g[A-Za-z0-9]+$/);
    const { texts: order, missed } = await read(here.log, '0');
    assert.equal(missed, 0);
    assert.deepEqual([...order].sort(), [...texts].sort());
    await assertReads(there.log, '0', order);
    await assertReads(there.log, here.end, []);
    for (const parity of [0, 1]) {
      const own = texts.filter((_text, index) => index % 2 === parity);
      assertSame(
        order.filter((text) => own.includes(text)),
        own,
      );
    }
  },

  'begins a session’s own stream when it is asked for': async (one, two) => {
    const session = newName();
    const { name, end, log } = await one.log.standalone(session);
    await two.log.tell(session, note(1));
    assert.equal((await two.log.standalone(session)).name, name);
    await assertReads(log, end, [note(1)]);
    const other = await two.log.standalone(newName());
    assert.notEqual(other.name, name);
    await assertReads(other.log, other.end, []);
    const again = await found(two, { session, stream: name });
    await assertReads(again.log, end, [note(1)]);
    assert.equal(await two.log.find({ session, stream: other.name }), undefined);
  },

  'forgets a session on all instances': async (one, two) => {
    const written = await write(one);
    const { key, stream } = written;
    const { session } = key;
    stream.append(note(1), false);
    const { log } = await found(two, key);
    const { name, log: own } = await one.log.standalone(session);
    await one.log.tell(session, note(2));
    await two.log.drop(session);
    stream.append(answer(1), true);
    await stream.finish();
    await one.log.tell(session, note(3));
    assert.equal(written.fences, 1);
    for (const { log: its } of [one, two]) {
      assert.equal(await its.find(key), undefined);
      assert.equal(await its.find({ session, stream: name }), undefined);
    }
    for (const gone of [log, own]) {
      assert.deepEqual((await read(gone, '0')).texts, []);
    }
  },
};
