/**
 * The end of a direct server with workers: calls that run get their results, and nobody is left.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { send } from '../support/raw-request.js';
import { ask, pidsOf, startWorkers } from '../support/workers.js';

const CALLS = 12;

describe('SIGTERM', () => {
  it('in the middle of calls loses none, at any worker (REL-13)', async () => {
    const longest = { drain: { deadlineMs: 2 ** 31 - 1 } };
    const { child, exit, url, hasSaid } = await startWorkers(longest);
    const calls = Array.from({ length: CALLS }, () => ask(url, 'wait', { ms: 500 }));
    await hasSaid(new RegExp(`(waiting\\n){${CALLS}}`));
    child.kill('SIGTERM');
    expect(new Set(await Promise.all(calls)).size).toBe(2);
    expect(await exit).toMatchObject({ code: 0, signal: null });
    await expect(ask(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('turns /readyz red, and serves on for the delay of the option `drain`', async () => {
    const { child, exit, url } = await startWorkers({ drain: { delayMs: 1_500 } });
    child.kill('SIGTERM');
    const readiness = () => send(url, { method: 'GET', target: '/readyz' });
    await expect.poll(async () => (await readiness()).status).toBe(503);
    expect(await ask(url)).toBeGreaterThan(0);
    expect((await exit).code).toBe(0);
  });

  it('ends calls that outlast the deadline with an error (REL-14)', async () => {
    const { child, exit, url, hasSaid } = await startWorkers({ drain: { deadlineMs: 100 } });
    const call = ask(url, 'wait', { ms: 60_000 });
    await hasSaid(/waiting/);
    child.kill('SIGTERM');
    await expect(call).rejects.toThrow(/shutting_down/);
    expect((await exit).code).toBe(0);
  });

  it('kills a worker that does not answer any more, some time after the deadline', async () => {
    const { child, exit, url, hasSaid } = await startWorkers({ drain: { deadlineMs: 100 } });
    const call = ask(url, 'block').catch(({ code }) => code);
    await hasSaid(/blocking/);
    child.kill('SIGTERM');
    expect((await exit).code).toBe(0);
    expect(await call).toBe('ECONNRESET');
  });

  it('a second time kills the workers at once', async () => {
    const { child, exit, url, hasSaid } = await startWorkers({
      drain: { deadlineMs: 2 ** 31 - 1 },
    });
    const call = ask(url, 'block').catch(({ code }) => code);
    await hasSaid(/blocking/);
    child.kill('SIGTERM');
    child.kill('SIGINT');
    expect((await exit).code).toBe(0);
    expect(await call).toBe('ECONNRESET');
  });

  it('ends a program whose workers have something else to do', async () => {
    const { child, exit } = await startWorkers({}, { FAULT: 'stays' });
    child.kill('SIGTERM');
    expect((await exit).code).toBe(0);
  });
});

it.each([
  ['SIGINT', 'a terminal'],
  ['SIGTERM', 'a service manager'],
] as const)('%s of %s, which every process gets, loses no call', async (signal, _sender) => {
  const { child, exit, url, hasSaid } = await startWorkers();
  const pids = await pidsOf(url, 2);
  const calls = pids.map(() => ask(url, 'wait', { ms: 500 }));
  await hasSaid(/(waiting\n){2}/);
  for (const pid of [...pids, child.pid ?? 0]) process.kill(pid, signal);
  expect((await Promise.all(calls)).sort()).toEqual(pids.sort());
  expect(await exit).toMatchObject({ code: 0, signal: null });
});

describe('the primary’s own methods', () => {
  it('drain() with its times, after which the process has nothing left to do', async () => {
    const { call, exit, url, hasSaid } = await startWorkers();
    const waiting = ask(url, 'wait', { ms: 60_000 });
    await hasSaid(/waiting/);
    const drained = call('drain', { deadlineMs: 100 });
    await expect(waiting).rejects.toThrow(/shutting_down/);
    expect(await drained).toEqual(['done']);
    expect((await exit).code).toBe(0);
  });

  it('close(): at once', async () => {
    const { call, exit, url, hasSaid } = await startWorkers();
    const waiting = ask(url, 'wait', { ms: 60_000 });
    await hasSaid(/waiting/);
    const closed = call('close');
    await expect(waiting).rejects.toThrow(/shutting_down/);
    expect(await closed).toEqual(['done']);
    expect((await exit).code).toBe(0);
  });
});
