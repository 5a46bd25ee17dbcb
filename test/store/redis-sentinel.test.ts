/**
 * A master that is killed: its replica goes on with what sessions were told.
 *
 * @module
 */
import { redisStore } from 'express-mcp-router/redis';
import { describe, expect, it, vi } from 'vitest';
import { lacksRedis, useSentinels } from '../support/redis.js';
import { SENTINELS, useClients } from '../support/redis-clients.js';
import { admitted, instanceOf, type StoredInstance } from '../support/stored-endpoint.js';

const FAILOVER = { timeout: 30_000, interval: 100 };
const DURABILITY = { replicas: 1, timeoutMs: 500 };

const warned = (...instances: readonly StoredInstance[]) =>
  instances.flatMap(({ logger }) =>
    logger.lines.filter(({ told }) => JSON.stringify(told).includes('"wanted":1')),
  );

const suites = Object.entries(SENTINELS);

describe.skipIf(lacksRedis('failovers'))('a failover', () => {
  describe.each(suites)('with %s', (_name, connect) => {
    const watched = useSentinels();
    const client = useClients(connect);

    it('forgets no session, wakes none that was ended, and is over soon', async () => {
      const open = () => redisStore(client(watched), { durability: DURABILITY });
      const label = 'failover';
      const [a, b] = [instanceOf(open(), { label }), instanceOf(open(), { label })];
      for (const one of [a, b]) one.start();
      await Promise.all([a.instances.ready(), b.instances.ready()]);
      const [open1, ended] = [await admitted(a), await admitted(a)];
      await b.sessions.end(ended, Date.now() + 600_000, Date.now());
      // Whoever had not waited for the replica, or not on the right connection, would have been warned.
      expect(warned(a, b)).toEqual([]);

      await watched.master.kill();

      await vi.waitFor(async () => expect(await admitted(a)).toBeDefined(), FAILOVER);
      expect(warned(a)).toHaveLength(1);
      expect(await b.sessions.find(open1, Date.now())).toMatchObject({ id: open1.id });
      expect(await a.sessions.find(ended, Date.now())).toBe('ended');
      await vi.waitFor(() => a.instances.ready(), FAILOVER);
      await a.instances.post(b.self, { kind: 'test', session: 'x' });
      await a.instances.publish({ method: 'notifications/test' });
      await vi.waitFor(() => expect(b.letters).toHaveLength(1), FAILOVER);
      await vi.waitFor(() => expect(b.notices).toHaveLength(1), FAILOVER);
    }, 90_000);
  });
});
