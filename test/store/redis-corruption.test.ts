/**
 * Keys that hold what nobody of us has written: the session counts as absent, and nothing crashes.
 *
 * @module
 */

import { redisStore } from 'express-mcp-router/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { lacksRedis, useRedis } from '../support/redis.js';
import { admitted, instanceOf, newName, recordOf } from '../support/stored-endpoint.js';

const SOON = { timeout: 10_000, interval: 20 };
const claim = (id = 1) => ({ token: newName(), ids: [id] });

/** What may be in the place of a record's field. */
const GARBAGE = [
  '',
  '{',
  'null',
  '[]',
  '"x"',
  '-1',
  '9',
  'NaN',
  '1e999',
  '\0\xff',
  '{"version":"x"}',
];
/** A score that says: an unfinished handshake, which ends in a long time. */
const HANDSHAKE = 1e13;
const FIELDS = ['c0', 'o', 'v', 'e', 'p', 'l', 'g', 'b'];

describe.skipIf(lacksRedis('damaged keys'))('damage in Redis', () => {
  const redis = useRedis();
  let raw: Redis;
  beforeAll(() => {
    raw = new Redis(redis.port);
  });
  afterAll(() => raw.disconnect());
  beforeEach(() => raw.flushall());

  const pair = () => {
    const label = newName();
    const store = () => redisStore(redis.url);
    const [a, b] = [instanceOf(store(), { label }), instanceOf(store(), { label })];
    for (const one of [a, b]) one.start();
    return [a, b] as const;
  };

  it.each(FIELDS)('in the field "%s" of a record makes no other session of it', async (field) => {
    const [a, b] = pair();
    for (const garbage of GARBAGE) {
      const record = await admitted(a, { principal: 'ada' });
      await raw.hset(`mcp:{${record.key}}:s`, field, garbage);
      const sought = await b.sessions.find(record, Date.now(), claim());
      if (typeof sought === 'object')
        expect(sought).toMatchObject({ id: record.id, principal: 'ada' });
      else expect(sought).toBe('unknown');
      const again = await b.sessions.admit(recordOf({ ...record, key: undefined }), Date.now());
      expect(again).toMatchObject({ id: record.id, client: record.client });
      expect(await b.sessions.find(record, Date.now(), claim(2))).toMatchObject({ id: record.id });
      await b.sessions.end(record, Date.now() + 1_000, Date.now());
      expect(await a.sessions.find(record, Date.now())).toBe('ended');
    }
  });

  it.each([
    ['a text', (key: string) => raw.set(key, 'garbage')],
    ['a list', (key: string) => raw.rpush(key, 'garbage')],
    ['a hash', (key: string) => raw.hset(key, 'garbage', 'garbage')],
    ['a set', (key: string) => raw.sadd(key, 'garbage')],
    ['a sorted set', (key: string) => raw.zadd(key, 1, 'garbage')],
  ])('that is %s in the place of any key is got over', async (_name, damage) => {
    const [a, b] = pair();
    const record = await admitted(a, { phase: 'unused' });
    await a.shared.change(record, { subscribe: 'x://1' });
    await a.shared.listen(record);
    await b.sessions.find(record, Date.now(), claim());
    await a.instances.post(b.self, { kind: 'test', session: 'before' });
    await a.instances.publish({ method: 'notifications/before' });
    await vi.waitFor(() => expect([b.letters.length, b.notices.length]).toEqual([1, 1]), SOON);
    for (const key of (await raw.keys('mcp:*')).filter((name) => !name.endsWith(':x'))) {
      await raw.del(key);
      await damage(key);
    }

    for (const { sessions, shared } of [a, b]) {
      const sought = await sessions.find(record, Date.now(), claim(2));
      expect([sought, sought].map((it) => (typeof it === 'object' ? it.id : it))).toContain(
        typeof sought === 'object' ? record.id : 'unknown',
      );
      await shared.change(record, { subscribe: 'x://2' });
      await shared.listen(record);
      await shared.runner(record, 2);
      await shared.reload(record);
      await shared.renew(record);
      await sessions.touch(record, 'used', Date.now());
      expect(await sessions.count()).toBeGreaterThanOrEqual(0);
    }
    const fresh = await admitted(a, { id: record.id });
    expect(await b.sessions.find(fresh, Date.now(), claim(3))).toMatchObject({ id: record.id });
    expect(await b.shared.change(fresh, { subscribe: 'x://3' })).toBeInstanceOf(Array);
    await a.instances.post(b.self, { kind: 'test', session: 'after' });
    await a.instances.publish({ method: 'notifications/after' });
    await vi.waitFor(() => {
      expect(b.letters.at(-1)).toEqual({ kind: 'test', session: 'after' });
      expect(b.notices.at(-1)?.method === 'notifications/after' || b.missed.length > 0).toBe(true);
    }, SOON);
    await Promise.all([a.instances.ready(), b.instances.ready()]);
  });

  it('in letters and notices drops these alone', async () => {
    const [a] = pair();
    const late = instanceOf(redisStore(redis.url), { label: newName() });
    await a.instances.ready();
    const channels = (await redis.command('PUBSUB', 'CHANNELS')) as string[];
    await a.instances.post(late.self, { kind: 'test', session: 'first' });
    for (const text of ['', 'x', '{}', '1:{', '9999999999999999:{}', ':::', '7:null']) {
      await raw.rpush(`mcp:{i${late.self}}:in`, text);
      for (const channel of channels) await raw.publish(channel, text);
    }
    await a.instances.post(late.self, { kind: 'test', session: 'last' });
    late.start();
    await vi.waitFor(() => expect(late.letters).toHaveLength(2), SOON);
    await a.instances.post(late.self, { kind: 'test', session: 'later' });
    await a.instances.publish({ method: 'notifications/last' });
    await vi.waitFor(() => expect(late.letters).toHaveLength(3), SOON);
    await vi.waitFor(() => expect(a.notices).toEqual([{ method: 'notifications/last' }]), SOON);
    const read = late.letters.map((letter) => (letter as { session: string }).session);
    expect(read).toEqual(['first', 'last', 'later']);
  });

  it('that takes notices away is told before those that are left', async () => {
    const [a] = pair();
    await a.instances.ready();
    const revision = await a.instances.publish({ method: 'notifications/1' });
    for (const bus of await raw.keys('mcp:{e*}:bus')) {
      if (!(await raw.lrange(bus, 0, -1)).some((it) => it.startsWith(`${revision}:`))) continue;
      await raw.rpush(bus, `${revision + 3}:{"method":"notifications/4"}`);
      await raw.incrby(bus.replace(/bus$/, 'rev'), 3);
    }
    await vi.waitFor(() => expect(a.notices).toHaveLength(2), SOON);
    expect(a.missed).toEqual([revision + 2]);
    expect(a.instances.revision).toBe(revision + 3);
    expect(await a.instances.noticesAfter(revision)).toBe('lost');
    expect(await a.instances.noticesAfter(revision + 2)).toEqual([{ method: 'notifications/4' }]);
  });

  it('in the order of eviction evicts nobody whose turn it is not', async () => {
    const store = redisStore(redis.url);
    const one = instanceOf(store, { limits: { max: 2 } });
    const record = await admitted(one, { phase: 'used', principal: 'ada' });
    const all = await endpointOf(record.key ?? '');
    for (const member of ['garbage', '{x}', '']) await raw.zadd(all, HANDSHAKE, member);
    expect(await one.sessions.admit(recordOf({ principal: 'bob' }), Date.now())).toBeDefined();
    await raw.zadd(all, HANDSHAKE, record.key ?? '');
    expect(await one.sessions.admit(recordOf({ principal: 'eve' }), Date.now())).toBeUndefined();
    expect(await one.sessions.find(record, Date.now())).toMatchObject({ id: record.id });
  });

  /** The order of eviction that a session is in. */
  async function endpointOf(key: string): Promise<string> {
    for (const name of await raw.keys('mcp:{e*}:all')) {
      if ((await raw.type(name)) === 'zset' && (await raw.zscore(name, key)) !== null) return name;
    }
    throw new Error('the session has no place');
  }
});
