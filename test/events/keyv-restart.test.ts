/**
 * A Keyv's streams in the process after the one that wrote them.
 *
 * @module
 */
import { type EventLog, keyvEventStore, type StreamLog } from 'express-mcp-router';
import Keyv from 'keyv';
import { describe, expect, it } from 'vitest';
import { keyvOnDisk, temporaryFolder } from '../support/event-stores.js';
import { answer, note, notes, read, toLast } from '../support/streams.js';

const KEY = { session: 'a1', stream: 'b2' };

/** The stream as the next process finds it in the same Map. */
async function foundIn(map: Map<unknown, unknown>, key = KEY) {
  const found = await keyvEventStore(new Keyv({ store: map })).find(key);
  if (found === undefined) throw new Error('the stream is not found');
  return found;
}

describe('after a restart', () => {
  it('a stream on disk is found with its events, its end and what it had to answer', async () => {
    const folder = await temporaryFolder();
    const before = keyvEventStore(keyvOnDisk(folder));
    const stream = before.open(KEY, [1, '1', 'two']);
    const places = [await stream.prime(), ...(await toLast(stream, notes(3)))];
    await stream.append(answer('1'), true);
    await before.close();

    const found = await keyvEventStore(keyvOnDisk(folder)).find(KEY);
    expect(found?.unanswered).toEqual([1, 'two']);
    for (const [index, place] of places.entries()) {
      const { texts, missed } = await read(found?.log, place);
      expect([texts, missed]).toEqual([[...notes(3), answer('1')].slice(index), 0]);
    }
  });

  it('a finished stream is found finished', async () => {
    const map = new Map();
    const before = keyvEventStore(new Keyv({ store: map }));
    const stream = before.open(KEY, [1]);
    const prime = await stream.prime();
    await toLast(stream, notes(3));
    await stream.append(answer(1), true);
    stream.finish();
    await before.close();

    const { log, unanswered } = await foundIn(map);
    expect(unanswered).toEqual([]);
    expect((await read(log, prime)).texts).toEqual([...notes(3), answer(1)]);
    expect(await read(log, '5')).toMatchObject({ isPlace: false, texts: [] });
  });

  it('a response is found that was written just before its process died', async () => {
    const map = new Map<string, string>();
    const log = keyvEventStore(new Keyv({ store: map }));
    const stream = log.open(KEY, [1, 2]);
    await toLast(stream, notes(2));
    await log.close();
    const begun = [...map].filter(([name]) => name.endsWith(':s'));
    await stream.append(answer(2), true);
    await log.close();
    for (const [name, value] of begun) map.set(name, value);

    const found = await foundIn(map);
    expect(found.unanswered).toEqual([1]);
    expect((await read(found.log, '0')).texts).toEqual([...notes(2), answer(2)]);
  });

  it('a stream goes on where it ended, with positions of its own', async () => {
    const map = new Map();
    const before = keyvEventStore(new Keyv({ store: map }));
    await toLast(before.open(KEY, [1]), notes(2));
    await before.close();

    const { log } = await foundIn(map);
    const place = await log.append(note(3), false);
    expect(place).not.toBe('3');
    expect((await read(log, '0')).positions).toEqual(['1', '2', place]);
    expect((await read(log, place)).texts).toEqual([]);
  });

  it('a client that saw more than was written gets the rest, not a refusal', async () => {
    const map = new Map();
    const before = keyvEventStore(new Keyv({ store: map }));
    await toLast(before.open(KEY, [1]), notes(2));
    await before.close();

    const { log } = await foundIn(map);
    expect(await read(log, '7')).toMatchObject({ isPlace: true, texts: [] });
    const lost = await log.append(note(3), false);
    expect((await read(log, '7')).positions).toEqual([lost]);
    expect((await read(log, '2')).positions).toEqual([lost]);
    for (const position of ['3-2', '2-1', '9-1', '3-01']) {
      expect(await read(log, position)).toMatchObject({ isPlace: false, texts: [] });
    }
  });

  it('places stay what they are over several restarts', async () => {
    const map = new Map();
    const first = keyvEventStore(new Keyv({ store: map }));
    const places = await toLast(first.open(KEY, []), notes(2));
    await first.close();
    for (const number of [3, 4, 5]) {
      const next = keyvEventStore(new Keyv({ store: map }));
      const found = await next.find(KEY);
      places.push(String(await found?.log.append(note(number), false)));
      await next.close();
    }
    const { log } = await foundIn(map);
    for (const [index, place] of places.entries()) {
      expect((await read(log, place)).texts).toEqual(notes(5).slice(index + 1));
    }
  });

  it('what is missing in the middle is told as missing', async () => {
    const map = new Map();
    const before = keyvEventStore(new Keyv({ store: map }));
    await toLast(before.open(KEY, [1]), notes(5));
    await before.close();
    for (const slot of [2, 3]) map.delete(`keyv:mcp:a1:b2:e${slot}`);
    const { log } = await foundIn(map);
    const { texts, missed, order } = await read(log, '0');
    expect(texts).toEqual([1, 4, 5].map((number) => note(number)));
    expect([missed, order]).toEqual([2, ['1', 'missed 2', '4', '5']]);
  });

  it('two readers who come at once get one stream', async () => {
    const map = new Map();
    const before = keyvEventStore(new Keyv({ store: map }));
    await toLast(before.open(KEY, [1]), notes(2));
    await before.close();
    const next = keyvEventStore(new Keyv({ store: map }));
    const [one, two] = await Promise.all([next.find(KEY), next.find(KEY)]);
    expect(one?.log).toBe(two?.log);
    expect((await next.find(KEY))?.log).toBe(one?.log);
  });

  it('an ended session is not found, although this process did not know its streams', async () => {
    const map = new Map();
    const before = keyvEventStore(new Keyv({ store: map }));
    await toLast(before.open(KEY, [1]), notes(2));
    await before.close();
    const next = keyvEventStore(new Keyv({ store: map }));
    const finding = next.find(KEY);
    await next.drop(KEY.session);
    expect(await finding).toBeUndefined();
    expect(await next.find(KEY)).toBeUndefined();
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'state'],
    ['another shape', { run: 1 }],
    ['a ring of no size', { run: 'r', ring: 0, ends: [], unanswered: [], responses: [] }],
    ['numbers that are none', { run: 'r', ring: 9, ends: ['1'], unanswered: [], responses: [] }],
    ['no ids', { run: 'r', ring: 9, ends: [], unanswered: [null], responses: [] }],
  ])('a stream whose own key holds %s is not found', async (_what, value) => {
    const keyv = new Keyv();
    await keyv.set('mcp:a1:b2:s', value);
    expect(await keyvEventStore(keyv).find(KEY)).toBeUndefined();
  });

  it('a stream that was opened again does not show what the first of its name held', async () => {
    const map = new Map();
    const before = keyvEventStore(new Keyv({ store: map }));
    await toLast(before.open(KEY, [1]), notes(5, 'old'));
    await before.close();
    const again = keyvEventStore(new Keyv({ store: map }));
    await toLast(again.open(KEY, [1]), notes(2, 'new'));
    await again.close();
    const { log } = await foundIn(map);
    expect((await read(log, '0')).texts).toEqual(notes(2, 'new'));
  });
});

