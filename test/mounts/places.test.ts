/**
 * Where an endpoint can be mounted: everywhere Express can mount a router.
 *
 * @module
 */
import connect from 'connect';
import express, { type Express, Router } from 'express';
import type { FactoryContext, McpRouter, McpRouterOptions } from 'express-mcp-router';
import { mcpRouter } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { greeter, greeting, greetingIn } from '../support/greeter.js';
import { listen } from '../support/listen.js';
import { RawClient } from '../support/raw-client.js';
import { post, send } from '../support/raw-request.js';
import { expectRefusal } from '../support/refusal.js';

const HTTPS = 'https://mcp.example.com';

/** A router that greets with `name`, closed with the test. */
function endpoint(options: McpRouterOptions = {}, name?: string): McpRouter {
  const router = mcpRouter(greeter(name).server, { stateless: true, ...options });
  onTestFinished(() => router.mcp.close());
  return router;
}

/** The app with one router mounted below `outer`, then `inner`. */
function nested(app: Express, outer: string, inner: string, router: McpRouter): Express {
  const between = Router();
  between.use(inner, router);
  return app.use(outer, between);
}

interface Mount {
  readonly name: string;
  readonly options: McpRouterOptions;
  readonly mount: (router: McpRouter) => Express;
  readonly paths: readonly string[];
}

const MOUNTS: readonly Mount[] = [
  {
    name: 'at the root',
    options: { baseUrl: HTTPS },
    mount: (router) => express().use(router),
    paths: ['/mcp'],
  },
  {
    name: "at '/'",
    options: { baseUrl: `${HTTPS}/` },
    mount: (router) => express().use('/', router),
    paths: ['/mcp'],
  },
  {
    name: 'under a prefix',
    options: { baseUrl: `${HTTPS}/api` },
    mount: (router) => express().use('/api', router),
    paths: ['/api/mcp', '/api/mcp/'],
  },
  {
    name: 'under a long prefix with a trailing slash',
    options: { baseUrl: `${HTTPS}/a/b-c/d.e/` },
    mount: (router) => express().use('/a/b-c/d.e/', router),
    paths: ['/a/b-c/d.e/mcp'],
  },
  {
    name: 'in a nested router',
    options: { baseUrl: `${HTTPS}/outer/inner` },
    mount: (router) => nested(express(), '/outer', '/inner', router),
    paths: ['/outer/inner/mcp'],
  },
  {
    name: 'in an app in an app',
    options: { baseUrl: `${HTTPS}/outer/inner` },
    mount: (router) => express().use('/outer', express().use('/inner', router)),
    paths: ['/outer/inner/mcp'],
  },
  {
    name: 'in a nested router with a parameter before and after it',
    options: { baseUrl: `${HTTPS}/t/:tenant/v/:version` },
    mount: (router) => nested(express(), '/t/:tenant', '/v/:version', router),
    paths: ['/t/acme/v/2/mcp', '/t/other/v/3/mcp'],
  },
  {
    name: 'at an array of paths',
    options: {},
    mount: (router) => express().use(['/one', '/two/three'], router),
    paths: ['/one/mcp', '/two/three/mcp'],
  },
  {
    name: 'at a pattern',
    options: { baseUrl: `${HTTPS}/:area` },
    mount: (router) => express().use(/^\/(api|rpc)(?=\/|$)/, router),
    paths: ['/api/mcp', '/rpc/mcp'],
  },
  {
    name: 'at a parameter',
    options: { baseUrl: `${HTTPS}/t/:tenant` },
    mount: (router) => express().use('/t/:tenant', router),
    paths: ['/t/acme/mcp', '/t/b%20c/mcp', '/t/%D0%B6/mcp'],
  },
  {
    name: 'with a path of its own',
    options: { baseUrl: `${HTTPS}/api`, mcpPath: '/v1/tools' },
    mount: (router) => express().use('/api', router),
    paths: ['/api/v1/tools', '/api/v1/tools/'],
  },
  {
    name: 'with a path of its own that ends in a slash',
    options: { baseUrl: `${HTTPS}/api`, mcpPath: '/tools/' },
    mount: (router) => express().use('/api', router),
    paths: ['/api/tools', '/api/tools/'],
  },
  {
    name: 'as all of its mount',
    options: { baseUrl: `${HTTPS}/api/mcp`, mcpPath: '/' },
    mount: (router) => express().use('/api/mcp', router),
    paths: ['/api/mcp', '/api/mcp/'],
  },
  {
    name: 'as all of the app',
    options: { baseUrl: HTTPS, mcpPath: '/' },
    mount: (router) => express().use(router),
    paths: ['/'],
  },
  {
    name: 'without a base URL',
    options: {},
    mount: (router) => express().use('/anywhere', router),
    paths: ['/anywhere/mcp'],
  },
];

