/**
 * Workers of a direct server that end unasked, and their primary that does.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { ask, pidsOf, startWorkers } from '../support/workers.js';

const LOG = { MCP_LOG_LEVEL: 'error' };

describe('a worker that ends unasked', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)('by %s is replaced on the same port', async (signal) => {
    const { url, hasSaid } = await startWorkers({}, LOG);
    const [gone = 0, other = 0] = await pidsOf(url, 2);
    process.kill(gone, signal);
    await hasSaid(new RegExp(`"worker":${gone},.*another one is started`));
    await expect.poll(async () => (await pidsOf(url, 1))[0]).not.toBe(gone);
    const pids = await pidsOf(url, 2);
    expect(pids).toContain(other);
    expect(pids).not.toContain(gone);
  });

  it('is replaced though no other one is left', async () => {
    const { url, hasSaid } = await startWorkers({}, LOG);
    const old = await pidsOf(url, 2);
    for (const pid of old) process.kill(pid, 'SIGKILL');
    await hasSaid(/(another one is started[\s\S]*){2}/);
    await expect.poll(() => ask(url).catch(() => old[0]), { timeout: 10_000 }).not.toBe(old[0]);
    const pids = await pidsOf(url, 2);
    expect(pids.filter((pid) => old.includes(pid))).toEqual([]);
  });

  it('again and again is started less and less often', async () => {
    const { child, exit, hasSaid } = await startWorkers({}, { ...LOG, FAULT: 'crashes' });
    await hasSaid(/("inMs":2000[\s\S]*){2}/);
    child.kill('SIGTERM');
    const { code, stderr } = await exit;
    expect(code).toBe(0);
    const lines = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ code, inMs }) => [code, inMs]).sort()).toEqual([
      [7, 1_000],
      [7, 1_000],
      [7, 2_000],
      [7, 2_000],
    ]);
  });
});

describe('a primary that is killed', () => {
  it('leaves no worker behind, whatever else its program does; a running call ends well', async () => {
    const { child, url, exit, hasSaid } = await startWorkers({}, { FAULT: 'stays' });
    const call = ask(url, 'wait', { ms: 500 });
    await hasSaid(/waiting/);
    child.kill('SIGKILL');
    expect(await call).toBeGreaterThan(0);
    // The workers hold its output too: it closes with the last of them.
    expect(await exit).toMatchObject({ signal: 'SIGKILL', stderr: 'waiting\n' });
  });
});
