/**
 * Streams in Redis that something else has written to: what is no event is gone, and nothing else suffers.
 *
 * @module
 */
import type { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { answer, newKey, newName, note, notes, read } from '../../lib/events/contract-bench.js';
import { found, write } from '../../lib/events/contract-shared-bench.js';
import { lacksRedis } from '../support/redis.js';
import { streamPairs } from '../support/redis-stream-pairs.js';
import { PREFIX } from '../support/redis-streams.js';

const COUNT = 6;
const NOISE = Buffer.from([0xff, 0x00, 0xc3, 0x28, 0x0a, 0xfe]);

type Corrupt = (redis: Redis, meta: string, list: string) => Promise<unknown>;

const inPlaceOfThird =
  (element: string | Buffer): Corrupt =>
  (redis, _meta, list) =>
    redis.lset(list, 2, element);

/** What was done, and the events that are left of those that were there. */
const IN_LISTS: Readonly<Record<string, [Corrupt, left: readonly number[]]>> = {
  'random bytes': [inPlaceOfThird(NOISE), [1, 2, 4, 5, 6]],
  'an empty text': [inPlaceOfThird(''), [1, 2, 4, 5, 6]],
  'foreign JSON': [inPlaceOfThird('{"jsonrpc":"2.0","method":"x"}'), [1, 2, 4, 5, 6]],
  'another kind': [inPlaceOfThird('3x:{"jsonrpc":"2.0"}'), [1, 2, 4, 5, 6]],
  'a number that is too long': [inPlaceOfThird(`${'3'.repeat(400)}n:{}`), [1, 2, 4, 5, 6]],
  'a number that is not given yet': [inPlaceOfThird('99n:{"jsonrpc":"2.0"}'), [1, 2, 4, 5, 6]],
  'half of a message': [inPlaceOfThird('3n:{"jsonrpc":"2.0","met'), [1, 2, 4, 5, 6]],
  'a number in the place of a message': [inPlaceOfThird('3n:17'), [1, 2, 4, 5, 6]],
  'JSON that is no message': [inPlaceOfThird('3n:{"a":1}'), [1, 2, 4, 5, 6]],
  'a message of several lines': [inPlaceOfThird('3n:{"jsonrpc":"2.0",\n\n"a":1}'), [1, 2, 4, 5, 6]],
  'an event that was there before': [inPlaceOfThird('1n:{"jsonrpc":"2.0"}'), [1, 2, 4, 5, 6]],
  'less than there was': [(redis, _meta, list) => redis.ltrim(list, 3, 4), [4, 5]],
  'nothing at all': [(redis, _meta, list) => redis.del(list), []],
  'much that is nothing': [
    (redis, _meta, list) => redis.rpush(list, ...Array(300).fill(NOISE)),
    [1, 2, 3, 4, 5, 6],
  ],
};

const OF_STREAMS: Readonly<Record<string, Corrupt>> = {
  'a text in the place of the hash': (redis, meta) => redis.set(meta, NOISE),
  'a list in the place of the hash': async (redis, meta) => {
    await redis.del(meta);
    await redis.rpush(meta, 'x');
  },
  'a set in the place of the list': async (redis, _meta, list) => {
    await redis.del(list);
    await redis.sadd(list, 'x');
  },
  'no number': (redis, meta) => redis.hset(meta, 'n', NOISE),
  'a number that is too large': (redis, meta) => redis.hset(meta, 'n', '9'.repeat(30)),
  'a size that is none': (redis, meta) => redis.hset(meta, 'bytes', '-1'),
  'no writer': (redis, meta) => redis.hset(meta, 'run', NOISE),
  'requests that are none': (redis, meta) => redis.hset(meta, 'req', '{"a":1}'),
  'requests that are no JSON': (redis, meta) => redis.hset(meta, 'req', NOISE),
};

const lacks = lacksRedis('damaged streams in Redis');
const pairs = streamPairs();

async function corrupted(corrupt: Corrupt) {
  const [one, two] = pairs.open();
  const written = await write(one);
  for (const text of notes(COUNT)) written.stream.append(text, false);
  await one.log.find(written.key);
  const { session, stream } = written.key;
  const slot = `${PREFIX}:{${session}}`;
  await corrupt(pairs.client, `${slot}:m:${stream}`, `${slot}:l:${stream}`);
  return { one, two, ...written, written };
}

describe.skipIf(lacks)('in the list of a stream', () => {
  it.each(Object.entries(IN_LISTS))('%s is a gap', async (_what, [corrupt, left]) => {
    const { two, key, stream } = await corrupted(corrupt);
    const { log } = await found(two, key);
    const got = await read(log, '0');
    expect(got.texts).toEqual(left.map((number) => note(number)));
    expect(got.positions).toEqual(left.map(String));
    expect(got.missed).toBe(COUNT - left.length);
    stream.append(answer(1), true);
    await stream.finish();
    const after = await read((await found(two, key)).log, '0');
    expect(after.texts).toEqual([...left.map((number) => note(number)), answer(1)]);
    expect((await read(log, String(COUNT))).texts).toEqual([answer(1)]);
  });
});

describe.skipIf(lacks)('a stream', () => {
  it.each(Object.entries(OF_STREAMS))(
    'with %s is not there, until it is written',
    async (_what, corrupt) => {
      const { one, two, key, stream, written } = await corrupted(corrupt);
      expect(await two.log.find(key)).toBeUndefined();
      expect(await two.log.adopt(key, one.self, answer)).toBe(false);
      expect(await two.log.follow(key)).toBeUndefined();
      stream.append(answer(1), true);
      await stream.finish();
      const got = await read((await found(two, key)).log, '0');
      expect(got.texts.at(-1)).toBe(answer(1));
      expect(got.texts.length + got.missed).toBe(COUNT + 1);
      expect(written.fences).toBe(0);
    },
  );

  it('counts its bytes again when their number was too large', async () => {
    const { one, key, stream } = await corrupted((redis, meta) =>
      redis.hset(meta, 'bytes', 100_000_000),
    );
    stream.append(answer(1), true);
    await one.log.find(key);
    stream.append(note(8), false);
    await one.log.find(key);
    const slot = `${PREFIX}:{${key.session}}`;
    const kept = await pairs.client.lrange(`${slot}:l:${key.stream}`, '0', '-1');
    expect(kept).toEqual([`7r:${answer(1)}`, `8n:${note(8)}`]);
    const bytes = await pairs.client.hget(`${slot}:m:${key.stream}`, 'bytes');
    expect(bytes).toBe(String(kept.join('').length));
  });

  it('says nothing of its requests when a response is damaged', async () => {
    const [one, two] = pairs.open();
    const { key, stream } = await write(one, { requests: [1, 2] });
    stream.append(answer(1), true);
    await one.log.find(key);
    const slot = `${PREFIX}:{${key.session}}`;
    await pairs.client.lset(`${slot}:l:${key.stream}`, 0, '1r:{"id":1,');
    one.lapse();
    expect((await found(two, key)).unanswered).toEqual([1, 2]);
  });
});

describe.skipIf(lacks)('a session’s own stream', () => {
  it.each([
    ['the hash', 'm:g'],
    ['the list', 'l:g'],
    ['the names', 'st'],
    ['the record', 's'],
  ])('begins again or goes on with something else in the place of %s', async (_what, name) => {
    const [one, two] = pairs.open();
    const session = newName();
    await one.log.tell(session, note(1));
    const before = await two.log.standalone(session);
    await pairs.client.set(`${PREFIX}:{${session}}:${name}`, NOISE);
    await read(before.log, '0');
    await one.log.tell(session, note(2));
    const { log } = await two.log.standalone(session);
    expect((await read(log, '0')).texts.at(-1)).toBe(note(2));
    await two.log.drop(session);
    expect((await read(log, '0')).isPlace).toBe(false);
  });
});

describe.skipIf(lacks)('one stream in a hundred', () => {
  it('that is damaged leaves the others as they are', async () => {
    const [one, two] = pairs.open();
    const session = newName();
    const keys = Array.from({ length: 100 }, () => newKey(session));
    for (const [index, key] of keys.entries()) {
      const stream = one.log.open(key, [1]);
      for (const text of notes(3, `${index}`)) stream.append(text, false);
      stream.append(answer(1), true);
      await stream.finish();
    }
    const [damaged, ...others] = keys;
    for (const kind of ['m', 'l']) {
      await pairs.client.set(`${PREFIX}:{${session}}:${kind}:${damaged?.stream}`, NOISE);
    }
    expect(damaged && (await two.log.find(damaged))).toBeUndefined();
    for (const [index, key] of others.entries()) {
      const { texts } = await read((await found(two, key)).log, '0');
      expect(texts).toEqual([...notes(3, `${index + 1}`), answer(1)]);
    }
  });
});
