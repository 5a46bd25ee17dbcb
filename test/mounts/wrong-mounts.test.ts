/**
 * The invariant: `baseUrl` + `mcpPath` is the URL at which clients reach the endpoint.
 *
 * Every way to break it is caught, by name, with both URLs and the line to change.
 *
 * @module
 */
import connect from 'connect';
import express, { type Express, type RequestHandler, Router } from 'express';
import type { Logger, McpRouter, McpRouterOptions } from 'express-mcp-router';
import { mcpRouter } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { greeter, greeting } from '../support/greeter.js';
import { listen } from '../support/listen.js';
import { JSON_HEADERS, post, send } from '../support/raw-request.js';
import { RecordedLogger } from '../support/recorded-logger.js';
import { expectRefusal } from '../support/refusal.js';

const HTTPS = 'https://mcp.example.com';

function endpoint(options: McpRouterOptions, logger?: Logger): McpRouter {
  const router = mcpRouter(greeter().server, { stateless: true, ...options, logger });
  onTestFinished(() => router.mcp.close());
  return router;
}

/** A mount that `baseUrl` does not describe. */
interface WrongMount {
  readonly name: string;
  readonly options: McpRouterOptions;
  readonly mount: (router: McpRouter) => Express;
  readonly target: string;
  readonly expected: string;
  readonly actual: string;
  /** The line that makes it right. */
  readonly advice: string;
}

const WRONG: readonly WrongMount[] = [
  {
    name: 'the prefix is in baseUrl only',
    options: { baseUrl: `${HTTPS}/api` },
    mount: (router) => express().use(router),
    target: '/mcp',
    expected: `${HTTPS}/api/mcp`,
    actual: `${HTTPS}/mcp`,
    advice: 'app.use("/api", …)',
  },
  {
    name: 'the prefix is in the mount only',
    options: { baseUrl: HTTPS },
    mount: (router) => express().use('/api', router),
    target: '/api/mcp',
    expected: `${HTTPS}/mcp`,
    actual: `${HTTPS}/api/mcp`,
    advice: `baseUrl: "${HTTPS}/api"`,
  },
  {
    name: 'the prefixes differ',
    options: { baseUrl: `${HTTPS}/api` },
    mount: (router) => express().use('/rpc', router),
    target: '/rpc/mcp',
    expected: `${HTTPS}/api/mcp`,
    actual: `${HTTPS}/rpc/mcp`,
    advice: `baseUrl: "${HTTPS}/rpc"`,
  },
  {
    name: 'a nested mount is described by its inner prefix',
    options: { baseUrl: `${HTTPS}/inner` },
    mount: (router) => express().use('/outer', Router().use('/inner', router)),
    target: '/outer/inner/mcp',
    expected: `${HTTPS}/inner/mcp`,
    actual: `${HTTPS}/outer/inner/mcp`,
    advice: `baseUrl: "${HTTPS}/outer/inner"`,
  },
  {
    name: 'the mount repeats mcpPath',
    options: { baseUrl: HTTPS },
    mount: (router) => express().use('/mcp', router),
    target: '/mcp/mcp',
    expected: `${HTTPS}/mcp`,
    actual: `${HTTPS}/mcp/mcp`,
    advice: 'app.use("/", …)',
  },
  {
    name: 'the prefix is mounted twice',
    options: { baseUrl: `${HTTPS}/api` },
    mount: (router) => express().use('/api', Router().use('/api', router)),
    target: '/api/api/mcp',
    expected: `${HTTPS}/api/mcp`,
    actual: `${HTTPS}/api/api/mcp`,
    advice: 'app.use("/api", …)',
  },
  {
    name: 'one path of an array is not described',
    options: { baseUrl: `${HTTPS}/one` },
    mount: (router) => express().use(['/one', '/two'], router),
    target: '/two/mcp',
    expected: `${HTTPS}/one/mcp`,
    actual: `${HTTPS}/two/mcp`,
    advice: `baseUrl: "${HTTPS}/two"`,
  },
  {
    name: 'a parameter of baseUrl meets two segments',
    options: { baseUrl: `${HTTPS}/t/:tenant` },
    mount: (router) => express().use('/t/:tenant/:area', router),
    target: '/t/acme/east/mcp',
    expected: `${HTTPS}/t/:tenant/mcp`,
    actual: `${HTTPS}/t/acme/east/mcp`,
    advice: 'app.use("/t/:tenant", …)',
  },
  {
    name: 'a parameter hides a second segment behind an encoded slash',
    options: { baseUrl: `${HTTPS}/a/b` },
    mount: (router) => express().use('/:x', router),
    target: '/a%2Fb/mcp',
    expected: `${HTTPS}/a/b/mcp`,
    actual: `${HTTPS}/a%2Fb/mcp`,
    advice: 'app.use("/a/b", …)',
  },
  {
    name: 'proxyPrefix is set, and nothing strips it',
    options: { baseUrl: `${HTTPS}/gw/api`, proxyPrefix: '/gw' },
    mount: (router) => express().use('/gw/api', router),
    target: '/gw/api/mcp',
    expected: `${HTTPS}/gw/api/mcp`,
    actual: `${HTTPS}/gw/gw/api/mcp`,
    advice: 'remove proxyPrefix',
  },
  {
    name: 'something strips the prefix, and proxyPrefix is not set',
    options: { baseUrl: `${HTTPS}/gw/api` },
    mount: (router) => express().use('/api', router),
    target: '/api/mcp',
    expected: `${HTTPS}/gw/api/mcp`,
    actual: `${HTTPS}/api/mcp`,
    advice: 'proxyPrefix: "/gw"',
  },
  {
    name: 'mcpPath is the root, and the mount is elsewhere',
    options: { baseUrl: `${HTTPS}/api/mcp`, mcpPath: '/' },
    mount: (router) => express().use('/mcp', router),
    target: '/mcp',
    expected: `${HTTPS}/api/mcp`,
    actual: `${HTTPS}/mcp`,
    advice: 'app.use("/api/mcp", …)',
  },
  {
    name: 'everything is the root, and the mount is not',
    options: { baseUrl: HTTPS, mcpPath: '/' },
    mount: (router) => express().use('/mcp', router),
    target: '/mcp',
    expected: HTTPS,
    actual: `${HTTPS}/mcp`,
    advice: `baseUrl: "${HTTPS}/mcp"`,
  },
];

