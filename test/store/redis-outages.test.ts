/**
 * Redis is frozen, killed, emptied, or forgets scripts and subscriptions: what instances notice of it.
 *
 * @module
 */
import { redisStore } from 'express-mcp-router/redis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { lacksRedis, type RedisServer, useRedis } from '../support/redis.js';
import { CLIENTS, useClients } from '../support/redis-clients.js';
import { admitted, codeOf, instanceOf, newName } from '../support/stored-endpoint.js';

const SOON = { timeout: 15_000, interval: 20 };
const COMMAND_MS = 500;
const claim = () => ({ token: newName(), ids: [1] });

async function frozen(redis: RedisServer): Promise<void> {
  await redis.freeze();
  onTestFinished(() => redis.thaw());
}

describe.skipIf(lacksRedis('outages of Redis'))('an outage', () => {
  const redis = useRedis();
  describe.each(Object.entries(CLIENTS))('with %s', (_name, connect) => {
    const client = useClients(connect);
    const open = (label = newName()) => {
      const store = redisStore(client(redis.url), { commandMs: COMMAND_MS, leaseMs: 1_000 });
      const instance = instanceOf(store, { label });
      instance.start();
      return instance;
    };

    it('is known in time, and what was claimed meanwhile is given back', async () => {
      const label = newName();
      const [a, b] = [open(label), open(label)];
      const record = await admitted(a);
      await b.instances.ready();
      await frozen(redis);
      const began = performance.now();
      expect(await codeOf(a.sessions.find(record, Date.now(), claim()))).toBe('ERR_MCP_STORE');
      expect(performance.now() - began).toBeLessThan(4 * COMMAND_MS);
      expect(await codeOf(a.instances.ready())).toBe('ERR_MCP_STORE');
      await redis.thaw();
      await vi.waitFor(() => a.instances.ready(), SOON);
      await vi.waitFor(async () => {
        expect(await b.shared.runner(record, 1)).toBeUndefined();
      }, SOON);
      expect(await b.sessions.find(record, Date.now(), claim())).toMatchObject({ id: record.id });
    });

    it('by a restart ends no process; letters and notices are heard again', async () => {
      const label = newName();
      const [a, b] = [open(label), open(label)];
      await Promise.all([a.instances.ready(), b.instances.ready()]);
      await redis.kill();
      expect(await codeOf(a.sessions.count())).toBe('ERR_MCP_STORE');
      await redis.restart();
      await vi.waitFor(() => Promise.all([a.instances.ready(), b.instances.ready()]), SOON);
      await vi.waitFor(() => expect(b.missed.length).toBeGreaterThan(0), SOON);
      await vi.waitFor(async () => {
        expect(await redis.command('PUBSUB', 'CHANNELS', `mcp:i:${b.self}`)).toHaveLength(1);
      }, SOON);
      await a.instances.post(b.self, { kind: 'test', session: 'x' });
      await a.instances.publish({ method: 'notifications/test' });
      await vi.waitFor(() => expect([b.letters.length, b.notices.length]).toEqual([1, 1]), SOON);
    });

    it('of the script cache is not noticed', async () => {
      const a = open();
      const record = await admitted(a);
      await redis.command('SCRIPT', 'FLUSH');
      const found = await Promise.all([1, 2, 3].map(() => a.sessions.find(record, Date.now())));
      expect(found).toMatchObject([{ id: record.id }, { id: record.id }, { id: record.id }]);
    });

    it('of subscriptions loses nothing', async () => {
      const label = newName();
      const [a, b] = [open(label), open(label)];
      await Promise.all([a.instances.ready(), b.instances.ready()]);
      for (let number = 0; number < 20; number += 1) {
        await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
        await a.instances.post(b.self, { kind: 'test', session: 'x', number });
        await a.instances.publish({ method: `notifications/${number}` });
      }
      await vi.waitFor(() => expect(b.letters).toHaveLength(20), SOON);
      await vi.waitFor(() => expect(b.notices).toHaveLength(20), SOON);
      const numbers = Array.from({ length: 20 }, (_, number) => number);
      expect(b.letters).toMatchObject(numbers.map((number) => ({ number })));
      expect(b.notices).toEqual(numbers.map((number) => ({ method: `notifications/${number}` })));
      expect(b.missed).toEqual([]);
    });

    it('in which everything is lost is told', async () => {
      const a = open();
      await a.instances.ready();
      const revision = await a.instances.publish({ method: 'notifications/before' });
      await redis.command('FLUSHALL');
      await vi.waitFor(() => expect(a.missed).toHaveLength(1), SOON);
      expect(a.instances.revision).toBeGreaterThan(revision);
      expect(await a.instances.noticesAfter(revision)).toBe('lost');
      await vi.waitFor(async () => expect(await a.instances.alive(a.self)).toBe(true), SOON);
    });
  });

  it('is told once, without a word of the password', async () => {
    const url = redis.url.replace('redis://', 'redis://someone:a-secret-word@');
    await redis.command('ACL', 'SETUSER', 'someone', 'on', '>a-secret-word', '~*', '&*', '+@all');
    const one = instanceOf(redisStore(url, { commandMs: COMMAND_MS }));
    one.start();
    await one.instances.ready();
    await redis.kill();
    await vi.waitFor(async () => {
      expect(await codeOf(one.instances.ready())).toBe('ERR_MCP_STORE');
      expect(one.logger.lines.some(({ level }) => level === 'warn')).toBe(true);
    }, SOON);
    expect(await codeOf(one.sessions.count())).toBe('ERR_MCP_STORE');
    expect(one.logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(JSON.stringify(one.logger.lines)).not.toContain('a-secret-word');
    await redis.restart();
  });
});
