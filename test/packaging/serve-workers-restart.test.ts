/**
 * A rolling restart of a direct server's workers: new processes, and no client that notices.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasNginx, nginxWith } from '../support/nginx.js';
import { ask, askOver, pidsOf, startWorkers } from '../support/workers.js';

/** Calls, one after the other, until `stop` is called: resolves with the processes that answered. */
function traffic(call: () => Promise<number>) {
  const state = { isOver: false };
  const answered = (async () => {
    const pids: number[] = [];
    while (!state.isOver) pids.push(await call());
    return pids;
  })();
  answered.catch(() => {});
  return () => {
    state.isOver = true;
    return answered;
  };
}

/** The page's own block, without its certificate, between two ports of the test's. */
function configurationOf(app: string, port: number): string {
  const page = readFileSync(new URL('../../docs/deploying.md', import.meta.url), 'utf8');
  const block = /```nginx\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  return block
    .replace('server 127.0.0.1:8000;', `server 127.0.0.1:${app};`)
    .replace('listen 443 ssl;', `listen 127.0.0.1:${port};`)
    .replace(/^ *ssl_.*$/gm, '');
}

const keptOpen = () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return agent;
};

describe('a rolling restart', () => {
  it.each(['json', 'sse'])(
    'under traffic answers every request (%s, REL-15)',
    { timeout: 60_000 },
    async (responseMode) => {
      const { url, call } = await startWorkers({ responseMode });
      const old = await pidsOf(url, 2);
      const [one, two, three] = [keptOpen(), keptOpen(), keptOpen()];
      const stops = [
        traffic(() => ask(url)),
        traffic(() => ask(url, 'wait', { ms: 300 })),
        traffic(() => askOver(one, url)),
        traffic(() => askOver(two, url, 'wait', { ms: 100 })),
        traffic(() => askOver(three, url, 'wait', { ms: 2_000 })),
      ];
      expect(await call('restart')).toEqual(['done']);
      const renewed = await pidsOf(url, 2);
      const answered = await Promise.all(stops.map((stop) => stop()));
      expect(renewed.filter((pid) => old.includes(pid))).toEqual([]);
      for (const pids of answered) expect(renewed).toContain(pids.at(-1));
    },
  );

  it.skipIf(!hasNginx)(
    'behind nginx, as docs/deploying.md configures it, answers every request',
    { timeout: 60_000 },
    async () => {
      const { url, call } = await startWorkers();
      const front = `${await nginxWith((port) => configurationOf(new URL(url).port, port))}/mcp`;
      const old = await pidsOf(front, 2);
      const stops = [
        ...[50, 300, 2_000].map((ms) => traffic(() => ask(front, 'wait', { ms }))),
        ...[keptOpen(), keptOpen()].map((agent) => traffic(() => askOver(agent, front))),
      ];
      expect(await call('restart')).toEqual(['done']);
      const renewed = await pidsOf(front, 2);
      await Promise.all(stops.map((stop) => stop()));
      expect(renewed.filter((pid) => old.includes(pid))).toEqual([]);
    },
  );

  it('with a worker that cannot start leaves the old ones as they are', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'workers-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const FAULT_FILE = join(folder, 'fault');
    const { url, call } = await startWorkers({}, { FAULT: 'server', FAULT_FILE });
    const old = await pidsOf(url, 2);
    await writeFile(FAULT_FILE, '');
    expect(await call('restart')).toEqual(['failed', 'ERR_MCP_SHARED_STATE']);
    expect((await pidsOf(url, 2)).sort()).toEqual(old.sort());
    await rm(FAULT_FILE);
    expect(await call('restart')).toEqual(['done']);
    expect((await pidsOf(url, 2)).filter((pid) => old.includes(pid))).toEqual([]);
  });

  it('that SIGTERM comes into ends with the server', async () => {
    const { url, child, exit, hasSaid } = await startWorkers();
    const call = ask(url, 'wait', { ms: 1_500 });
    await hasSaid(/waiting/);
    const old = await pidsOf(url, 2);
    child.kill('SIGHUP');
    await expect.poll(async () => old.includes(await ask(url)), { timeout: 15_000 }).toBe(false);
    child.kill('SIGTERM');
    expect(await call).toBeGreaterThan(0);
    expect(await exit).toMatchObject({ code: 0, stderr: 'waiting\n' });
  });
});