describe('a wrong mount is told with both URLs and the line to change', () => {
  it.each(WRONG)('$name', async ({ options, mount, target, expected, actual, advice }) => {
    const logger = new RecordedLogger();
    const origin = await listen(mount(endpoint(options, logger)));
    const answer = await post(origin, greeting(), { target });
    const data = expectRefusal(answer, { status: 500, reason: 'base_url_mismatch' });
    expect(data).toEqual({ reason: 'base_url_mismatch', expected, actual });
    const { message } = JSON.parse(answer.text).error;
    for (const told of [expected, actual, advice]) expect(message).toContain(told);
    expect(logger.lines).toEqual([{ level: 'error', told: [{ expected, actual }, message] }]);
  });

  it('with Connect', async () => {
    const router = endpoint({ baseUrl: `${HTTPS}/api` });
    const app = connect().use('/rpc', router as unknown as connect.NextHandleFunction);
    const answer = await post(await listen(app), greeting(), { target: '/rpc/mcp' });
    expect(expectRefusal(answer, { status: 500, reason: 'base_url_mismatch' })).toMatchObject({
      expected: `${HTTPS}/api/mcp`,
      actual: `${HTTPS}/rpc/mcp`,
    });
  });

  it.each(['POST', 'GET', 'DELETE', 'PUT', 'OPTIONS'])('to a %s too', async (method) => {
    const origin = await listen(express().use('/rpc', endpoint({ baseUrl: `${HTTPS}/api` })));
    const answer = await send(origin, { method, target: '/rpc/mcp', headers: JSON_HEADERS });
    expectRefusal(answer, { status: 500, reason: 'base_url_mismatch' });
  });

  it('whatever earlier middleware made of req.url', async () => {
    const router = endpoint({ baseUrl: `${HTTPS}/api` });
    const rewrite: RequestHandler = (req, _res, next) => {
      req.url = '/api/mcp';
      next();
    };
    const origin = await listen(express().use(rewrite).use('/api', router));
    const answer = await post(origin, greeting(), { target: '/elsewhere' });
    expectRefusal(answer, { status: 500, reason: 'base_url_mismatch' });
  });
});

