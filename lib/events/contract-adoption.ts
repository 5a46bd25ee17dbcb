/**
 * The shared contract's cases of writers that are gone, or seem to be: every request has one end.
 *
 * Knows: the port. Does not know: the stores.
 *
 * @module
 */
import assert from 'node:assert/strict';
import type { RequestId } from '../protocol/json-rpc.js';
import { answer, assertNoPlace, assertReads, newKey, note, notes, read } from './contract-bench.js';
import { eventually, found, ringsOf, type SharedCases, write } from './contract-shared-bench.js';

const lost = (id: RequestId): string =>
  JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32000, message: 'gone' } });

export const ADOPTION: SharedCases = {
  'knows what is unanswered once the writer is gone': async (one, two) => {
    const { key, stream } = await write(one, { requests: [1, '1', 'two', 2] });
    stream.append(answer('1'), true);
    stream.append(note(1), false);
    stream.append(lost(2), true);
    await found(one, key);
    assert.equal((await found(two, key)).unanswered, undefined);
    one.lapse();
    const { unanswered, writer } = await found(two, key);
    assert.deepEqual(unanswered, [1, 'two']);
    assert.equal(writer, one.self);
  },

  'ends a stream in its writer’s place, each request once': async (one, two) => {
    const { key, stream } = await write(one, { requests: [1, 2] });
    stream.append(note(1), false);
    stream.append(answer(1), true);
    await found(one, key);
    await two.log.follow(key);
    one.lapse();
    assert.equal(await two.log.adopt(key, one.self, lost), true);
    const { log, writer, unanswered } = await found(two, key);
    assert.equal(writer, undefined);
    assert.deepEqual(unanswered, []);
    await assertReads(log, '0', [note(1), answer(1), lost(2)]);
    await eventually('the follower is told', () => ringsOf(two, key) > 0);
  },

  'keeps nothing of a writer that comes back too late': async (one, two) => {
    const written = await write(one);
    const { key, stream } = written;
    stream.append(note(1), false);
    await found(one, key);
    const goOn = one.halt();
    stream.append(note(2), false);
    stream.append(answer(1), true);
    const finished = stream.finish();
    one.lapse();
    assert.equal(await two.log.adopt(key, one.self, lost), true);
    goOn();
    await finished;
    stream.append(note(3), false);
    assert.equal(written.fences, 1);
    for (const instance of [one, two]) {
      const { log } = await found(instance, key);
      await assertReads(log, '0', [note(1), lost(1)]);
    }
    await assertReads(stream, '0', [note(1), lost(1)]);
    assert.equal(written.fences, 1);
  },

  'lets one of two instances adopt': async (one, two) => {
    const { key, stream } = await write(one, { requests: [1, 2] });
    stream.append(note(1), false);
    await found(one, key);
    const goOn = one.halt();
    one.lapse();
    const adopted = await Promise.all([
      two.log.adopt(key, one.self, lost),
      two.log.adopt(key, one.self, lost),
    ]);
    assert.deepEqual([...adopted].sort(), [false, true]);
    await assertReads((await found(two, key)).log, '0', [note(1), lost(1), lost(2)]);
    goOn();
  },

  'ends a stream of its own, and keeps nothing more of it': async (one, two) => {
    const written = await write(one, { requests: [1, 2] });
    const { key, stream } = written;
    stream.append(note(1), false);
    stream.append(answer(2), true);
    assert.equal(await one.log.adopt(key, one.self, lost), true);
    stream.append(answer(1), true);
    await stream.finish();
    assert.equal(written.fences, 1);
    for (const { log } of [await found(one, key), await found(two, key)]) {
      await assertReads(log, '0', [note(1), answer(2), lost(1)]);
    }
  },

  'adopts nothing that has finished, has another writer or is unknown': async (one, two) => {
    const { key, stream } = await write(one);
    assert.equal(await two.log.adopt(key, two.self, lost), false);
    stream.append(answer(1), true);
    await stream.finish();
    assert.equal(await two.log.adopt(key, one.self, lost), false);
    assert.equal(await two.log.adopt(newKey(key.session), one.self, lost), false);
    await assertReads((await found(two, key)).log, '0', [answer(1)]);
  },

  'ends a stream for a client that has read what its writer had not kept': async (one, two) => {
    const { key, stream } = await write(one);
    stream.append(note(1), false);
    await found(one, key);
    const goOn = one.halt();
    const places = notes(3).map((text) => stream.append(text, false));
    const ahead = await places[2];
    assert.ok(ahead);
    const { log } = await found(two, key);
    await assertReads(log, ahead, []);
    await assertNoPlace(log, '1000000');
    one.lapse();
    assert.equal(await two.log.adopt(key, one.self, lost), true);
    await assertReads(log, ahead, [lost(1)]);
    const { texts } = await read(log, '0');
    assert.deepEqual(texts, [note(1), lost(1)]);
    goOn();
  },

  'hands over what a writer has kept after it was out of reach': async (one, two) => {
    const { key, stream } = await write(one);
    const goOn = one.halt();
    for (const text of notes(3)) stream.append(text, false);
    const { log } = await found(two, key);
    await assertReads(log, '2', []);
    goOn();
    await found(one, key);
    await assertReads(log, '2', [note(3)]);
    await assertReads(log, '0', notes(3));
  },
};
