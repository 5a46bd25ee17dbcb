/**
 * What streams leave in Redis: how much, for how long, and what becomes of it.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { answer, newKey, newName, note, notes, read } from '../../lib/events/contract-bench.js';
import { eventually, ringsOf, write } from '../../lib/events/contract-shared-bench.js';
import type { StreamKey } from '../../lib/events/port.js';
import { lacksRedis } from '../support/redis.js';
import { streamPairs } from '../support/redis-stream-pairs.js';
import { PREFIX } from '../support/redis-streams.js';

const TTL_MS = 600_000;
const FINISHED_MS = 300_000;

const lacks = lacksRedis('what streams leave in Redis');
const pairs = streamPairs();

const slotOf = (session: string) => `${PREFIX}:{${session}}`;
const keysOf = ({ session, stream }: StreamKey) =>
  [`${slotOf(session)}:m:${stream}`, `${slotOf(session)}:l:${stream}`] as const;
const allOf = (session: string) => pairs.client.keys(`${slotOf(session)}:*`);

async function expectLife(key: string, ms: number): Promise<void> {
  const left = await pairs.client.pttl(key);
  expect(left).toBeLessThanOrEqual(ms);
  expect(left).toBeGreaterThan(0.8 * ms);
}

describe.skipIf(lacks)('a stream in Redis', () => {
  it('takes no more than 2 kB for three events of 300 bytes, names and all', async () => {
    const [one] = pairs.open();
    const { key, stream } = await write(one);
    for (const _ of notes(3))
      stream.append(JSON.stringify({ jsonrpc: '2.0', m: 'x'.repeat(277) }), false);
    await one.log.find(key);
    const sizes = await Promise.all(
      (await allOf(key.session)).map((name) => pairs.client.memory('USAGE', name)),
    );
    expect(sizes).toHaveLength(3);
    expect(sizes.reduce<number>((sum, size) => sum + Number(size), 0)).toBeLessThanOrEqual(2_048);
  });

  it('expires, and sooner once it has finished', async () => {
    const [one] = pairs.open({ ttlMs: TTL_MS });
    const { key, stream } = await write(one);
    const [meta, list] = keysOf(key);
    const names = `${slotOf(key.session)}:st`;
    await expectLife(meta, TTL_MS);
    stream.append(note(1), false);
    await one.log.find(key);
    for (const name of [meta, list, names]) await expectLife(name, TTL_MS);
    stream.append(answer(1), true);
    await stream.finish();
    for (const name of [meta, list]) await expectLife(name, FINISHED_MS);
  });

  it('stays while it is open, however long nothing is appended', async () => {
    const [one, two] = pairs.open({ ttlMs: 300 });
    const { key, stream } = await write(one);
    stream.append(note(1), false);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const found = await two.log.find(key);
    expect(found?.writer).toBe(one.self);
    expect((await read(found?.log ?? stream, '0')).texts).toEqual([note(1)]);
    await stream.finish();
    await eventually('it is gone', async () => (await two.log.find(key)) === undefined);
    expect(await allOf(key.session)).toEqual([]);
  });

  it('fences a silent writer that was adopted', async () => {
    const [one, two] = pairs.open({ ttlMs: 400 });
    const written = await write(one);
    const goOn = one.halt();
    expect(await two.log.adopt(written.key, one.self, answer)).toBe(true);
    goOn();
    await eventually('it is fenced', () => written.fences > 0);
    expect(written.fences).toBe(1);
  });

  it('has one writer: the second is fenced', async () => {
    const [one, two] = pairs.open();
    const { key, stream } = await write(one);
    stream.append(note(1), false);
    await one.log.find(key);
    const second = await write(two, { key });
    second.stream.append(note(2), false);
    await second.stream.finish();
    expect(second.fences).toBe(1);
    expect((await read(stream, '0')).texts).toEqual([note(1)]);
  });

  it('is finished when all is kept, what came after its end included', async () => {
    const [one] = pairs.open();
    const { key, stream } = await write(one);
    const kept = () => pairs.client.lrange(keysOf(key)[1], '0', '-1');
    const goOn = one.halt();
    const finished = stream.finish();
    await new Promise(setImmediate);
    stream.append(note(1), false);
    goOn();
    await finished;
    expect(await kept()).toHaveLength(1);
    stream.append(note(2), false);
    await stream.finish();
    expect(await kept()).toHaveLength(2);
    expect((await one.log.find(key))?.writer).toBeUndefined();
  });

  it('is forgotten among its session’s streams once it has expired', async () => {
    const [one] = pairs.open({ ttlMs: 300 });
    const { key: open } = await write(one);
    const { session } = open;
    for (let count = 0; count < 50; count += 1) await one.log.open(newKey(session), []).finish();
    await new Promise((resolve) => setTimeout(resolve, 400));
    const last = newKey(session);
    await one.log.open(last, []).finish();
    const names = await pairs.client.zrange(`${slotOf(session)}:st`, '0', '-1');
    expect(names.sort()).toEqual([open.stream, last.stream].sort());
  });

  it('survives a caller that throws when it is fenced', async () => {
    const [one, two] = pairs.open();
    const key = newKey();
    const stream = one.log.open(key, [1], () => {
      throw new Error('no');
    });
    await stream.prime();
    expect(await two.log.adopt(key, one.self, answer)).toBe(true);
    stream.append(answer(1), true);
    await stream.finish();
    expect(one.logger.lines.map(({ level }) => level)).toEqual(['error']);
  });

  it.each([
    ['events', 20, 1_000_000],
    ['bytes', 1_000, 2_000],
  ])('keeps no more %s than it may, and every response', async (_what, maxEvents, maxBytes) => {
    const limits = { maxEventsPerStream: maxEvents, maxBytesPerStream: maxBytes };
    const [one, two] = pairs.open(limits);
    const { key, stream } = await write(one, { requests: [1, 2] });
    const texts = [answer(1), ...notes(100), answer(2), ...notes(100, 'late')];
    for (const [index, text] of texts.entries()) {
      stream.append(text, text === answer(1) || text === answer(2));
      if (index % 5 === 0) await one.log.find(key);
    }
    await one.log.find(key);
    const found = await two.log.find(key);
    const got = await read(found?.log ?? stream, '0');
    expect(got.texts.slice(0, 2)).toEqual([answer(1), answer(2)]);
    const late = got.texts.slice(2);
    expect(late).toEqual(notes(100, 'late').slice(-late.length));
    expect(got.missed).toBe(texts.length - got.texts.length);
    expect(got.positions).toEqual(got.texts.map((text) => String(texts.indexOf(text) + 1)));
    const kept = await pairs.client.lrange(keysOf(key)[1], 0, -1);
    expect(kept.length).toBeLessThanOrEqual(maxEvents);
    const bytes = kept.join('').length;
    expect(bytes).toBeLessThanOrEqual(maxBytes);
    expect(Number(await pairs.client.hget(keysOf(key)[0], 'bytes'))).toBe(bytes);
    expect(kept.length).toBeGreaterThan(10);
  });

  it('is read in pages, whatever the sizes of its events', async () => {
    const [one, two] = pairs.open();
    const { key, stream } = await write(one);
    const sizes = [10, 300_000, 10, 200_000, 100_000, 100_000, ...Array<number>(250).fill(20)];
    const texts = sizes.map((size, number) =>
      JSON.stringify({ jsonrpc: '2.0', number, text: 'ü'.repeat(size) }),
    );
    for (const text of texts) stream.append(text, false);
    await one.log.find(key);
    const found = await two.log.find(key);
    expect((await read(found?.log ?? stream, '0')).texts).toEqual(texts);
    expect((await read(found?.log ?? stream, '3')).texts).toEqual(texts.slice(3));
  });

  it('goes with its session, with all its keys but the one that says so', async () => {
    const [one, two] = pairs.open();
    const { key } = await write(one);
    const { session } = key;
    for (let count = 0; count < 250; count += 1) {
      const stream = one.log.open(newKey(session), [1]);
      stream.append(answer(1), true);
      if (count > 0) void stream.finish();
      else await stream.finish();
    }
    await one.log.tell(session, note(1));
    await one.log.find(key);
    await two.log.drop(session);
    await eventually('the keys are gone', async () => (await allOf(session)).length === 1);
    const [left] = await allOf(session);
    await expectLife(left ?? '', TTL_MS);
    expect(await pairs.client.zrange(left ?? '', '0', '-1')).toEqual(['-']);
  });

  it('is no stream of another session, and no pattern', async () => {
    const [one, two] = pairs.open();
    const { key } = await write(one);
    for (const stream of ['*', '', `${key.stream}}`, 'a:b', '__proto__', 'ü', 'x'.repeat(129)]) {
      expect(await two.log.find({ session: key.session, stream })).toBeUndefined();
      expect(await two.log.find({ session: stream, stream: key.stream })).toBeUndefined();
    }
  });
});

describe.skipIf(lacks)('what a session is told', () => {
  it('rings the instance that the session’s record names', async () => {
    const [one, two] = pairs.open();
    const session = newName();
    await one.log.tell(session, note(1));
    const { name } = await one.log.standalone(session);
    const key = { session, stream: name };
    expect([one.letters, two.letters]).toEqual([[], []]);
    await pairs.client.hset(`${slotOf(session)}:s`, 'g', two.self);
    await one.log.tell(session, note(2));
    await eventually('the other is told', () => ringsOf(two, key) === 1);
    await two.log.tell(session, note(3));
    await eventually('it tells itself', () => ringsOf(two, key) === 2);
    expect(one.letters).toEqual([]);
  });

  it('rings without a letter where the listener tells it', async () => {
    const rung: unknown[] = [];
    const [one] = pairs.open({ ring: (...asked) => void rung.push(asked) });
    const session = newName();
    await pairs.client.hset(`${slotOf(session)}:s`, 'g', one.self);
    await one.log.tell(session, note(1));
    const { name } = await one.log.standalone(session);
    expect(rung).toEqual([[session, name]]);
    expect(one.letters).toEqual([]);
  });

  it('is one small key while nothing was said', async () => {
    const [one] = pairs.open();
    const session = newName();
    await one.log.standalone(session);
    expect(await allOf(session)).toEqual([`${slotOf(session)}:m:g`]);
    expect(await pairs.client.memory('USAGE', `${slotOf(session)}:m:g`)).toBeLessThan(256);
  });

  it('makes no session, and lives on while it is read', async () => {
    const [one] = pairs.open({ ttlMs: 600 });
    const session = newName();
    await one.log.tell(session, note(1));
    expect(await pairs.client.exists(`${slotOf(session)}:s`)).toBe(0);
    const { name, log } = await one.log.standalone(session);
    for (let count = 0; count < 5; count += 1) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect((await read(log, '1')).isPlace).toBe(true);
    }
    expect((await one.log.standalone(session)).name).toBe(name);
  });
});
