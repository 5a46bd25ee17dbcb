/**
 * `mcp.errorHandler`: what an earlier body parser says in HTML, said as JSON-RPC.
 *
 * @module
 */
import connect from 'connect';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { McpRouter, McpRouterOptions } from 'express-mcp-router';
import { mcpRouter } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { greeter, greeting } from '../support/greeter.js';
import { listen } from '../support/listen.js';
import { JSON_HEADERS, post, send } from '../support/raw-request.js';
import { expectRefusal } from '../support/refusal.js';

const MALFORMED = { status: 400, reason: 'malformed_json' };

function endpoint(options: McpRouterOptions = {}): McpRouter {
  const router = mcpRouter(greeter().server, { stateless: true, ...options });
  onTestFinished(() => router.mcp.close());
  return router;
}

const malformed = (url: string, target?: string) =>
  send(url, { headers: JSON_HEADERS, body: '{"jsonrpc":', target });

/** The app's own error handler: tells what it was given. */
const appErrors: ErrorRequestHandler = (error, _req, res, _next) => {
  res.status(599).json({ type: error.type ?? error.message });
};

/** An app whose parser is first, with the endpoint at `mount`. */
function app(
  mount: string | string[],
  router: McpRouter,
  parser: RequestHandler = express.json(),
): Express {
  return express().use(parser).use(mount, router, router.mcp.errorHandler).use(appErrors);
}

describe('a parser’s error at the endpoint', () => {
  it.each<[string, string, McpRouterOptions]>([
    ['/api', '/api/mcp', {}],
    ['/api', '/api/mcp/', {}],
    ['/api', '/API/MCP', {}],
    ['/api', '/api/mcp?x=1', {}],
    ['/', '/mcp', {}],
    ['/api', '/api/v1/tools', { mcpPath: '/v1/tools/' }],
    ['/api/mcp', '/api/mcp', { mcpPath: '/' }],
    ['/', '/', { mcpPath: '/' }],
    ['/t/:tenant', '/t/acme/mcp', { baseUrl: 'https://mcp.example.com/t/:tenant' }],
  ])('mounted at %s is JSON-RPC at %s', async (mount, target, options) => {
    const origin = await listen(app(mount, endpoint(options)));
    expectRefusal(await malformed(origin, target), MALFORMED);
    expect((await post(origin, greeting(), { target })).status).toBe(200);
  });

  it('is JSON-RPC with Connect', async () => {
    const router = endpoint();
    const server = connect()
      .use(express.json() as unknown as connect.NextHandleFunction)
      .use('/api', router as unknown as connect.NextHandleFunction)
      .use('/api', router.mcp.errorHandler as unknown as connect.ErrorHandleFunction);
    expectRefusal(await malformed(await listen(server), '/api/mcp'), MALFORMED);
  });

  it.each<[string, RequestHandler, Parameters<typeof send>[1], number, string]>([
    ['too large', express.json({ limit: 10 }), {}, 413, 'body_too_large'],
    [
      'in an unknown charset',
      express.json(),
      { headers: { ...JSON_HEADERS, 'Content-Type': 'application/json; charset=x-unknown' } },
      415,
      'media_type',
    ],
    [
      'in an unknown encoding',
      express.json(),
      { headers: { ...JSON_HEADERS, 'Content-Encoding': 'x-unknown' } },
      415,
      'content_encoding',
    ],
    [
      'compressed, and broken',
      express.json(),
      { headers: { ...JSON_HEADERS, 'Content-Encoding': 'gzip' } },
      400,
      'malformed_json',
    ],
    [
      'refused by verify',
      express.json({
        verify: () => {
          throw new Error('no');
        },
      }),
      {},
      400,
      'malformed_json',
    ],
  ])('says that the body is %s', async (_name, parser, sent, status, reason) => {
    const origin = await listen(app('/api', endpoint(), parser));
    const body = JSON.stringify(greeting());
    const answer = await send(`${origin}/api/mcp`, { headers: JSON_HEADERS, body, ...sent });
    expectRefusal(answer, { status, reason });
  });

  it('names the limit that the parser has, and ends the connection', async () => {
    const origin = await listen(app('/api', endpoint(), express.json({ limit: 10 })));
    const answer = await post(`${origin}/api/mcp`, greeting());
    expect(JSON.parse(answer.text).error.message).toContain('10 bytes');
    expect(answer.headers.connection).toBe('close');
  });
});

describe('what is not ours is left to the app', () => {
  it.each(['/api/other', '/mcp', '/api/mcpx', '/api/xmcp', '/api/mcp/more'])(
    'a parser’s error at %s',
    async (target) => {
      const origin = await listen(app('/api', endpoint()));
      const answer = await malformed(origin, target);
      expect([answer.status, answer.text]).toEqual([599, '{"type":"entity.parse.failed"}']);
    },
  );

  it('an error that no parser made', async () => {
    const fail: RequestHandler = (_req, _res, next) => next(new Error('of the app'));
    const router = endpoint();
    const server = express().use('/api', fail, router, router.mcp.errorHandler).use(appErrors);
    const answer = await post(`${await listen(server)}/api/mcp`, greeting());
    expect([answer.status, answer.text]).toEqual([599, '{"type":"of the app"}']);
  });

  it.each([null, 'text', 42, {}])('an error that is no error: %j', async (error) => {
    const fail: RequestHandler = (_req, _res, next) => next(error ?? new Error('null'));
    const router = endpoint();
    const server = express().use('/api', fail, router, router.mcp.errorHandler).use(appErrors);
    expect((await post(`${await listen(server)}/api/mcp`, greeting())).status).toBe(599);
  });

  it('an error of a handler in `middleware`', async () => {
    const fail: RequestHandler = (_req, _res, next) => next(new Error('of the app'));
    const server = app('/api', endpoint({ middleware: fail }));
    const answer = await post(`${await listen(server)}/api/mcp`, greeting());
    expect([answer.status, answer.text]).toEqual([599, '{"type":"of the app"}']);
  });
});

it('answers in the right endpoint’s name when there are two', async () => {
  const [one, two] = [endpoint(), endpoint({ mcpPath: '/other' })];
  const server = express()
    .use(express.json())
    .use('/one', one, one.mcp.errorHandler)
    .use('/two', two, two.mcp.errorHandler)
    .use(appErrors);
  const origin = await listen(server);
  expectRefusal(await malformed(origin, '/one/mcp'), MALFORMED);
  expectRefusal(await malformed(origin, '/two/other'), MALFORMED);
  expect((await malformed(origin, '/one/other')).status).toBe(599);
});
