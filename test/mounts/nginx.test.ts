/**
 * Behind a real nginx that strips a prefix: the documents stay at the root of the host, and clients find
 * them, call the endpoint and read its streams (DESIGN §3; FastMCP fails the first of these).
 *
 * @module
 */
import * as v2 from '@modelcontextprotocol/client';
import * as v1 from '@modelcontextprotocol/sdk/client/auth.js';
import express from 'express';
import type { McpRouterOptions } from 'express-mcp-router';
import { mcpRouter, wellKnownRouter } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ownGate } from '../support/gates.js';
import { greeter, greeting, greetingIn } from '../support/greeter.js';
import { listen } from '../support/listen.js';
import { hasNginx, nginx } from '../support/nginx.js';
import { RawClient } from '../support/raw-client.js';
import { post, send } from '../support/raw-request.js';
import { expectRefusal } from '../support/refusal.js';

const STRIPPING = (app: string) => `
  location /edge/ { proxy_pass ${app}/; proxy_set_header Host $host; proxy_buffering on; }
  location /.well-known/ { proxy_pass ${app}; }
`;
const KEEPING = (app: string) => `location / { proxy_pass ${app}; }`;

/** An app with its endpoint at `mount`, behind nginx; returns the public origin. */
async function fronted(
  locations: (app: string) => string,
  mount: string,
  options: (origin: string) => McpRouterOptions,
): Promise<string> {
  const app = express();
  const inside = await listen(app);
  const origin = await nginx(locations(inside));
  const mcp = mcpRouter(greeter().server, { auth: ownGate(), ...options(origin) });
  onTestFinished(() => mcp.mcp.close());
  app.use(wellKnownRouter(mcp)).use(mount, mcp);
  return origin;
}

describe.skipIf(!hasNginx)('nginx', () => {
  it.each([
    ['SDK v1', v1],
    ['SDK v2', v2],
  ] as const)('that strips /edge hides no document from %s (check S)', async (_name, client) => {
    const origin = await fronted(STRIPPING, '/api', (own) => ({
      baseUrl: `${own}/edge/api`,
      proxyPrefix: '/edge',
    }));
    const url = `${origin}/edge/api/mcp`;
    const resource = await client.discoverOAuthProtectedResourceMetadata(url);
    expect(resource).toMatchObject({
      resource: url,
      authorization_servers: [`${origin}/edge/api`],
    });
    const server = await client.discoverAuthorizationServerMetadata(`${origin}/edge/api`);
    expect(server).toMatchObject({ token_endpoint: `${origin}/edge/api/token` });
    const behind = await send(`${url.replace('/mcp', '')}/.well-known/openid-configuration`, {
      method: 'GET',
    });
    expect(JSON.parse(behind.text)).toMatchObject({ issuer: `${origin}/edge/api` });
  });

  it('that strips /edge passes calls and streams on', async () => {
    const origin = await fronted(STRIPPING, '/api', (own) => ({
      baseUrl: `${own}/edge/api`,
      proxyPrefix: '/edge',
      responseMode: 'sse',
    }));
    const client = await RawClient.connect(`${origin}/edge/api/mcp`);
    onTestFinished(() => client.close());
    const { result } = await client.ask('tools/call', { name: 'greet', arguments: {} });
    expect(result?.content).toEqual([{ type: 'text', text: 'greeter greets world' }]);
    expect(await client.delete()).toBe(200);
  });

  it('that strips a prefix which nobody named is told, with the option to set', async () => {
    const origin = await fronted(STRIPPING, '/api', (own) => ({ baseUrl: `${own}/edge/api` }));
    const answer = await post(`${origin}/edge/api/mcp`, greeting());
    expectRefusal(answer, { status: 500, reason: 'base_url_mismatch' });
    expect(JSON.parse(answer.text).error.message).toContain('proxyPrefix: "/edge"');
  });

  it('that strips nothing needs no option', async () => {
    const origin = await fronted(KEEPING, '/api', (own) => ({
      baseUrl: `${own}/api`,
      stateless: true,
    }));
    const answer = await post(`${origin}/api/mcp`, greeting());
    expect(greetingIn(answer)).toBe('greeter greets world');
    const { resource } = await v1.discoverOAuthProtectedResourceMetadata(`${origin}/api/mcp`);
    expect(resource).toBe(`${origin}/api/mcp`);
  });

  it('at whose root the tenants are sees each of them find its own documents', async () => {
    const origin = await fronted(STRIPPING, '/t/:tenant', (own) => ({
      baseUrl: `${own}/edge/t/:tenant`,
      proxyPrefix: '/edge',
    }));
    for (const tenant of ['acme', 'b%20c']) {
      const url = `${origin}/edge/t/${tenant}/mcp`;
      const found = await v1.discoverOAuthProtectedResourceMetadata(url);
      expect(found.resource).toBe(url);
    }
  });
});
