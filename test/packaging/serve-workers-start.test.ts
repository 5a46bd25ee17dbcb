/**
 * Workers of a direct server, from their start: one port, one URL map, one error.
 *
 * @module
 */
import { Agent } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../support/free-port.js';
import { listen } from '../support/listen.js';
import { askOver, pidsOf, startWorkers, tryWorkers } from '../support/workers.js';

describe('workers that start', () => {
  it('share one port and the work; the primary serves nobody', async () => {
    const { child, url } = await startWorkers({ workers: 3 });
    const pids = await pidsOf(url, 3);
    expect(pids).not.toContain(child.pid);
  });

  it('are named in the URL map, which is printed once', async () => {
    const { child, url, exit } = await startWorkers();
    const pids = await pidsOf(url, 2);
    child.kill('SIGTERM');
    const { stdout } = await exit;
    expect(stdout.match(/^MCP endpoint/gm)).toHaveLength(1);
    const named = /^Workers +2: processes (\d+), (\d+)$/m.exec(stdout)?.slice(1).map(Number);
    expect(named?.sort()).toEqual(pids.sort());
  });

  it('keep a connection that stays open', async () => {
    const { url } = await startWorkers();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const answered = new Set<number>();
    for (let calls = 0; calls < 6; calls += 1) answered.add(await askOver(agent, url));
    expect(answered.size).toBe(1);
  });

  it('are as many as MCP_WORKERS says, on the port of MCP_PORT', async () => {
    const port = await freePort();
    const variables = { MCP_WORKERS: '3', MCP_PORT: String(port) };
    const { url } = await startWorkers({ workers: undefined, port: undefined }, variables);
    expect(url).toBe(`http://127.0.0.1:${port}/mcp`);
    expect(await pidsOf(url, 3)).toHaveLength(3);
  });
});

describe('workers that cannot start', () => {
  it.each([
    ['whose server cannot be shared', 'server', 'ERR_MCP_SHARED_STATE'],
    ['that end before they listen', 'ends', 'ERR_MCP_WORKER'],
    ['of a process that belongs to another cluster', 'foreign', 'ERR_MCP_OPTION'],
  ])('%s end the primary’s serve() with an error, told once', async (_case, FAULT, code) => {
    const { stdout, stderr } = await tryWorkers({}, { FAULT }).exit;
    expect([stdout, stderr]).toEqual(['', `${code}\n`]);
  });

  it('tell that the port is in use', async () => {
    const port = Number(new URL(await listen(() => {})).port);
    const { code, stderr } = await tryWorkers({ port }).exit;
    expect([code, stderr]).toEqual([1, 'EADDRINUSE\n']);
  });

  it('tell that there is no such address', async () => {
    for (const port of [0, 8_000]) {
      const { code, stderr } = await tryWorkers({ port, host: '203.0.113.1' }).exit;
      expect([code, stderr]).toEqual([1, 'EADDRNOTAVAIL\n']);
    }
  });
});
