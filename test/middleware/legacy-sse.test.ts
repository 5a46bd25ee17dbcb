/**
 * The two paths of HTTP+SSE pass every guard that the endpoint passes (SEC-06), and are the app's own
 * without the option.
 *
 * @module
 */
import connect from 'connect';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import type { McpRouterOptions } from 'express-mcp-router';
import { mcpRouter } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { greeter } from '../support/greeter.js';
import { listen } from '../support/listen.js';
import { JSON_HEADERS, type Sent, send } from '../support/raw-request.js';
import { RawSse } from '../support/raw-sse.js';
import { type ExpectedRefusal, expectRefusal } from '../support/refusal.js';

const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };

function endpoint(options: McpRouterOptions = {}) {
  const router = mcpRouter(greeter().server, { legacySse: true, ...options });
  onTestFinished(() => router.mcp.close());
  return router;
}

const served = (options?: McpRouterOptions) => listen(express().use(endpoint(options)));

/** A request that would be served, for each path. */
const GOOD: readonly [string, Sent][] = [
  ['GET /sse', { method: 'GET', target: '/sse', headers: { Accept: 'text/event-stream' } }],
  [
    'POST /messages',
    { target: '/messages?sessionId=x', headers: JSON_HEADERS, body: JSON.stringify(PING) },
  ],
];

const withHeaders = (sent: Sent, headers: Sent['headers']): Sent => ({
  ...sent,
  headers: { ...sent.headers, ...headers },
});

