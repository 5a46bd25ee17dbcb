/**
 * Streams in Redis while it is frozen, gone, emptied or does not answer.
 *
 * @module
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { answer, newKey, newName, note, notes, read } from '../../lib/events/contract-bench.js';
import { eventually, ringsOf } from '../../lib/events/contract-shared-bench.js';
import type { RedisConnection } from '../../lib/store/redis-connection.js';
import { APPEND } from '../../lib/store/redis-stream-scripts.js';
import type { RedisStreamsOptions } from '../../lib/store/redis-streams.js';
import { type PlainRedis, plainRedis } from '../support/plain-redis.js';
import { type StreamInstance, streamInstances } from '../support/redis-streams.js';

let redis: PlainRedis;
const opened: StreamInstance[] = [];

beforeAll(async () => {
  redis = await plainRedis();
});
afterEach(async () => {
  redis.resume();
  await Promise.all(opened.splice(0).map(({ log }) => log.close()));
});
afterAll(() => redis.stop());

function instances(options: Partial<RedisStreamsOptions> = {}) {
  const open = streamInstances(() => redis.connection(), { maxEventsPerStream: 1_000, ...options });
  const two = [open(), open()] as const;
  opened.push(...two);
  return two;
}

const levels = ({ logger }: StreamInstance) => logger.lines.map(({ level }) => level);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a stream in Redis', () => {
  it('loses nothing and keeps its order when Redis is frozen for two seconds', async () => {
    const [one, two] = instances();
    const key = newKey();
    const stream = one.log.open(key, [1]);
    await stream.prime();
    const texts = notes(300);
    for (const [index, text] of texts.entries()) {
      if (index === 100) redis.pause();
      if (index === 250) redis.resume();
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
    const open = streamInstances(() => losing(redis.connection(), 3));
    const one = open();
    opened.push(one);
    const key = newKey();
    const stream = one.log.open(key, [1]);
    for (const text of notes(3)) stream.append(text, false);
    await pause(1);
    stream.append(answer(1), true);
    await stream.finish();
    const found = await one.log.find(key);
    expect((await read(found?.log ?? stream, '0')).texts).toEqual([...notes(3), answer(1)]);
    expect(levels(one)).toEqual(['warn', 'info']);
  });

  it('goes on after Redis was restarted empty, and says how much is gone', async () => {
    const [one, two] = instances();
    const key = newKey();
    const stream = one.log.open(key, [1]);
    for (const text of notes(3)) stream.append(text, false);
    await one.log.find(key);
    await two.log.follow(key);
    stream.append(note(4), false);
    await one.log.find(key);
    await redis.restart();
    for (const number of [5, 6]) stream.append(note(number), false);
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

  it('is written again when Redis has lost it and nothing is appended', async () => {
    const [one, two] = instances({ ttlMs: 400 });
    const key = newKey();
    await one.log.open(key, [1]).prime();
    await redis.client.flushall();
    await eventually('it is there', async () => (await two.log.find(key)) !== undefined);
    expect((await two.log.find(key))?.writer).toBe(one.self);
  });

  it('goes on after the scripts were flushed', async () => {
    const [one] = instances();
    const key = newKey();
    const stream = one.log.open(key, [1]);
    for (const text of notes(3)) {
      await redis.client.script('FLUSH');
      stream.append(text, false);
      await one.log.find(key);
    }
    expect((await read(stream, '0')).texts).toEqual(notes(3));
  });

  it('rejects a prime that Redis does not take, and keeps what is appended then', async () => {
    const [one, two] = instances();
    const key = newKey();
    redis.pause();
    const stream = one.log.open(key, [1]);
    await expect(stream.prime()).rejects.toThrow();
    expect(stream.append(note(1), false)).toBe('1');
    await expect(one.log.find(key)).rejects.toThrow();
    redis.resume();
    await stream.append(answer(1), true);
    await stream.finish();
    const found = await two.log.find(key);
    expect((await read(found?.log ?? stream, '0')).texts).toEqual([note(1), answer(1)]);
  });

  it('gives up the oldest but no response when too much waits', async () => {
    const [one] = instances({ maxBytesPerStream: 20_000 });
    const key = newKey();
    redis.pause();
    const stream = one.log.open(key, [1, 2]);
    stream.append(answer(1), true);
    const texts = notes(400);
    for (const text of texts) stream.append(text, false);
    stream.append(answer(2), true);
    redis.resume();
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
    const [one, two] = instances({ ttlMs: 1_500 });
    const key = newKey();
    redis.pause();
    const stream = one.log.open(key, [1]);
    stream.append(answer(1), true);
    await stream.finish();
    redis.resume();
    expect(await two.log.find(key)).toBeUndefined();
  });

  it('is closed in time while Redis is frozen', async () => {
    const [one] = instances();
    redis.pause();
    for (let count = 0; count < 20; count += 1) one.log.open(newKey(), [1]).append(note(1), false);
    await one.log.close();
    await one.log.close();
    expect(levels(one)).toEqual(['warn', 'warn']);
  });

  it('is written before the log is closed', async () => {
    const [one, two] = instances();
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

describe('a session’s own stream in Redis', () => {
  it('has another name after Redis was emptied, and its old places are unknown', async () => {
    const [one, two] = instances();
    const session = newName();
    await one.log.tell(session, note(1));
    const before = await two.log.standalone(session);
    await redis.client.flushall();
    await two.log.tell(session, note(2));
    const after = await one.log.standalone(session);
    expect(after.name).not.toBe(before.name);
    expect((await read(before.log, before.end)).isPlace).toBe(false);
    expect((await read(before.log, '0')).isPlace).toBe(false);
    expect(await two.log.find({ session, stream: before.name })).toBeUndefined();
    expect((await read(after.log, '0')).texts).toEqual([note(2)]);
  });

  it('rejects what it is told while Redis is frozen, and what waits behind it', async () => {
    const [one] = instances();
    const session = newName();
    await one.log.standalone(session);
    redis.pause();
    const first = one.log.tell(session, note(1));
    await pause(1);
    const told = await Promise.allSettled([first, one.log.tell(session, note(2))]);
    expect(told.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    redis.resume();
    await one.log.tell(session, note(3));
    const { log } = await one.log.standalone(session);
    expect((await read(log, '0')).texts.at(-1)).toBe(note(3));
  });
});

/** A connection on which the answers to the first appends are lost. */
function losing(connection: RedisConnection, count: number): RedisConnection {
  let left = count;
  return {
    ...connection,
    run: async (script, ...asked) => {
      const reply = await connection.run(script, ...asked);
      if (script !== APPEND || left === 0) return reply;
      left -= 1;
      throw new Error('the answer is lost');
    },
  };
}
