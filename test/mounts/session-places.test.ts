/**
 * A session is good at the endpoint, and for the tenant, that it was opened at, and nowhere else.
 *
 * @module
 */
import express from 'express';
import type { McpRouter, McpRouterOptions } from 'express-mcp-router';
import { mcpRouter, memoryStore } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { greeter, greeting, greetingIn } from '../support/greeter.js';
import { listen } from '../support/listen.js';
import { RawClient } from '../support/raw-client.js';
import { post, send } from '../support/raw-request.js';
import { expectRefusal } from '../support/refusal.js';

const SECRET = 'a secret of the tests, at least 32 bytes long';
const HTTPS = 'https://mcp.example.com';

function endpoint(options: McpRouterOptions): McpRouter {
  const router = mcpRouter(() => greeter().server, options);
  onTestFinished(() => router.mcp.close());
  return router;
}

/** The id of a session opened at `url`. */
async function sessionAt(url: string): Promise<string> {
  const client = await RawClient.connect(url);
  onTestFinished(() => client.close());
  return client.sessionId ?? '';
}

/** Uses a session with every verb at a place where it does not belong. */
async function expectUnknown(url: string, sessionId: string): Promise<void> {
  const headers = { 'Mcp-Session-Id': sessionId };
  const unknown = { status: 404, reason: 'session_not_found' };
  expectRefusal(await post(url, greeting(5), { headers }), { ...unknown, id: 5 });
  for (const method of ['GET', 'DELETE']) {
    const sent = { method, headers: { ...headers, Accept: 'text/event-stream' } };
    expectRefusal(await send(url, sent), unknown);
  }
}

async function expectServed(url: string, sessionId: string): Promise<void> {
  const answer = await post(url, greeting(), { headers: { 'Mcp-Session-Id': sessionId } });
  expect([url, answer.status, greetingIn(answer)]).toEqual([url, 200, 'greeter greets world']);
}

describe('two endpoints of one app', () => {
  it.each<[string, McpRouterOptions, McpRouterOptions]>([
    ['with random ids', {}, {}],
    ['with one secret', { secret: SECRET }, { secret: SECRET }],
    [
      'with one secret and their own URLs',
      { secret: SECRET, baseUrl: `${HTTPS}/one` },
      { secret: SECRET, baseUrl: `${HTTPS}/two` },
    ],
    [
      'with one secret and their own paths',
      { secret: SECRET },
      { secret: SECRET, mcpPath: '/other' },
    ],
  ])('do not know each other’s sessions %s', async (_name, first, second) => {
    const [one, two] = [endpoint(first), endpoint(second)];
    const origin = await listen(express().use('/one', one).use('/two', two));
    const id = await sessionAt(`${origin}/one/mcp`);
    await expectUnknown(`${origin}/two${second.mcpPath ?? '/mcp'}`, id);
    await expectServed(`${origin}/one/mcp`, id);
  });

  it('do not know each other’s sessions when they share a store', async () => {
    const store = memoryStore();
    const [one, two] = [endpoint({ store }), endpoint({ store })];
    const origin = await listen(express().use('/one', one).use('/two', two));
    const id = await sessionAt(`${origin}/one/mcp`);
    await expectUnknown(`${origin}/two/mcp`, id);
    await expectServed(`${origin}/one/mcp`, id);
  });
});

describe('two tenants of one mount', () => {
  it.each<[string, McpRouterOptions]>([
    ['with random ids', {}],
    ['with sealed ids', { secret: SECRET }],
    ['with a URL', { secret: SECRET, baseUrl: `${HTTPS}/t/:tenant` }],
  ])('do not know each other’s sessions %s', async (_name, options) => {
    const origin = await listen(express().use('/t/:tenant', endpoint(options)));
    const id = await sessionAt(`${origin}/t/acme/mcp`);
    for (const tenant of ['other', 'acme2', 'ACME', 'acme%2Fx']) {
      await expectUnknown(`${origin}/t/${tenant}/mcp`, id);
    }
    await expectServed(`${origin}/t/acme/mcp`, id);
  });

  it('do not become one by an encoded slash', async () => {
    const router = endpoint({ secret: SECRET });
    const origin = await listen(
      express().use('/t/:tenant', router).use('/t/:tenant/:area', router),
    );
    const id = await sessionAt(`${origin}/t/a/b/mcp`);
    await expectUnknown(`${origin}/t/a%2Fb/mcp`, id);
    await expectServed(`${origin}/t/a/b/mcp`, id);
  });

  it('keep their session when they spell its path differently', async () => {
    const origin = await listen(express().use('/t/:tenant', endpoint({ secret: SECRET })));
    const id = await sessionAt(`${origin}/t/acme/mcp`);
    for (const path of ['/t/acme/mcp/', '/T/acme/MCP', '/t/%61cme/mcp', '/t/acme/mcp?x=1']) {
      await expectServed(origin + path, id);
    }
  });
});

it('wakes a sealed session at its own endpoint only, after a restart', async () => {
  const origins = [];
  for (let run = 0; run < 2; run += 1) {
    const mount = ['/one', '/two'];
    origins.push(await listen(express().use(mount, endpoint({ secret: SECRET }))));
  }
  const [before = '', after = ''] = origins;
  const id = await sessionAt(`${before}/one/mcp`);
  await expectUnknown(`${after}/two/mcp`, id);
  await expectServed(`${after}/one/mcp`, id);
});

it('belongs to one mount of a router that has two', async () => {
  for (const options of [{}, { secret: SECRET }]) {
    const origin = await listen(express().use(['/one', '/two'], endpoint(options)));
    const id = await sessionAt(`${origin}/one/mcp`);
    await expectUnknown(`${origin}/two/mcp`, id);
    await expectServed(`${origin}/one/mcp`, id);
  }
});