describe.each(GOOD)('%s', (_name, sent) => {
  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1@evil.example'])(
    'refuses the Host %s',
    async (Host) => {
      const answer = await send(await served(), withHeaders(sent, { Host }));
      expectRefusal(answer, { status: 403, reason: 'host_not_allowed' });
    },
  );

  it.each(['https://evil.example', 'null', 'http://localhost.evil.example'])(
    'refuses the Origin %s',
    async (Origin) => {
      const answer = await send(await served(), withHeaders(sent, { Origin }));
      expectRefusal(answer, { status: 403, reason: 'origin_not_allowed' });
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    },
  );

  it('refuses both in whatever spelling the path comes', async () => {
    const origin = await served();
    const [path = '', query = ''] = (sent.target ?? '').split('?');
    for (const spelled of [`${path}/`, path.toUpperCase(), `${path}?x=1`]) {
      const target = `${spelled}${spelled.includes('?') ? '&' : '?'}${query}`;
      for (const headers of [{ Host: 'evil.example' }, { Origin: 'https://evil.example' }]) {
        const answer = await send(origin, withHeaders({ ...sent, target }, headers));
        expect([target, answer.status]).toEqual([target, 403]);
      }
    }
  });

  it('answers the preflight of a page on loopback, and of no other', async () => {
    const origin = await served();
    const preflight = (Origin: string) =>
      send(origin, {
        method: 'OPTIONS',
        target: sent.target,
        headers: { Origin, 'Access-Control-Request-Method': sent.method ?? 'POST' },
      });
    const [own, other] = [
      await preflight('http://localhost:5173'),
      await preflight('https://evil.example'),
    ];
    expect([own.status, own.headers['access-control-allow-origin']]).toEqual([
      204,
      'http://localhost:5173',
    ]);
    expect(other.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('counts against the one rate limit of all paths', async () => {
    const origin = await served({ rateLimit: { limit: 1 } });
    expect((await send(origin, { method: 'DELETE', target: '/mcp' })).status).toBe(400);
    const answer = await send(origin, sent);
    expectRefusal(answer, { status: 429, reason: 'rate_limit' });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('comes after the middleware of the router', async () => {
    const middleware: RequestHandler = (_req, res) => void res.status(402).end('pay');
    const answer = await send(await served({ middleware }), sent);
    expect([answer.status, answer.text]).toEqual([402, 'pay']);
  });
});

describe('a body for /messages', () => {
  const message = (body: Sent['body'], headers: Record<string, string> = {}): Sent => ({
    target: '/messages?sessionId=x',
    headers: { ...JSON_HEADERS, ...headers },
    body,
  });
  const text = JSON.stringify(PING);

  it.each<[string, Sent, ExpectedRefusal]>([
    ['too large', message(text.padEnd(300)), { status: 413, reason: 'body_too_large' }],
    [
      'too large, in chunks',
      { ...message(text.padEnd(300)), chunked: true },
      { status: 413, reason: 'body_too_large' },
    ],
    [
      'of another type',
      message(text, { 'Content-Type': 'text/plain' }),
      { status: 415, reason: 'media_type' },
    ],
    [
      'of a form',
      message('a=b', { 'Content-Type': 'application/x-www-form-urlencoded' }),
      { status: 415, reason: 'media_type' },
    ],
    [
      'compressed',
      message(text, { 'Content-Encoding': 'gzip' }),
      { status: 415, reason: 'content_encoding' },
    ],
    ['that is not JSON', message('{"jsonrpc":'), { status: 400, reason: 'malformed_json' }],
    ['that is empty', message(''), { status: 400, reason: 'body_missing' }],
    ['that is no message', message('{}'), { status: 400, reason: 'invalid_message' }],
    [
      'that is right, to nobody',
      message(text),
      { status: 404, reason: 'session_not_found', id: 1 },
    ],
  ])('%s', async (_name, sent, refusal) => {
    const origin = await served({ limits: { bodyBytes: 200 } });
    expectRefusal(await send(origin, sent), refusal);
  });

  it.each(['before', 'after'])('is read once, with a parser %s the router', async (order) => {
    const parser = express.json();
    const [first, second] = order === 'before' ? [parser, endpoint()] : [endpoint(), parser];
    const client = await RawSse.connect(`${await listen(express().use(first, second))}/sse`);
    expect((await client.callTool('greet')).result).toBeDefined();
  });
});

describe('other verbs', () => {
  it.each([
    ...['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'].map((method) => [method, '/sse', 'GET']),
    ...['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'].map((method) => [method, '/messages', 'POST']),
  ])('%s %s is 405', async (method, target, allow) => {
    const body = method === 'POST' ? 'anything' : undefined;
    expectRefusal(await send(await served(), { method, target, body }), {
      status: 405,
      reason: 'method_not_allowed',
      headers: { allow },
    });
  });

  it.each([
    ['/sse', 'GET'],
    ['/messages', 'POST'],
  ])('HEAD %s is 405 without a body', async (target, allow) => {
    const { status, text, headers } = await send(await served(), { method: 'HEAD', target });
    expect([status, text, headers.allow]).toEqual([405, '', allow]);
  });
});

describe('without the option', () => {
  it.each(GOOD)('%s is unknown', async (_name, sent) => {
    const origin = await served({ legacySse: false });
    expect((await send(origin, sent)).status).toBe(404);
  });

  it.each(GOOD)('%s is the app’s own route', async (_name, sent) => {
    const own: RequestHandler = (_req, res) => void res.end('mine');
    const app = express().use(endpoint({ legacySse: undefined }));
    const origin = await listen(app.all('/sse', own).all('/messages', own));
    const answer = await send(origin, sent);
    expect([answer.status, answer.text]).toEqual([200, 'mine']);
  });
});

describe('a parser’s error', () => {
  const appErrors: ErrorRequestHandler = (_error, _req, res, _next) => void res.status(599).end();
  const broken = (target: string): Sent => ({ target, headers: JSON_HEADERS, body: '{' });
  const MALFORMED = { status: 400, reason: 'malformed_json' };

  it('at /messages is JSON-RPC, where the handler stands beside the router', async () => {
    const router = endpoint();
    const app = express().use(express.json()).use('/api', router, router.mcp.errorHandler);
    const origin = await listen(app.use(appErrors));
    expectRefusal(await send(origin, broken('/api/messages?sessionId=x')), MALFORMED);
    expect((await send(origin, broken('/api/chat/messages'))).status).toBe(599);
    expect((await send(origin, broken('/messages'))).status).toBe(599);
  });

  it('at /messages is JSON-RPC anywhere, where baseUrl says which it is', async () => {
    const router = endpoint({ baseUrl: 'https://mcp.example.com/api' });
    const app = express().use(express.json()).use('/api', router);
    const origin = await listen(app.use(router.mcp.errorHandler, appErrors));
    expectRefusal(await send(origin, broken('/api/messages')), MALFORMED);
    expect((await send(origin, broken('/chat/messages'))).status).toBe(599);
  });

  it('is left to the app without the option', async () => {
    const router = endpoint({ legacySse: false });
    const app = express().use(express.json()).use('/api', router, router.mcp.errorHandler);
    const origin = await listen(app.use(appErrors));
    expect((await send(origin, broken('/api/messages'))).status).toBe(599);
  });
});

it('is guarded under Connect too', async () => {
  const app = connect().use('/api', endpoint() as unknown as connect.NextHandleFunction);
  const origin = await listen(app);
  const headers = { Accept: 'text/event-stream', Origin: 'https://evil.example' };
  const answer = await send(origin, { method: 'GET', target: '/api/sse', headers });
  expectRefusal(answer, { status: 403, reason: 'origin_not_allowed' });
});
