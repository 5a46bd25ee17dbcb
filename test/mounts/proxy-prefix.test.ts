/**
 * Behind a reverse proxy that strips a prefix: `proxyPrefix` says what it strips.
 *
 * @module
 */
import express from 'express';
import type { McpRouterOptions } from 'express-mcp-router';
import { mcpRouter } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { greeter, greeting, greetingIn } from '../support/greeter.js';
import { listen } from '../support/listen.js';
import { RawClient } from '../support/raw-client.js';
import { post } from '../support/raw-request.js';
import { expectRefusal } from '../support/refusal.js';
import { strippingFront } from '../support/stripping-front.js';

/** An app at `mount`, behind a front that strips `/gw`; both origins. */
async function fronted(mount: string, options: (front: string) => McpRouterOptions) {
  let inside = '';
  const front = await strippingFront('/gw', () => inside);
  const router = mcpRouter(greeter().server, options(front));
  onTestFinished(() => router.mcp.close());
  inside = await listen(express().use(mount, router));
  return { front, inside, router };
}

describe('a right proxyPrefix', () => {
  it.each([
    ['/api', '/gw/api', '/gw/api/mcp'],
    ['/', '/gw', '/gw/mcp'],
  ])('serves an app mounted at %s under %s', async (mount, base, path) => {
    const { front, router } = await fronted(mount, (origin) => ({
      baseUrl: origin + base,
      proxyPrefix: '/gw',
    }));
    expect(router.mcp.url).toBe(front + path);
    const client = await RawClient.connect(front + path);
    onTestFinished(() => client.close());
    const stream = await client.listen();
    router.mcp.notify.toolsChanged();
    await stream.inbox.method('notifications/tools/list_changed');
    const { result } = await client.ask('tools/call', { name: 'greet', arguments: {} });
    expect(result?.content).toEqual([{ type: 'text', text: 'greeter greets world' }]);
    stream.close();
    expect(await client.delete()).toBe(200);
  });

  it('serves an mcpPath that is all of the mount', async () => {
    const { front } = await fronted('/', (origin) => ({
      baseUrl: `${origin}/gw`,
      proxyPrefix: '/gw/',
      mcpPath: '/',
      stateless: true,
    }));
    expect(greetingIn(await post(`${front}/gw`, greeting()))).toBe('greeter greets world');
  });

  it('ignores what a client says in X-Forwarded-Prefix', async () => {
    const { front } = await fronted('/api', (origin) => ({
      baseUrl: `${origin}/gw/api`,
      proxyPrefix: '/gw',
      stateless: true,
    }));
    const headers = { 'X-Forwarded-Prefix': '/evil', 'X-Original-URL': '/evil/mcp' };
    expect((await post(`${front}/gw/api/mcp`, greeting(), { headers })).status).toBe(200);
  });

  it('is not an invitation to mount the prefix once more', async () => {
    const { inside } = await fronted('/gw/api', (origin) => ({
      baseUrl: `${origin}/gw/api`,
      proxyPrefix: '/gw',
      stateless: true,
    }));
    const answer = await post(`${inside}/gw/api/mcp`, greeting());
    expectRefusal(answer, { status: 500, reason: 'base_url_mismatch' });
  });
});

it('names proxyPrefix when a front strips what baseUrl promises', async () => {
  const { front } = await fronted('/api', (origin) => ({
    baseUrl: `${origin}/gw/api`,
    stateless: true,
  }));
  const answer = await post(`${front}/gw/api/mcp`, greeting());
  const data = expectRefusal(answer, { status: 500, reason: 'base_url_mismatch' });
  expect(data).toMatchObject({ expected: `${front}/gw/api/mcp`, actual: `${front}/api/mcp` });
  expect(JSON.parse(answer.text).error.message).toContain('proxyPrefix: "/gw"');
});
