/**
 * Instances that are told by their environment alone what they share.
 *
 * @module
 */
import { mcpRouter, memoryEventStore } from 'express-mcp-router';
import { redisStore } from 'express-mcp-router/redis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { endpoint } from '../support/endpoint.js';
import { greeter } from '../support/greeter.js';
import { lacksRedis, useRedis } from '../support/redis.js';
import { optionErrorOf } from '../support/thrown.js';
import { elsewhere, SECRET } from '../support/two-instances.js';

const CLOSED = 'redis://127.0.0.1:1';

function environment(variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

describe.skipIf(lacksRedis('instances told by their environment'))('MCP_REDIS_URL', () => {
  const redis = useRedis();

  it('lets instances share sessions without a line of code', async () => {
    environment({ MCP_REDIS_URL: redis.url, MCP_SECRET: SECRET.replaceAll(',', '') });
    const [a, b] = [await endpoint(greeter().server), await endpoint(greeter().server)];
    const here = await a.client();
    const there = elsewhere(here, b.url);
    expect((await there.ask('tools/list')).result).toBeDefined();
    expect(await b.router.mcp.sessions.count()).toBe(1);
  });
});

describe('a store that instances share', () => {
  it('is refused without a secret: its instances would not know each other’s ids', () => {
    const told = optionErrorOf(() => mcpRouter(greeter().server, { store: redisStore(CLOSED) }));
    expect(told).toMatch(
      /^secret: expected a key of at least 32 bytes with the store "redis", got none/,
    );
    environment({ MCP_REDIS_URL: CLOSED });
    expect(optionErrorOf(() => mcpRouter(greeter().server))).toMatch(/^secret: expected /);
  });

  it('is refused with an event store beside it', () => {
    const options = { store: redisStore(CLOSED), secret: SECRET, eventStore: memoryEventStore() };
    expect(optionErrorOf(() => mcpRouter(greeter().server, options))).toMatch(
      /^eventStore: expected it unset, or false, with the store "redis"/,
    );
  });

  it('is not asked for in stateless mode', async () => {
    const options = { store: redisStore(CLOSED), stateless: true };
    const router = mcpRouter(greeter().server, options);
    expect((await router.mcp.ready()).ready).toBe(true);
    await router.mcp.close();
  });

  it('is what readiness is about while it cannot be reached', async () => {
    const options = { store: redisStore(CLOSED, { commandMs: 200 }), secret: SECRET };
    const router = mcpRouter(greeter().server, options);
    onTestFinished(() => router.mcp.close());
    expect(await router.mcp.ready()).toMatchObject({
      ready: false,
      checks: [
        { name: 'accepting', ok: true },
        { name: 'server', ok: true },
        { name: 'store', ok: false, code: 'ERR_MCP_STORE' },
      ],
    });
  });
});