describe('hostile spellings hide no wrong mount', () => {
  it.each([
    '/RPC/mcp',
    '/rpc/MCP',
    '/rpc/mcp/',
    '/rpc/mcp?x=/api/mcp',
    '/rpc/mcp#/api/mcp',
    'http://mcp.example.com/rpc/mcp',
  ])('%s', async (target) => {
    const options = { baseUrl: `${HTTPS}/api` };
    const origin = await listen(express().use('/rpc', endpoint(options)));
    const answer = await post(origin, greeting(), { target });
    expectRefusal(answer, { status: 500, reason: 'base_url_mismatch' });
  });

  it.each(['//rpc/mcp', '/rpc//mcp', '/rpc/%6dcp', '/%72pc/mcp', '/api/../rpc/mcp'])(
    '%s is a wrong mount or unknown, never served',
    async (target) => {
      const options = { baseUrl: `${HTTPS}/api` };
      const origin = await listen(express().use('/rpc', endpoint(options)));
      expect([404, 500]).toContain((await post(origin, greeting(), { target })).status);
    },
  );

  it.each(['/api/mcp', '/%61pi/mcp', '/API/mcp', '/api%2F/mcp', '/api%2Fmcp'])(
    'behind a catch-all, %s is served only when it is the endpoint',
    async (target) => {
      const options = { baseUrl: `${HTTPS}/api` };
      const origin = await listen(express().use('/:any', endpoint(options)));
      const { status } = await post(origin, greeting(), { target });
      expect(status).toBe(target.includes('%2F') ? (target.endsWith('/mcp') ? 500 : 404) : 200);
    },
  );
});

describe('the log', () => {
  const wrong = async () => {
    const logger = new RecordedLogger();
    const router = endpoint({ baseUrl: `${HTTPS}/api` }, logger);
    const origin = await listen(express().use(['/rpc', '/t/:tenant'], router));
    return { logger, ask: (target: string) => post(origin, greeting(), { target }) };
  };

  it('has one line for a wrong mount, however often and however spelled it is asked for', async () => {
    const { logger, ask } = await wrong();
    for (const target of ['/rpc/mcp', '/rpc/mcp', '/rpc/mcp/', '/rpc/mcp?x', '/RPC/mcp']) {
      expect((await ask(target)).status).toBe(500);
    }
    expect(logger.lines).toHaveLength(1);
  });

  it('has 16 lines at most, and the answer stays the same', async () => {
    const { logger, ask } = await wrong();
    for (let tenant = 0; tenant < 20; tenant += 1) {
      const answer = await ask(`/t/${tenant}/mcp`);
      expectRefusal(answer, { status: 500, reason: 'base_url_mismatch' });
    }
    expect(logger.lines).toHaveLength(16);
  });

  it('is silent about a right mount', async () => {
    const logger = new RecordedLogger();
    const router = endpoint({ baseUrl: `${HTTPS}/api` }, logger);
    const origin = await listen(express().use('/api', router));
    expect((await post(origin, greeting(), { target: '/api/mcp' })).status).toBe(200);
    expect(logger.lines).toEqual([]);
  });
});

describe('what can be known at construction is thrown at construction', () => {
  it.each<McpRouterOptions>([
    { baseUrl: `${HTTPS}/api`, mcpPath: '/api/mcp' },
    { baseUrl: `${HTTPS}/API/`, mcpPath: '/api/mcp/' },
    { baseUrl: `${HTTPS}/api`, mcpPath: '/api' },
    { baseUrl: `${HTTPS}/mcp` },
    { baseUrl: `${HTTPS}/api/mcp` },
    { baseUrl: `${HTTPS}/api?tenant=1` },
    { baseUrl: `${HTTPS}/api#top` },
    { baseUrl: 'https://user:password@mcp.example.com/api' },
    { baseUrl: `${HTTPS}//api` },
    { baseUrl: 'http://mcp.example.com/api' },
    { baseUrl: 'ftp://mcp.example.com' },
    { baseUrl: '/api' },
    { baseUrl: '' },
    { mcpPath: 'mcp' },
    { mcpPath: '' },
    { mcpPath: '//mcp' },
    { mcpPath: '/mcp?x' },
    { mcpPath: '/:tenant/mcp' },
    { baseUrl: `${HTTPS}/api`, proxyPrefix: '/gw' },
  ])('%j', (options) => {
    expect(() => mcpRouter(greeter().server, options)).toThrow(
      expect.objectContaining({ name: 'OptionError', code: 'ERR_MCP_OPTION' }),
    );
  });

  it('with both ways to undouble a prefix', () => {
    const options = { baseUrl: `${HTTPS}/api`, mcpPath: '/api/mcp' };
    const build = () => mcpRouter(greeter().server, options);
    expect(build).toThrow('mcpPath: "/mcp"');
    expect(build).toThrow(`baseUrl: "${HTTPS}"`);
  });
});
