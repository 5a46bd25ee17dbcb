/**
 * Workers that share their sessions in Redis: one session, whoever answers, before and after they are renewed.
 *
 * @module
 */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lacksRedis, useRedis } from '../support/redis.js';
import { startWorkers } from '../support/workers.js';

async function connected(url: string) {
  const client = new Client({ name: 'throughout', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL(url));
  await client.connect(transport);
  onTestFinished(() => client.close());
  const call = async (name: string, args: Record<string, unknown> = {}) => {
    const { content } = await client.callTool({ name, arguments: args });
    return Number((content as [{ text: string }])[0].text);
  };
  return { transport, call };
}

/** Asks at the same time, over as many connections, until `count` processes have answered. */
async function pidsIn(call: (name: string) => Promise<number>, count: number): Promise<number[]> {
  const seen = new Set<number>();
  while (seen.size < count) {
    for (const pid of await Promise.all(Array.from({ length: 6 }, () => call('who'))))
      seen.add(pid);
  }
  return [...seen];
}

describe.skipIf(lacksRedis('workers that share sessions'))('workers with sessions', () => {
  const redis = useRedis();
  const start = () =>
    startWorkers(
      { stateless: undefined },
      { MCP_REDIS_URL: redis.url, MCP_SECRET: 'a key that all the workers of a test have' },
    );

  it('answer in one session, and go on with it through a rolling restart (REL-15)', {
    timeout: 60_000,
  }, async () => {
    const { url, call: order } = await start();
    const { transport, call } = await connected(url);
    const { sessionId } = transport;
    const old = await pidsIn(call, 2);
    const state = { isOver: false };
    const loop = async (name: string, args?: Record<string, unknown>) => {
      while (!state.isOver) await call(name, args);
    };
    const loops = [loop('who'), loop('wait', { ms: 50 }), loop('wait', { ms: 3_000 })];
    const traffic = Promise.all(loops);
    expect(await Promise.race([order('restart'), traffic])).toEqual(['done']);
    state.isOver = true;
    await traffic;
    const renewed = await pidsIn(call, 2);
    expect(renewed.filter((pid) => old.includes(pid))).toEqual([]);
    expect(transport.sessionId).toBe(sessionId);
  });

  it('finish its calls on SIGTERM (REL-13)', async () => {
    const { child, exit, url, hasSaid } = await start();
    const { call } = await connected(url);
    const calls = Array.from({ length: 6 }, () => call('wait', { ms: 500 }));
    await hasSaid(/(waiting\n){6}/);
    child.kill('SIGTERM');
    expect(new Set(await Promise.all(calls)).size).toBe(2);
    expect((await exit).code).toBe(0);
  });
});
