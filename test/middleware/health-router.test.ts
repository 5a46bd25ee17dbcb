/**
 * `/healthz` and `/readyz`, as a load balancer sees them.
 *
 * @module
 */
import express from 'express';
import type { McpRouter } from 'express-mcp-router';
import { healthRouter, mcpRouter } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { greeter } from '../support/greeter.js';
import { listen } from '../support/listen.js';
import { send } from '../support/raw-request.js';

async function probed(...routers: McpRouter[]) {
  onTestFinished(async () => {
    for (const { mcp } of routers) await mcp.close();
  });
  const origin = await listen(express().use(healthRouter(...routers)));
  return async (path: string, headers = {}) => {
    const answer = await send(origin, { method: 'GET', target: path, headers });
    return { ...answer, body: JSON.parse(answer.text) };
  };
}

describe('/healthz', () => {
  it('is 200 while the process lives, whatever the endpoints do', async () => {
    const router = mcpRouter(greeter().server);
    const probe = await probed(router);
    await router.mcp.close();
    const { status, body, headers } = await probe('/healthz');
    expect([status, body]).toEqual([200, { status: 'ok' }]);
    expect(headers['cache-control']).toBe('no-store');
  });
});

describe('/readyz', () => {
  it('is 200 when every endpoint can serve, and connects their servers', async () => {
    const { server } = greeter();
    const probe = await probed(mcpRouter(server, { baseUrl: 'https://mcp.example.com/api' }));
    const { status, body, headers } = await probe('/readyz');
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(server.isConnected()).toBe(true);
    expect(body).toEqual({
      status: 'ready',
      endpoints: [
        {
          endpoint: 'https://mcp.example.com/api/mcp',
          ready: true,
          checks: [
            { name: 'accepting', ok: true },
            { name: 'server', ok: true },
          ],
        },
      ],
    });
  });

  it('is 503 while one of several endpoints drains', async () => {
    const [one, two] = [mcpRouter(greeter().server), mcpRouter(greeter().server)];
    const probe = await probed(one, two);
    expect((await probe('/readyz')).status).toBe(200);
    await two.mcp.drain();
    const { status, body } = await probe('/readyz');
    expect([status, body.status]).toEqual([503, 'unavailable']);
    expect(body.endpoints.map(({ ready }: { ready: boolean }) => ready)).toEqual([true, false]);
  });

  it('is 503 at once when a drain begins, before requests are refused', async () => {
    const router = mcpRouter(greeter().server);
    const probe = await probed(router);
    const drained = router.mcp.drain({ delayMs: 100 });
    expect((await probe('/readyz')).status).toBe(503);
    await drained;
  });

  it('is 503 when the server was closed behind the endpoint', async () => {
    const { server } = greeter();
    const probe = await probed(mcpRouter(server));
    expect((await probe('/readyz')).status).toBe(200);
    await server.close();
    const { status, body } = await probe('/readyz');
    expect(status).toBe(503);
    expect(body.endpoints[0].checks[1]).toMatchObject({ name: 'server', ok: false });
  });

  it('is 503 with the code of the fault when the server cannot be shared', async () => {
    const { server } = greeter();
    const router = mcpRouter(server);
    server.server.oninitialized = () => {};
    const { status, body } = await (await probed(router))('/readyz');
    expect(status).toBe(503);
    expect(body.endpoints[0].checks[1]).toMatchObject({ code: 'ERR_MCP_SHARED_STATE' });
  });

  it('is 200 without endpoints', async () => {
    const { status, body } = await (await probed())('/readyz');
    expect([status, body]).toEqual([200, { status: 'ready', endpoints: [] }]);
  });
});

it('is guarded by no Host and no Origin: probes come from anywhere', async () => {
  const probe = await probed(mcpRouter(greeter().server, { allowedHosts: ['mcp.example.com'] }));
  const headers = { Host: '10.0.0.7:8000', Origin: 'https://elsewhere.example' };
  expect((await probe('/healthz', headers)).status).toBe(200);
  expect((await probe('/readyz', headers)).status).toBe(200);
});