describe('a stream of more events than are kept', () => {
  const open = (map: Map<unknown, unknown>, maxEventsPerStream: number): [EventLog, StreamLog] => {
    const log = keyvEventStore(new Keyv({ store: map }), { maxEventsPerStream });
    return [log, log.open(KEY, [1, 2])];
  };

  it.each([1, 3, 10])('with a ring of %d: says how many are gone, then goes on', async (ring) => {
    const [, stream] = open(new Map(), ring);
    await toLast(stream, notes(25));
    const { texts, order } = await read(stream, '5');
    expect(texts).toEqual(notes(25).slice(-ring));
    expect(order[0]).toBe(`missed ${20 - ring}`);
  });

  it('keeps responses where they were, before and after a restart', async () => {
    const map = new Map();
    const [log, stream] = open(map, 3);
    await stream.append(note(1), false);
    await stream.append(answer(1), true);
    await toLast(
      stream,
      [2, 3, 4, 5, 6].map((number) => note(number)),
    );
    await stream.append(answer(2), true);
    stream.finish();
    await log.close();
    const { log: next } = await foundIn(map);
    for (const reading of [stream, next]) {
      const { order, texts } = await read(reading, '0');
      expect(order).toEqual(['missed 1', '2', 'missed 3', '6', '7', '8']);
      expect(texts).toEqual([answer(1), note(5), note(6), answer(2)]);
    }
  });

  it('takes no more keys than that', async () => {
    const map = new Map();
    const [log, stream] = open(map, 3);
    await toLast(stream, notes(50));
    await stream.append(answer(1), true);
    await log.close();
    expect([...map.keys()].sort()).toEqual(
      ['e0', 'e1', 'e2', 'r0', 's'].map((slot) => `keyv:mcp:a1:b2:${slot}`),
    );
  });

  it('keeps the size of its ring when the option changes', async () => {
    const map = new Map();
    const [log, stream] = open(map, 3);
    await toLast(stream, notes(8));
    await log.close();
    const next = keyvEventStore(new Keyv({ store: map }), { maxEventsPerStream: 50 });
    const found = await next.find(KEY);
    await found?.log.append(note(9), false);
    expect((await read(found?.log, '0')).order).toEqual(['missed 6', '7', '8', '9-1']);
  });
});
