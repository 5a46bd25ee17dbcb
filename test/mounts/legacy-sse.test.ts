/**
 * HTTP+SSE wherever Express can mount a router: the official client finds its way from `/sse` to
 * `/messages` (2024-11-05 transports §HTTP with SSE).
 *
 * @module
 */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import connect from 'connect';
import express, { type RequestHandler, Router } from 'express';
import type { FactoryContext, McpRouter, McpRouterOptions } from 'express-mcp-router';
import { mcpRouter } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { greeter } from '../support/greeter.js';
import { listen } from '../support/listen.js';
import { JSON_HEADERS, send } from '../support/raw-request.js';
import { RawSse } from '../support/raw-sse.js';
import { RecordedLogger } from '../support/recorded-logger.js';
import { expectRefusal } from '../support/refusal.js';
import { strippingFront } from '../support/stripping-front.js';

const HTTPS = 'https://mcp.example.com';

function endpoint(options: McpRouterOptions = {}): McpRouter {
  const router = mcpRouter(greeter().server, { legacySse: true, ...options });
  onTestFinished(() => router.mcp.close());
  return router;
}

const underConnect = (mount: string, router: McpRouter) =>
  connect().use(mount, router as unknown as connect.NextHandleFunction);

/** What the official client is told when it connects to `url`, lists and calls. */
async function greetedAt(url: string): Promise<unknown> {
  const client = new Client({ name: 'old', version: '1.0.0' });
  await client.connect(new SSEClientTransport(new URL(url)));
  onTestFinished(() => client.close());
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(['greet', 'wait']);
  const { content } = await client.callTool({ name: 'greet', arguments: { whom: 'old' } });
  return (content as [{ text: string }])[0].text;
}

interface Mount {
  readonly name: string;
  readonly options: McpRouterOptions;
  readonly app: (router: McpRouter) => RequestHandler | ReturnType<typeof express>;
  readonly path: string;
  readonly messages: string;
}

const inRouters = (outer: string, inner: string) => (router: McpRouter) => {
  const between = Router({ mergeParams: true });
  between.use(inner, router);
  return express().use(outer, between);
};

const MOUNTS: readonly Mount[] = [
  {
    name: 'at the root',
    options: {},
    app: (router) => express().use(router),
    path: '/sse',
    messages: '/messages',
  },
  {
    name: 'under a prefix',
    options: { baseUrl: `${HTTPS}/api` },
    app: (router) => express().use('/api', router),
    path: '/api/sse',
    messages: '/api/messages',
  },
  {
    name: 'asked for with a trailing slash and a query',
    options: { baseUrl: `${HTTPS}/api` },
    app: (router) => express().use('/api', router),
    path: '/api/sse/?x=/y',
    messages: '/api/messages',
  },
  {
    name: 'in routers with parameters',
    options: {},
    app: inRouters('/t/:tenant', '/v/:version'),
    path: '/t/b%20c/v/%D0%B6/sse',
    messages: '/t/b%20c/v/%D0%B6/messages',
  },
  {
    name: 'in routers with parameters that baseUrl names',
    options: { baseUrl: `${HTTPS}/t/:tenant/v/:version` },
    app: inRouters('/t/:tenant', '/v/:version'),
    path: '/t/a%2Fb/v/2%25/sse',
    messages: '/t/a%2Fb/v/2%25/messages',
  },
  {
    name: 'at one of several paths',
    options: {},
    app: (router) => express().use(['/one', '/two/three'], router),
    path: '/two/three/sse',
    messages: '/two/three/messages',
  },
  {
    name: 'beside an endpoint that is all of its mount',
    options: { baseUrl: `${HTTPS}/api/mcp`, mcpPath: '/' },
    app: (router) => express().use('/api/mcp', router),
    path: '/api/mcp/sse',
    messages: '/api/mcp/messages',
  },
  {
    name: 'beside an endpoint that is all of the app',
    options: { baseUrl: HTTPS, mcpPath: '/' },
    app: (router) => express().use(router),
    path: '/sse',
    messages: '/messages',
  },
  {
    name: 'beside an endpoint with a longer path',
    options: { baseUrl: `${HTTPS}/api`, mcpPath: '/v1/tools' },
    app: (router) => express().use('/api', router),
    path: '/api/sse',
    messages: '/api/messages',
  },
  {
    name: 'in Connect, at the root',
    options: { baseUrl: HTTPS },
    app: (router) => underConnect('/', router) as RequestHandler,
    path: '/sse',
    messages: '/messages',
  },
  {
    name: 'in Connect, under a prefix',
    options: {},
    app: (router) => underConnect('/api', router) as RequestHandler,
    path: '/api/sse',
    messages: '/api/messages',
  },
];

