/**
 * Streams in Redis while it is frozen, gone, emptied or does not answer.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { answer, newKey, newName, note, notes, read } from '../../lib/events/contract-bench.js';
import { eventually, ringsOf } from '../../lib/events/contract-shared-bench.js';
import type { StreamKey } from '../../lib/events/port.js';
import type { RedisConnection, Script } from '../../lib/store/redis-connection.js';
import { ADOPT, APPEND } from '../../lib/store/redis-stream-scripts.js';
import { lacksRedis } from '../support/redis.js';
import { streamPairs } from '../support/redis-stream-pairs.js';
import { PREFIX, type StreamInstance } from '../support/redis-streams.js';

const lacks = lacksRedis('streams in Redis through outages');
const pairs = streamPairs();

const levels = ({ logger }: StreamInstance) => logger.lines.map(({ level }) => level);

const elementsOf = ({ session, stream }: StreamKey) =>
  pairs.client.lrange(`${PREFIX}:{${session}}:l:${stream}`, '0', '-1');

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(lacks)('a stream in Redis', () => {
  it('loses nothing and keeps its order when Redis is frozen for two seconds', async () => {
    const [one, two] = pairs.open();
    const key = newKey();
    const stream = one.log.open(key, [1]);
    await stream.prime();
    const texts = notes(300);
    for (const [index, text] of texts.entries()) {
      if (index === 100) pairs.redis.freeze();
      if (index === 250) pairs.redis.thaw();
      stream.append(text, false);
      await pause(14);
    }
    stream.append(answer(1), true);
    await stream.finish();
    const found = await two.log.find(key);
    const got = await read(found?.log ?? stream, '0');
    expect(got.texts).toEqual([...texts, answer(1)]);
    expect(got.missed).toBe(0);
    expect(levels(one)).toEqual(['warn', 'info']);
  });

  it('keeps every event once when an answer of Redis is lost', async () => {
    const [one] = pairs.open({}, (connection) => losing(connection, 3));
    const key = newKey();
    const stream = one.log.open(key, [1]);
    for (const text of notes(3)) stream.append(text, false);
    await pause(1);
    stream.append(answer(1), true);
    await stream.finish();
    const found = await one.log.find(key);
    expect((await read(found?.log ?? stream, '0')).texts).toEqual([...notes(3), answer(1)]);
    expect(await elementsOf(key)).toHaveLength(4);
    expect(levels(one)).toEqual(['warn', 'info']);
  });

  it('keeps every event once when an answer is lost, and then the hash', async () => {
    const [one] = pairs.open({}, (connection) =>
      losing(connection, 1, ([meta]) => pairs.client.del(meta ?? '')),
    );
    const key = newKey();
    const stream = one.log.open(key, [1]);
    for (const text of notes(3)) stream.append(text, false);
    await stream.finish();
    expect(await elementsOf(key)).toHaveLength(3);
    const found = await one.log.find(key);
    expect((await read(found?.log ?? stream, '0')).texts).toEqual(notes(3));
  });

  it('is adopted with what its writer has written a moment before', async () => {
    const late = [note(1), answer(1)];
    const [, two] = pairs.open({}, (connection) =>
      preceded(connection, ADOPT, async () => {
        const text = late.shift();
        if (text === undefined) return;
        stream.append(text, text === answer(1));
        await one.log.find(key);
      }),
    );
    const [one] = pairs.open();
    const key = newKey();
    const stream = one.log.open(key, [1, 2]);
    await stream.prime();
    expect(await two.log.adopt(key, one.self, answer)).toBe(true);
    const found = await two.log.find(key);
    expect((await read(found?.log ?? stream, '0')).texts).toEqual([note(1), answer(1), answer(2)]);
  });

  it('is not adopted from a writer that goes on', async () => {
    const [, two] = pairs.open({}, (connection) =>
      preceded(connection, ADOPT, async () => {
        stream.append(note(1), false);
        await one.log.find(key);
      }),
    );
    const [one] = pairs.open();
    const key = newKey();
    const stream = one.log.open(key, [1]);
    await stream.prime();
    expect(await two.log.adopt(key, one.self, answer)).toBe(false);
    expect((await two.log.find(key))?.unanswered).toEqual([1]);
  });

  it('goes on after Redis was restarted empty, and says how much is gone', async () => {
    const [one, two] = pairs.open();
    const key = newKey();
    const stream = one.log.open(key, [1]);
    for (const text of notes(3)) stream.append(text, false);
    await one.log.find(key);
    await two.log.follow(key);
    stream.append(note(4), false);
    await one.log.find(key);
    await pairs.redis.restart();
    for (const number of [5, 6]) stream.append(note(number), false);
    const isKept = () =>
      one.log.find(key).then(
        () => true,
        () => false,
      );
    await eventually('it is kept again', isKept);
    await pause(20);
    const told = ringsOf(two, key);
    stream.append(answer(1), true);
    await stream.finish();
    const found = await two.log.find(key);
    const got = await read(found?.log ?? stream, '1');
    expect(got).toMatchObject({
      texts: [note(5), note(6), answer(1)],
      positions: ['5', '6', '7'],
      missed: 3,
    });
    await eventually('the follower is told', () => ringsOf(two, key) > told);
  });

  it('says which responses are gone when it finished after Redis was emptied', async () => {
    const [one, two] = pairs.open();
    const key = newKey();
    const stream = one.log.open(key, [1, 2, 3]);
    stream.append(answer(1), true);
    await one.log.find(key);
    await pairs.client.flushall();
    stream.append(answer(2), true);
    stream.append(answer(3), true);
    await stream.finish();
    const found = await two.log.find(key);
    expect(found?.writer).toBeUndefined();
    expect(found?.unanswered).toEqual([1]);
    await found?.log.append(answer(1), true);
    expect((await two.log.find(key))?.unanswered).toEqual([]);
  });

  it('owes nothing for a request that was given up', async () => {
    const [one, two] = pairs.open();
    const key = newKey();
    const stream = one.log.open(key, [1, 2]);
    stream.append(answer(2), true);
    await stream.finish();
    expect((await two.log.find(key))?.unanswered).toEqual([]);
  });

  it('is written again when Redis has lost it and nothing is appended', async () => {
    const [one, two] = pairs.open();
    const keys = Array.from({ length: 300 }, () => newKey());
    for (const key of keys) await one.log.open(key, [1]).prime();
    await pairs.client.flushall();
    for (const key of keys) {
      await eventually('it is there', async () => (await two.log.find(key)) !== undefined);
      expect((await two.log.find(key))?.writer).toBe(one.self);
    }
  });

  it('is written again when another stream finds that Redis has lost everything', async () => {
    const [one, two] = pairs.open();
    const silent = newKey();
    await one.log.open(silent, [1]).prime();
    const spoken = one.log.open(newKey(), [1]);
    await spoken.prime();
    await pairs.client.flushall();
    expect(await two.log.find(silent)).toBeUndefined();
    spoken.append(note(1), false);
    await eventually('it is there', async () => (await two.log.find(silent)) !== undefined);
  });

  it('goes on after the scripts were flushed', async () => {
    const [one] = pairs.open();
    const key = newKey();
    const stream = one.log.open(key, [1]);
    for (const text of notes(3)) {
      await pairs.client.script('FLUSH');
      stream.append(text, false);
      await one.log.find(key);
    }
    expect((await read(stream, '0')).texts).toEqual(notes(3));
  });

  it('is kept once Redis has memory again', async () => {
    const [one, two] = pairs.open();
    const key = newKey();
    const stream = one.log.open(key, [1]);
    stream.append(note(1), false);
    await one.log.find(key);
    await pairs.redis.command('CONFIG', 'SET', 'maxmemory', 1);
    stream.append(note(2), false);
    await expect(one.log.find(key)).rejects.toThrow('OOM');
    expect((await read((await two.log.find(key))?.log ?? stream, '0')).texts).toEqual([note(1)]);
    await pairs.redis.command('CONFIG', 'SET', 'maxmemory', 0);
    stream.append(answer(1), true);
    await stream.finish();
    const found = await two.log.find(key);
    expect((await read(found?.log ?? stream, '0')).texts).toEqual([note(1), note(2), answer(1)]);
  });

  it('rejects a prime that Redis does not take, and keeps what is appended then', async () => {
    const [one, two] = pairs.open();
    const key = newKey();
    pairs.redis.freeze();
    const stream = one.log.open(key, [1]);
    await expect(stream.prime()).rejects.toThrow();
    expect(stream.append(note(1), false)).toBe('1');
    await expect(one.log.find(key)).rejects.toThrow();
    pairs.redis.thaw();
    await stream.append(answer(1), true);
    await stream.finish();
    const found = await two.log.find(key);
    expect((await read(found?.log ?? stream, '0')).texts).toEqual([note(1), answer(1)]);
  });

  it('gives up the oldest but no response when too much waits', async () => {
    const [one] = pairs.open({ maxBytesPerStream: 20_000 });
    const key = newKey();
    pairs.redis.freeze();
    const stream = one.log.open(key, [1, 2]);
    stream.append(answer(1), true);
    const texts = notes(400);
    for (const text of texts) stream.append(text, false);
    stream.append(answer(2), true);
    pairs.redis.thaw();
    await stream.finish();
    const found = await one.log.find(key);
    const { texts: left, missed } = await read(found?.log ?? stream, '0');
    expect(left[0]).toBe(answer(1));
    expect(left.slice(1)).toEqual([...texts, answer(2)].slice(missed));
    expect(missed).toBeGreaterThan(200);
    const lines = one.logger.lines.filter(({ told }) => String(told[1]).includes('given up'));
    expect(lines).not.toEqual([]);
  });

  it('is given up when Redis is out of reach for longer than it would have been kept', async () => {
    const [one, two] = pairs.open({ ttlMs: 1_500 });
    const key = newKey();
    await pairs.redis.kill();
    const stream = one.log.open(key, [1]);
    stream.append(answer(1), true);
    await stream.finish();
    await pairs.redis.restart();
    await two.log.standalone(newName());
    expect(await two.log.find(key)).toBeUndefined();
    expect(levels(one)).toEqual(['warn', 'info', 'warn']);
  });

  it('is closed in time while Redis is frozen', async () => {
    const [one] = pairs.open();
    pairs.redis.freeze();
    for (let count = 0; count < 20; count += 1) one.log.open(newKey(), [1]).append(note(1), false);
    await one.log.close();
    await one.log.close();
    expect(levels(one)).toEqual(['warn', 'info', 'warn']);
  });

  it('is written before the log is closed', async () => {
    const [one, two] = pairs.open();
    const key = newKey();
    const stream = one.log.open(key, [1]);
    for (const text of notes(3)) stream.append(text, false);
    await one.log.close();
    stream.append(note(4), false);
    const found = await two.log.find(key);
    expect(found?.writer).toBe(one.self);
    expect((await read(found?.log ?? stream, '0')).texts).toEqual(notes(3));
  });
});

describe.skipIf(lacks)('a session’s own stream in Redis', () => {
  it('has another name after Redis was emptied, and its old places are unknown', async () => {
    const [one, two] = pairs.open();
    const session = newName();
    await one.log.tell(session, note(1));
    const before = await two.log.standalone(session);
    await pairs.client.flushall();
    await two.log.tell(session, note(2));
    const after = await one.log.standalone(session);
    expect(after.name).not.toBe(before.name);
    expect((await read(before.log, before.end)).isPlace).toBe(false);
    expect((await read(before.log, '0')).isPlace).toBe(false);
    expect(await two.log.find({ session, stream: before.name })).toBeUndefined();
    expect((await read(after.log, '0')).texts).toEqual([note(2)]);
  });

  it('rejects what it is told while Redis is frozen, and what waits behind it', async () => {
    const [one] = pairs.open();
    const session = newName();
    await one.log.standalone(session);
    pairs.redis.freeze();
    const first = one.log.tell(session, note(1));
    await pause(1);
    const told = await Promise.allSettled([first, one.log.tell(session, note(2))]);
    expect(told.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    pairs.redis.thaw();
    await one.log.tell(session, note(3));
    const { log } = await one.log.standalone(session);
    expect((await read(log, '0')).texts.at(-1)).toBe(note(3));
  });

  it('rings for what was kept after its deadline', async () => {
    const [one, two] = pairs.open();
    const session = newName();
    const { name } = await one.log.standalone(session);
    await pairs.client.hset(`${PREFIX}:{${session}}:s`, 'g', two.self);
    pairs.redis.freeze();
    await expect(one.log.tell(session, note(1))).rejects.toThrow();
    pairs.redis.thaw();
    const key = { session, stream: name };
    await eventually('the listener is told', () => ringsOf(two, key) === 1);
    const { log } = await two.log.standalone(session);
    expect((await read(log, '0')).texts).toEqual([note(1)]);
  });

  it('takes no more than it can hold while nothing is kept', async () => {
    const [one] = pairs.open();
    const session = newName();
    const large = JSON.stringify({ jsonrpc: '2.0', text: 'x'.repeat(6_000_000) });
    pairs.redis.freeze();
    const told = Promise.allSettled([1, 2].map(() => one.log.tell(session, large)));
    const refused = one.log.tell(session, large);
    await expect(refused).rejects.toThrow('Too much waits');
    await told;
    pairs.redis.thaw();
    await one.log.tell(session, large);
  });
});

/** A connection on which the answers to the first appends are lost. */
function losing(
  connection: RedisConnection,
  count: number,
  andThen: (keys: readonly string[]) => Promise<unknown> = async () => {},
): RedisConnection {
  let left = count;
  return {
    ...bound(connection),
    run: async (script, keys, ...asked) => {
      const reply = await connection.run(script, keys, ...asked);
      if (script !== APPEND || left === 0) return reply;
      left -= 1;
      await andThen(keys);
      throw new Error('the answer is lost');
    },
  };
}

/** A connection on which something else is done before a script. */
const preceded = (
  connection: RedisConnection,
  which: Script,
  act: () => Promise<void>,
): RedisConnection => ({
  ...bound(connection),
  run: async (script, ...asked) => {
    if (script === which) await act();
    return connection.run(script, ...asked);
  },
});

const bound = (connection: RedisConnection): RedisConnection => ({
  run: (...asked) => connection.run(...asked),
  runAndWait: (...asked) => connection.runAndWait(...asked),
  subscribe: (...asked) => connection.subscribe(...asked),
  unsubscribe: (...asked) => connection.unsubscribe(...asked),
  close: () => connection.close(),
});
