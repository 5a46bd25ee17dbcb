/**
 * Bad input, whoever read the body first and whatever stands around the endpoint.
 *
 * Every refusal is a JSON-RPC error with a stable reason, and the process serves the next request.
 *
 * @module
 */
import compression from 'compression';
import express, { type RequestHandler } from 'express';
import type { McpRouterOptions } from 'express-mcp-router';
import { mcpRouter } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { abandonedRequest } from '../support/abandoned-request.js';
import { BAD_REQUESTS } from '../support/bad-requests.js';
import { greeter, greeting, greetingIn } from '../support/greeter.js';
import { listen } from '../support/listen.js';
import { APP_SHAPES, serveIn } from '../support/parser-orders.js';
import { RawClient } from '../support/raw-client.js';
import { JSON_HEADERS, post, send } from '../support/raw-request.js';
import { expectRefusal } from '../support/refusal.js';

function endpoint(options: McpRouterOptions = {}) {
  const { server, ...gate } = greeter();
  const router = mcpRouter(server, options);
  onTestFinished(() => router.mcp.close());
  return { router, ...gate };
}

async function connect(url: string, version?: string): Promise<RawClient> {
  const client = await RawClient.connect(url, { version });
  onTestFinished(() => client.close());
  return client;
}

describe.each(APP_SHAPES)('with the parser $order mcpRouter, behind $company', (shape) => {
  it.each(BAD_REQUESTS)('refuses $name', async ({ sent, session, parserFirst, ...expected }) => {
    const url = await serveIn(shape, endpoint().router);
    const client = session === undefined ? undefined : await connect(url, session);
    const headers = { ...sent.headers, ...(client && { 'Mcp-Session-Id': client.sessionId }) };
    const answer = await send(url, { ...sent, headers });
    expectRefusal(answer, shape.order === 'before' ? (parserFirst ?? expected) : expected);
    const { result } = await (await connect(url)).ask('tools/call', { name: 'greet' });
    expect(result?.content).toEqual([{ type: 'text', text: 'greeter greets world' }]);
  });

  it.each([
    {},
    { 'Content-Type': 'Application/JSON; charset="UTF-8"' },
    { Accept: undefined },
    { Accept: '*/*' },
    { Accept: 'application/json' },
    { Origin: 'http://localhost:5173' },
    { Host: 'localhost' },
    { 'Content-Encoding': 'identity' },
    { 'MCP-Protocol-Version': '2025-06-18' },
    { Expect: '100-continue' },
  ])('serves a good request with %j', async (headers) => {
    const url = await serveIn(shape, endpoint({ stateless: true }).router);
    const merged = Object.fromEntries(
      Object.entries({ ...JSON_HEADERS, ...headers }).filter(([, value]) => value !== undefined),
    );
    const answer = await send(url, { headers: merged, body: JSON.stringify(greeting()) });
    expect([answer.status, greetingIn(answer)]).toEqual([200, 'greeter greets world']);
  });

  it('serves a body with a byte order mark, and one in chunks', async () => {
    const url = await serveIn(shape, endpoint({ stateless: true }).router);
    const body = JSON.stringify(greeting());
    const marked = await send(url, { headers: JSON_HEADERS, body: `\ufeff${body}` });
    const chunked = await send(url, { headers: JSON_HEADERS, body, chunked: true });
    expect([marked.status, chunked.status]).toEqual([200, 200]);
  });

  it('refuses an id that is in flight with 409, and frees it when the call is over', async () => {
    const { router, waiting, open } = endpoint();
    const url = await serveIn(shape, router);
    const client = await connect(url);
    const first = client.callTool('wait', {}, { id: 'same' });
    await waiting();
    const headers = { 'Mcp-Session-Id': client.sessionId };
    const second = await post(url, greeting('same'), { headers });
    expectRefusal(second, { status: 409, reason: 'duplicate_id', id: 'same' });
    open();
    expect((await first.response)?.result).toBeDefined();
    expect((await post(url, greeting('same'), { headers })).status).toBe(200);
  });

  it('refuses the 65th call in flight with 429, of one session only', async () => {
    const { router, waiting, open } = endpoint();
    const url = await serveIn(shape, router);
    const [busy, other] = [await connect(url), await connect(url)];
    const calls = Array.from({ length: 64 }, (_, id) => busy.callTool('wait', {}, { id }));
    await waiting(64);
    const headers = { 'Mcp-Session-Id': busy.sessionId };
    expectRefusal(await post(url, greeting(65), { headers }), {
      status: 429,
      reason: 'calls_per_session',
      id: 65,
      headers: { 'retry-after': '1' },
    });
    expect((await other.ask('tools/call', { name: 'greet' })).result).toBeDefined();
    open();
    for (const { response } of calls) expect((await response)?.result).toBeDefined();
    expect((await post(url, greeting(66), { headers })).status).toBe(200);
  });

  it('gives parameters of any depth to the server and lives on', async () => {
    const url = await serveIn(shape, endpoint({ stateless: true }).router);
    const depth = 20_000;
    const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const body = JSON.stringify(greeting()).replace('"arguments":{}', `"arguments":{"x":${deep}}`);
    const answer = await send(url, { headers: JSON_HEADERS, body });
    expect(JSON.parse(answer.text)).toMatchObject({ jsonrpc: '2.0', id: 1 });
    expect((await post(url, greeting())).status).toBe(200);
  });

  it('forgets a client that goes away in the middle of its body', async () => {
    const url = await serveIn(shape, endpoint({ stateless: true }).router);
    const headers = { ...JSON_HEADERS, 'Content-Length': 1_000 };
    const halfSent = abandonedRequest(url, headers, '{"jsonrpc":');
    await expect(halfSent).resolves.toBe('gone');
    expect((await post(url, greeting())).status).toBe(200);
  });
});