describe('an endpoint serves', () => {
  it.each(MOUNTS)('$name', async ({ options, mount, paths }) => {
    const origin = await listen(mount(endpoint(options)));
    for (const target of paths) {
      const answer = await post(origin, greeting(), { target });
      expect([target, answer.status, greetingIn(answer)]).toEqual([
        target,
        200,
        'greeter greets world',
      ]);
    }
  });
});

describe('the spelling of a path', () => {
  it.each([
    '/API/mcp',
    '/api/MCP',
    '/Api/Mcp/',
    '/api/mcp?key=value',
    '/api/mcp/?a=/x/y&b=//',
    '/api/mcp#fragment',
    'http://other.example/api/mcp',
  ])('%s reaches the endpoint', async (target) => {
    const options = { baseUrl: `${HTTPS}/api`, dangerouslyAllowAnyHost: true };
    const origin = await listen(express().use('/api', endpoint(options)));
    const answer = await post(origin, greeting(), { target });
    expect([answer.status, greetingIn(answer)]).toEqual([200, 'greeter greets world']);
  });

  it.each(['//api/mcp', '/api//mcp', '/api/%6dcp', '/%61pi/mcp', '/api/mcp//', '/api/./mcp'])(
    '%s is served or unknown, never a wrong mount, and breaks nothing',
    async (target) => {
      const options = { baseUrl: `${HTTPS}/api` };
      const origin = await listen(express().use('/api', endpoint(options)));
      const { status } = await post(origin, greeting(), { target });
      expect([200, 404]).toContain(status);
      expect((await post(origin, greeting(), { target: '/api/mcp' })).status).toBe(200);
    },
  );

  it('may hold an encoded slash in a parameter, which is one segment', async () => {
    const router = endpoint({ baseUrl: `${HTTPS}/t/:tenant` });
    const origin = await listen(express().use('/t/:tenant', router));
    expect((await post(origin, greeting(), { target: '/t/a%2Fb/mcp' })).status).toBe(200);
  });

  it('leaves other paths below the mount to the app', async () => {
    const app = express().use('/api', endpoint());
    app.get('/api/other', (_req, res) => {
      res.json({ mine: true });
    });
    const origin = await listen(app);
    const answer = await send(origin, { method: 'GET', target: '/api/other' });
    expect([answer.status, answer.text]).toEqual([200, '{"mine":true}']);
    expect((await post(origin, greeting(), { target: '/api/mcp/more' })).status).toBe(404);
    expect((await post(origin, greeting(), { target: '/api/mcpx' })).status).toBe(404);
  });

  it('is case-sensitive where the app says so', async () => {
    const app = express().set('case sensitive routing', true);
    const origin = await listen(app.use('/api', endpoint({ baseUrl: `${HTTPS}/api` })));
    expect((await post(origin, greeting(), { target: '/API/mcp' })).status).toBe(404);
    expect((await post(origin, greeting(), { target: '/api/mcp' })).status).toBe(200);
  });
});