describe('an old client is served', () => {
  it.each(MOUNTS)('$name', async ({ options, app, path, messages }) => {
    const origin = await listen(app(endpoint(options)) as never);
    expect(await greetedAt(origin + path)).toBe('greeter greets old');
    const stream = await RawSse.open(origin + path);
    expect(stream.messages).toBe(`${messages}?sessionId=${stream.sessionId}`);
  });

  it.each([
    ['/api', '/gw/api'],
    ['/', '/gw'],
    ['/t/:tenant', '/gw/t/acme'],
  ])('mounted at %s, behind a front that makes it %s', async (mount, base) => {
    let inside = '';
    const front = await strippingFront('/gw', () => inside);
    inside = await listen(express().use(mount, endpoint({ proxyPrefix: '/gw' })));
    expect(await greetedAt(`${front}${base}/sse`)).toBe('greeter greets old');
    const { messages, sessionId } = await RawSse.open(`${front}${base}/sse`);
    expect(messages).toBe(`${base}/messages?sessionId=${sessionId}`);
  });

  it('behind such a front that baseUrl describes', async () => {
    let inside = '';
    const front = await strippingFront('/gw', () => inside);
    const options = { baseUrl: `${front}/gw/api`, proxyPrefix: '/gw' };
    inside = await listen(express().use('/api', endpoint(options)));
    expect(await greetedAt(`${front}/gw/api/sse`)).toBe('greeter greets old');
  });
});

describe('the address on the stream', () => {
  const addressOf = async (target: string, headers: Record<string, string> = {}) => {
    const app = express().set('trust proxy', true);
    const router = endpoint({ dangerouslyAllowAnyHost: true });
    const origin = await listen(app.use('/:a', router));
    const told = { Accept: 'text/event-stream', ...headers };
    return RawSse.open(origin, { target, headers: told });
  };

  it.each<[string, Record<string, string>]>([
    ['/api/sse', { Host: 'evil.example' }],
    ['/api/sse', { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'https' }],
    ['/api/sse', { 'X-Forwarded-Prefix': '/evil', 'X-Original-URL': '/evil/sse' }],
    ['http://evil.example/api/sse', {}],
    ['/api/sse#/evil', {}],
  ])('never comes from what a client says of hosts: %s %j', async (target, headers) => {
    const { messages } = await addressOf(target, headers);
    expect(messages).toMatch(/^\/api\/messages\?sessionId=[\w-]+$/);
  });

  it.each(['/\\evil.example/sse', '/%2F%2Fevil.example/sse', '/%5Cevil.example/sse'])(
    'never leads to another origin: %s',
    async (target) => {
      const { messages } = await addressOf(target);
      expect(new URL(messages, 'http://self.example').origin).toBe('http://self.example');
    },
  );
});

describe('the invariant', () => {
  const WRONG = { baseUrl: `${HTTPS}/api` };

  it.each([
    ['GET', '/rpc/sse'],
    ['POST', '/rpc/messages'],
    ['PUT', '/rpc/messages?sessionId=x'],
  ])('holds for %s %s, with the endpoint’s own URLs', async (method, target) => {
    const origin = await listen(express().use('/rpc', endpoint(WRONG)));
    const answer = await send(origin, { method, target, headers: JSON_HEADERS });
    const data = expectRefusal(answer, { status: 500, reason: 'base_url_mismatch' });
    expect(data).toMatchObject({ expected: `${HTTPS}/api/mcp`, actual: `${HTTPS}/rpc/mcp` });
  });

  it('is broken once for all three paths of a mount', async () => {
    const logger = new RecordedLogger();
    const origin = await listen(express().use('/rpc', endpoint({ ...WRONG, logger })));
    for (const target of ['/rpc/sse', '/rpc/messages', '/rpc/mcp']) {
      expect((await send(origin, { method: 'GET', target })).status).toBe(500);
    }
    expect(logger.lines).toHaveLength(1);
  });
});

it('tells a factory the parameters of the mount', async () => {
  const seen: FactoryContext[] = [];
  const router = mcpRouter(
    (context) => {
      seen.push(context);
      return greeter().server;
    },
    { legacySse: true },
  );
  onTestFinished(() => router.mcp.close());
  const origin = await listen(express().use('/t/:tenant', router));
  expect(await greetedAt(`${origin}/t/acme/sse`)).toBe('greeter greets old');
  expect(seen).toMatchObject([{ params: { tenant: 'acme' }, clientInfo: { name: 'old' } }]);
});

it('keeps a session to the tenant, and the mount, that it was opened at', async () => {
  const router = endpoint();
  const origin = await listen(express().use('/t/:tenant', router).use('/other', router));
  const { messages } = await RawSse.connect(`${origin}/t/acme/sse`);
  const answers = ['/t/globex/', '/other/', '/t/ACME/'].map(async (place) => {
    const target = messages.replace('/t/acme/', place);
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
    return send(origin, { target, headers: JSON_HEADERS, body });
  });
  for (const answer of await Promise.all(answers)) {
    expectRefusal(answer, { status: 404, reason: 'session_not_found', id: 1 });
  }
});