describe('a body that was read before', () => {
  /** Reads the stream and leaves nothing behind. */
  const swallow: RequestHandler = (req, _res, next) => {
    req.resume();
    req.once('end', () => next());
  };

  const behind = async (...handlers: RequestHandler[]) => {
    const { router } = endpoint({ stateless: true });
    return `${await listen(express().use(...handlers, router))}/mcp`;
  };

  it('and is gone is told with the order to put right', async () => {
    const answer = await post(await behind(swallow), greeting());
    expectRefusal(answer, { status: 500, reason: 'body_consumed' });
    expect(JSON.parse(answer.text).error.message).toContain('mcpRouter before');
  });

  it.each([
    ['text', express.text({ type: '*/*' })],
    ['bytes', express.raw({ type: '*/*' })],
  ])('as %s is parsed here', async (_name, parser) => {
    const url = await behind(parser);
    expect(greetingIn(await post(url, greeting()))).toBe('greeter greets world');
    expectRefusal(await send(url, { headers: JSON_HEADERS, body: '{' }), {
      status: 400,
      reason: 'malformed_json',
    });
  });

  it('by a parser with a higher limit still has ours', async () => {
    const { router } = endpoint({ stateless: true, limits: { bodyBytes: 1_000 } });
    const url = `${await listen(express().use(express.json({ limit: '8mb' }), router))}/mcp`;
    const large = {
      ...greeting(),
      params: { name: 'greet', arguments: { whom: 'x'.repeat(1_000) } },
    };
    expectRefusal(await post(url, large), { status: 413, reason: 'body_too_large' });
  });
});

describe('behind compression(), for a client that takes gzip', () => {
  it('an event stream is not held back', async () => {
    const { router, waiting, open } = endpoint();
    const url = `${await listen(express().use(compression(), router))}/mcp`;
    const client = await RawClient.connect(url, { headers: { 'Accept-Encoding': 'gzip' } });
    onTestFinished(() => client.close());
    const stream = await client.listen();
    router.mcp.notify.toolsChanged();
    await stream.inbox.method('notifications/tools/list_changed');
    const call = client.callTool('wait');
    await waiting();
    open();
    expect((await call.response)?.result).toBeDefined();
    stream.close();
  });
});
