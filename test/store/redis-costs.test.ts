/**
 * What sessions in Redis cost: round trips, memory, and nothing that would let a reader of Redis into one.
 *
 * @module
 */
import { redisStore } from 'express-mcp-router/redis';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lacksRedis, type RedisServer, useRedis } from '../support/redis.js';
import { admitted, instanceOf, newName, recordOf } from '../support/stored-endpoint.js';

const SESSIONS = 10_000;
const MAX_BYTES = 1_024;

async function scriptsRun(redis: RedisServer): Promise<number> {
  const stats = String(await redis.command('INFO', 'commandstats'));
  const calls = [...stats.matchAll(/^cmdstat_(?:eval|evalsha):calls=(\d+)/gm)];
  return calls.reduce((sum, [, count]) => sum + Number(count), 0);
}

async function usedBytes(redis: RedisServer): Promise<number> {
  const memory = String(await redis.command('INFO', 'memory'));
  return Number(/^used_memory:(\d+)/m.exec(memory)?.[1]);
}

/** Everything that there is in Redis, names and values. */
async function everything(port: number): Promise<string> {
  const raw = new Redis(port);
  onTestFinished(() => raw.disconnect());
  const readers: Readonly<Record<string, (key: string) => Promise<unknown>>> = {
    string: (key) => raw.get(key),
    list: (key) => raw.lrange(key, 0, -1),
    hash: (key) => raw.hgetall(key),
    set: (key) => raw.smembers(key),
    zset: (key) => raw.zrange(key, '0', '-1'),
  };
  const found: unknown[] = [];
  for (const key of await raw.keys('*')) {
    const read = readers[await raw.type(key)];
    if (read === undefined) throw new Error(`nobody reads ${key}`);
    found.push([key, await read(key)]);
  }
  return JSON.stringify(found);
}

describe.skipIf(lacksRedis('what Redis costs'))('a session in Redis', () => {
  const redis = useRedis();

  it('is found, entered, used and left with one round trip each', async () => {
    const [a, b] = [instanceOf(redisStore(redis.url)), instanceOf(redisStore(redis.url))];
    const record = await admitted(a);
    await b.sessions.find(record, Date.now());
    await a.shared.leave(record, { token: newName(), ids: [0] });
    const before = await scriptsRun(redis);
    for (let id = 0; id < 50; id += 1) {
      const found = await a.sessions.find(record, Date.now(), { token: newName(), ids: [id] });
      expect(found).toMatchObject({ id: record.id });
      await a.sessions.touch(record, 'used', Date.now());
    }
    expect((await scriptsRun(redis)) - before).toBe(50);
    const claim = { token: newName(), ids: ['x'] };
    await a.sessions.find(record, Date.now(), claim);
    await a.shared.leave(record, claim);
    expect((await scriptsRun(redis)) - before).toBe(52);
  });

  it('is sent to an instance once for every change', async () => {
    const label = newName();
    const open = () => instanceOf(redisStore(redis.url), { label });
    const [a, b] = [open(), open()];
    const name = newName();
    const client = { version: '2025-11-25', capabilities: {}, clientInfo: { name } } as const;
    const record = await admitted(a, { client });
    for (let time = 0; time < 2; time += 1) await b.sessions.find(record, Date.now());
    const sent = async () => {
      const stats = String(await redis.command('INFO', 'commandstats'));
      return Number(/^cmdstat_smembers:calls=(\d+)/m.exec(stats)?.[1]);
    };
    const before = await sent();
    for (let time = 0; time < 10; time += 1) await b.sessions.find(record, Date.now());
    expect((await sent()) - before).toBe(0);
    await a.shared.change(record, { logLevel: 'error' });
    for (let time = 0; time < 10; time += 1) await b.sessions.find(record, Date.now());
    expect((await sent()) - before).toBe(1);
    expect(await a.sessions.find(record, Date.now())).toMatchObject({ logLevel: 'error' });
  });

  it('takes no more than 1 kB while it is idle, limits and all', async () => {
    const one = instanceOf(redisStore(redis.url));
    await admitted(one);
    await redis.command('FLUSHALL');
    const before = await usedBytes(redis);
    for (let nth = 0; nth < SESSIONS; nth += 100) {
      const some = Array.from({ length: 100 }, (_, place) => owned(nth + place));
      await Promise.all(some.map((more) => admitted(one, more)));
    }
    const each = ((await usedBytes(redis)) - before) / SESSIONS;
    expect(await one.sessions.count()).toBe(SESSIONS);
    expect(each).toBeLessThan(MAX_BYTES);
  });

  it('names neither itself nor anybody, and nothing stays for ever', async () => {
    await redis.command('FLUSHALL');
    const label = newName();
    const [a, b] = [1, 2].map(() => instanceOf(redisStore(redis.url), { label }));
    if (a === undefined || b === undefined) throw new Error('unreachable');
    for (const one of [a, b]) one.start();
    await Promise.all([a.instances.ready(), b.instances.ready()]);
    const secrets = ['a-raw-session-id', 'the principal', 'address 203.0.113.7', '/t/tenant/mcp'];
    const [id = '', principal = '', owner = '', place = ''] = secrets;
    const known = await admitted(a, { id, principal, owner: principal, place });
    const anonymous = await admitted(a, { id, owner, place });
    const ended = await admitted(a, { principal, owner: principal, place });
    for (const record of [known, anonymous]) {
      await b.sessions.find(record, Date.now(), { token: newName(), ids: [1] });
      await b.shared.listen(record);
      await a.shared.change(record, { subscribe: 'x://1' });
      await a.shared.renew(record);
    }
    await a.sessions.end(ended, Date.now() + 60_000, Date.now());
    await a.instances.post(b.self, { kind: 'test', session: known.key ?? '' });
    await a.instances.publish({ method: 'notifications/test' });

    const all = await everything(redis.port);
    expect(all).toContain(known.key);
    for (const secret of [...secrets, ended.id, label]) expect(all).not.toContain(secret);
    for (const key of (await redis.command('KEYS', '*')) as string[]) {
      expect(Number(await redis.command('PTTL', key)), key).not.toBe(-1);
    }
  });
});

/** A session of somebody who has no other, and of a client as clients are. */
function owned(nth: number) {
  const owner = `${newName()}${nth}`;
  const { id } = recordOf();
  const name = 'a client with a name as clients have';
  const capabilities = { elicitation: {}, roots: { listChanged: true }, sampling: {} };
  const clientInfo = { name, version: '1.2.3' };
  const client = { version: '2025-11-25', capabilities, clientInfo } as const;
  return { id, principal: owner, owner, client };
}