describe('several endpoints', () => {
  it('live in one app without knowing of each other', async () => {
    const [one, two] = [endpoint({}, 'one'), endpoint({ mcpPath: '/' }, 'two')];
    const origin = await listen(express().use('/one', one).use('/two', two));
    expect(greetingIn(await post(`${origin}/one/mcp`, greeting()))).toBe('one greets world');
    expect(greetingIn(await post(`${origin}/two`, greeting()))).toBe('two greets world');
  });

  it('share one server at two mounts, each with its own sessions', async () => {
    const { server } = greeter('shared');
    const routers = [mcpRouter(server), mcpRouter(server)] as const;
    onTestFinished(async () => {
      for (const { mcp } of routers) await mcp.close();
    });
    const app = express().use('/one', routers[0]).use('/two', routers[1]);
    const origin = await listen(app);
    const client = await RawClient.connect(`${origin}/one/mcp`);
    onTestFinished(() => client.close());
    expect(await Promise.all(routers.map(({ mcp }) => mcp.sessions.count()))).toEqual([1, 0]);
    const headers = { 'Mcp-Session-Id': client.sessionId };
    const [own, other] = [
      await post(`${origin}/one/mcp`, greeting(), { headers }),
      await post(`${origin}/two/mcp`, greeting(), { headers }),
    ];
    expect(greetingIn(own)).toBe('shared greets world');
    expectRefusal(other, { status: 404, reason: 'session_not_found', id: 1 });
  });

  it('keep serving when the other mount of their server is closed', async () => {
    const { server } = greeter('shared');
    const [one, two] = [mcpRouter(server), endpoint({}, 'unused')];
    const twin = mcpRouter(server, { stateless: true });
    onTestFinished(() => twin.mcp.close());
    const origin = await listen(express().use('/one', one).use('/twin', twin).use('/two', two));
    expect((await post(`${origin}/twin/mcp`, greeting())).status).toBe(200);
    await one.mcp.close();
    expect(greetingIn(await post(`${origin}/twin/mcp`, greeting()))).toBe('shared greets world');
    const refused = await post(`${origin}/one/mcp`, greeting());
    expectRefusal(refused, { status: 503, reason: 'shutting_down', id: 1 });
  });

  it('can be one router at two mounts', async () => {
    const router = endpoint();
    const origin = await listen(express().use('/one', router).use('/two', router));
    expect((await post(`${origin}/one/mcp`, greeting())).status).toBe(200);
    expect((await post(`${origin}/two/mcp`, greeting())).status).toBe(200);
  });
});

describe('a factory is told the parameters of the mount', () => {
  it.each([
    ['/t/:tenant', '/t/acme/mcp', { tenant: 'acme' }],
    ['/t/:tenant', '/t/b%20c/mcp', { tenant: 'b c' }],
    ['/t/:tenant/:area', '/t/acme/east/mcp', { tenant: 'acme', area: 'east' }],
    ['/plain', '/plain/mcp', {}],
  ])('%s at %s', async (mount, target, params) => {
    const seen: FactoryContext[] = [];
    const router = mcpRouter((context) => {
      seen.push(context);
      return greeter().server;
    });
    onTestFinished(() => router.mcp.close());
    const client = await RawClient.connect(
      `${await listen(express().use(mount, router))}${target}`,
    );
    onTestFinished(() => client.close());
    expect(seen.map((context) => ({ ...context.params }))).toEqual([params]);
  });
});

describe('Connect', () => {
  it.each([
    ['/api', `${HTTPS}/api`, '/api/mcp'],
    ['/', HTTPS, '/mcp'],
  ])('mounts an endpoint at %s', async (mount, baseUrl, path) => {
    const router = endpoint({ baseUrl });
    const app = connect().use(mount, router as unknown as connect.NextHandleFunction);
    const origin = await listen(app);
    expect(greetingIn(await post(origin + path, greeting()))).toBe('greeter greets world');
  });

  it('keeps sessions, streams and refusals as Express does', async () => {
    const router = mcpRouter(greeter().server);
    onTestFinished(() => router.mcp.close());
    const app = connect().use('/api', router as unknown as connect.NextHandleFunction);
    const url = `${await listen(app)}/api/mcp`;
    const client = await RawClient.connect(url);
    onTestFinished(() => client.close());
    const stream = await client.listen();
    router.mcp.notify.toolsChanged();
    await stream.inbox.method('notifications/tools/list_changed');
    expectRefusal(await send(url, { method: 'PUT' }), {
      status: 405,
      reason: 'method_not_allowed',
      headers: { allow: 'GET, POST, DELETE' },
    });
    expect(await client.delete()).toBe(200);
  });
});
