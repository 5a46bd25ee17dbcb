/**
 * The contract's cases of order and completeness: every place hands over exactly the rest.
 *
 * Knows: the port. Does not know: the stores.
 *
 * @module
 */
import assert from 'node:assert/strict';
import {
  answer,
  assertReads,
  assertSame,
  begin,
  type Cases,
  newKey,
  note,
  notes,
  read,
} from './contract-bench.js';

const POSITION = /^[A-Za-z0-9_-]+$/;
const MAX_POSITION_CHARACTERS = 512;

/** Keeps a trimming store busy: more than such a store keeps of one stream, or many at least. */
const MANY = 150;

export const ORDER: Cases = {
  'replays every event after the prime, in the order of appending': async (log) => {
    const texts = notes(5);
    const { stream, prime } = await begin(log, texts);
    await assertReads(stream, prime, texts);
  },

  'replays exactly the rest after every place': async (log) => {
    const texts = notes(5);
    const { stream, places } = await begin(log, texts);
    for (const [index, place] of places.entries()) {
      await assertReads(stream, place, texts.slice(index + 1));
    }
  },

  'names the same places in a replay as when it appended': async (log) => {
    const { stream, prime, places } = await begin(log, notes(5));
    assert.deepEqual((await read(stream, prime)).positions, places);
  },

  'makes positions of letters, digits, - and _, no two alike': async (log) => {
    const { prime, places } = await begin(log, notes(5));
    const all = [prime, ...places];
    for (const place of all) {
      assert.match(place, POSITION);
      assert.ok(place.length <= MAX_POSITION_CHARACTERS);
    }
    assert.equal(new Set(all).size, all.length);
  },

  'replays nothing of a stream without events': async (log) => {
    const { stream, prime } = await begin(log, []);
    await assertReads(stream, prime, []);
  },

  'replays the same to every reader': async (log) => {
    const texts = notes(5);
    const { stream, prime } = await begin(log, texts);
    await assertReads(stream, prime, texts);
    await assertReads(stream, prime, texts);
  },

  'keeps the order of appends that nobody waited for': async (log) => {
    const texts = notes(10);
    const stream = log.open(newKey(), [1]);
    const prime = await stream.prime();
    const places = await Promise.all(texts.map(async (text) => stream.append(text, false)));
    await assertReads(stream, prime, texts);
    for (const [index, place] of places.entries()) {
      await assertReads(stream, place, texts.slice(index + 1));
    }
  },

  'replays what is appended during the replay': async (log) => {
    const { stream, prime } = await begin(log, notes(2));
    const { texts } = await read(stream, prime, async (count) => {
      if (count < 4) await stream.append(note(count + 2), false);
      return true;
    });
    assertSame(texts, notes(5));
  },

  'stops when the reader does': async (log) => {
    const { stream, prime } = await begin(log, notes(5));
    const { isPlace, texts } = await read(stream, prime, (count) => count < 2);
    assert.equal(isPlace, true);
    assertSame(texts, notes(2));
    await assertReads(stream, prime, notes(5));
  },

  'waits for a slow reader': async (log) => {
    const { stream, prime } = await begin(log, notes(5));
    let busy = 0;
    let mostBusy = 0;
    await read(stream, prime, async () => {
      busy += 1;
      mostBusy = Math.max(mostBusy, busy);
      await new Promise(setImmediate);
      busy -= 1;
      return true;
    });
    assert.equal(mostBusy, 1, 'an event is handed over before the last was taken');
    assert.equal(busy, 0, 'the replay ends before its last event was taken');
  },

  'keeps any message as it is': async (log) => {
    const texts = [...STRANGE, JSON.stringify({ jsonrpc: '2.0', method: 'a', params: LARGE })];
    const { stream, prime } = await begin(log, texts);
    await assertReads(stream, prime, texts);
  },

  'never gives up a response, however much comes before and after it': async (log) => {
    const requests = [1, '1', 'two'];
    const before = notes(MANY, 'before');
    const { stream, prime, places } = await begin(log, before, { requests });
    const responses = requests.map(answer);
    for (const response of responses) await stream.append(response, true);
    const after = notes(MANY, 'after');
    for (const text of after) await stream.append(text, false);
    const all = [...before, ...responses, ...after];
    for (const [gone, place] of [prime, ...places.slice(0, 1)].entries()) {
      const { texts, missed } = await read(stream, place);
      const found = new Set(texts);
      assertSame(
        [...found].filter((text) => responses.includes(text)),
        responses,
      );
      assertSame(
        texts,
        all.filter((text) => found.has(text)),
      );
      assert.equal(texts.length + missed, all.length - gone);
      assert.equal(texts.at(-1), all.at(-1), 'the newest event is gone');
    }
  },
};

const LARGE = { text: 'é'.repeat(1_048_576) };

/** As `JSON.stringify` makes them, so that a store which parses can give them back byte for byte. */
const STRANGE: readonly string[] = [
  JSON.stringify({
    jsonrpc: '2.0',
    method: 'unicode',
    params: { text: 'żółć 漢字 \u{1f600} \u2028 \u0000 \r\n' },
  }),
  JSON.stringify({ jsonrpc: '2.0', method: 'lone', params: { text: '\ud800' } }),
  JSON.stringify({
    jsonrpc: '2.0',
    method: 'colons',
    params: { a: ':', b: ':base64:AAAA', c: ':bigint:1' },
  }),
  '{"jsonrpc":"2.0","method":"keys","params":{"__proto__":{"admin":true},"constructor":{"prototype":1},"":0}}',
  '{"jsonrpc":"2.0","id":9007199254740991,"result":{"n":[0,-1.5,1e+21,null,true,[],{}]}}',
  '{"jsonrpc":"2.0","id":"x","error":{"code":-32603,"message":"data: no\\n\\nevent: such"}}',
];
