/**
 * Workers of a direct server, as far as one process can tell: what is refused, and when one starts again.
 *
 * @module
 */
import { type ServeOptions, serve } from 'express-mcp-router';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { BackOff } from '../../middleware/back-off.js';
import { takeCluster } from '../../middleware/cluster.js';
import { greeter } from '../support/greeter.js';
import { optionErrorOf } from '../support/thrown.js';

const attempt = (options: object) =>
  serve(greeter().server, { port: 0, print: false, ...options } as ServeOptions);

describe('workers', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each([0, -1, 1.5, Number.NaN, 1_025, '2', null, true])('are refused: %j', async (workers) => {
    await expect(attempt({ workers, stateless: true })).rejects.toMatchObject({
      code: 'ERR_MCP_OPTION',
      message: expect.stringMatching(/^workers: expected .* got /),
    });
  });

  it('that would keep sessions to themselves are refused, with both ways out', async () => {
    await expect(attempt({ workers: 2 })).rejects.toMatchObject({
      code: 'ERR_MCP_OPTION',
      message: expect.stringMatching(/^workers: .*stateless: true.*redisStore/),
    });
  });

  it('are refused beside HTTP+SSE, whose clients need one process', async () => {
    await expect(attempt({ workers: 2, legacySse: true })).rejects.toMatchObject({
      code: 'ERR_MCP_OPTION',
      message: expect.stringMatching(/^workers: .*legacySse/),
    });
  });

  it('come from MCP_WORKERS, unless an option says otherwise', async () => {
    vi.stubEnv('MCP_WORKERS', '2');
    await expect(attempt({})).rejects.toMatchObject({ code: 'ERR_MCP_OPTION' });
    const { close, restart } = await attempt({ workers: 1 });
    onTestFinished(close);
    expect(restart).toBeUndefined();
  });

  it('leave the address of the process to the next router when they are refused', async () => {
    vi.stubEnv('MCP_PATH', '/tools');
    await expect(attempt({ workers: 2 })).rejects.toMatchObject({ code: 'ERR_MCP_OPTION' });
    const { close, url } = await attempt({});
    onTestFinished(close);
    expect(url).toMatch(/\/tools$/);
  });

  it('belong to one serve() of a process at a time', () => {
    const giveBack = takeCluster();
    expect(optionErrorOf(takeCluster)).toMatch(/^workers: expected one serve\(\)/);
    giveBack();
    takeCluster()();
  });
});

describe('the drain of serve()', () => {
  it.each([
    null,
    5,
    [],
    { delayMs: -1 },
    { delayMs: 0.5 },
    { delayMs: '1' },
    { deadlineMs: 2 ** 31 },
    { deadlineMs: Number.POSITIVE_INFINITY },
    { deadline: 1 },
  ])('is refused: %j', async (drain) => {
    await expect(attempt({ drain })).rejects.toMatchObject({
      code: 'ERR_MCP_OPTION',
      message: expect.stringMatching(/^drain/),
    });
  });

  it('is refused with the same words when it is called', async () => {
    const { close, drain } = await attempt({});
    onTestFinished(close);
    await expect(drain({ deadlineMs: -1 })).rejects.toMatchObject({ code: 'ERR_MCP_OPTION' });
  });

  it('is the default of drain()', async () => {
    const gate = greeter();
    const options = { port: 0, print: false, stateless: true, drain: { deadlineMs: 0 } } as const;
    const { url, drain } = await serve(gate.server, options);
    const call = fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
      },
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wait"}}',
    });
    await gate.waiting();
    await drain();
    expect(await (await call).json()).toMatchObject({
      error: { data: { reason: 'shutting_down' } },
    });
  });
});

describe('what ends again and again', () => {
  it('is started after a second, then two, at last every half minute', () => {
    const backOff = new BackOff();
    const waits = Array.from({ length: 7 }, () => backOff.next(100));
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it('is started at once, and trusted again, when it lived for half a minute', () => {
    const backOff = new BackOff();
    expect([0, 0, 30_000, 29_999].map((lived) => backOff.next(lived))).toEqual([
      1_000, 2_000, 0, 1_000,
    ]);
  });
});
