/**
 * Processes of their own over one Redis: paused, killed, and without the packages that others have.
 *
 * @module
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { redisStore } from 'express-mcp-router/redis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { lacksRedis, useRedis } from '../support/redis.js';
import { instanceOf, newName } from '../support/stored-endpoint.js';

const COUNTING = fileURLToPath(new URL('counting.mjs', import.meta.url));
const BEATING = fileURLToPath(new URL('beating.mjs', import.meta.url));
const LEASE_MS = 600;
const SOON = { timeout: 15_000, interval: 20 };

interface Beating {
  readonly child: ChildProcess;
  readonly self: string;
  readonly printed: string[];
}

async function beating(url: string, label: string): Promise<Beating> {
  const child = spawn(process.execPath, [BEATING, url, label, String(LEASE_MS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const printed: string[] = [];
  const lines = createInterface({ input: child.stdout });
  const [self] = (await once(lines, 'line')) as [string];
  lines.on('line', (line) => printed.push(line));
  return { child, self, printed };
}

describe.skipIf(lacksRedis('processes over one Redis'))('a process', () => {
  const redis = useRedis();
  const counted = async (...missing: readonly string[]) => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      COUNTING,
      redis.url,
      ...missing,
    ]);
    return stdout.trim();
  };

  it('goes on after a pause longer than its lease, and misses nothing', async () => {
    const label = newName();
    const { child, self, printed } = await beating(redis.url, label);
    const other = instanceOf(redisStore(redis.url, { leaseMs: LEASE_MS }), { label });
    other.start();
    await other.instances.ready();
    expect(await other.instances.alive(self)).toBe(true);
    child.kill('SIGSTOP');
    await vi.waitFor(async () => {
      expect(await other.instances.alive(self)).toBe(false);
    }, SOON);
    await other.instances.post(self, { kind: 'test', session: 'paused' });
    await other.instances.publish({ method: 'notifications/paused' });
    child.kill('SIGCONT');
    await vi.waitFor(async () => {
      expect(await other.instances.alive(self)).toBe(true);
      expect([...printed].sort()).toEqual(['notifications/paused', 'paused']);
    }, SOON);
  });

  it('that is killed is gone when its lease is over', async () => {
    const label = newName();
    const { child, self } = await beating(redis.url, label);
    const other = instanceOf(redisStore(redis.url), { label });
    expect(await other.instances.alive(self)).toBe(true);
    child.kill('SIGKILL');
    await vi.waitFor(async () => {
      expect(await other.instances.alive(self)).toBe(false);
    }, SOON);
  });

  it('uses whichever package is installed, and names them when there is none', async () => {
    expect(await counted()).toBe('0');
    expect(await counted('redis')).toBe('0');
    expect(await counted('ioredis')).toBe('0');
    expect(await counted('ioredis', 'redis')).toBe('ERR_MCP_OPTION');
  });
});
