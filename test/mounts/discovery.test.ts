/**
 * The invariant with auth on: the endpoint is where `baseUrl` says, and its documents are where clients
 * look for them. Only proof blocks (DESIGN §3, points 1 to 3).
 *
 * @module
 */
import connect from 'connect';
import express, { type Express, Router } from 'express';
import type { McpRouter, McpRouterOptions } from 'express-mcp-router';
import { healthRouter, mcpRouter, wellKnownRouter } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bareGate, ownGate, remoteGate } from '../support/gates.js';
import { greeter, greeting, greetingIn } from '../support/greeter.js';
import { listen } from '../support/listen.js';
import { JSON_HEADERS, post, send } from '../support/raw-request.js';
import { RecordedLogger } from '../support/recorded-logger.js';
import { expectRefusal } from '../support/refusal.js';

const IDP = 'https://login.example.com/';
const PR = '/.well-known/oauth-protected-resource';

let hosts = 0;

/** A host that the process has not heard of yet: what it knows of endpoints it knows by their URLs. */
function newHost(): string {
  hosts += 1;
  return `https://h${hosts}.example.com`;
}

function endpoint(options: McpRouterOptions): McpRouter {
  const auth = remoteGate(IDP);
  const router = mcpRouter(greeter().server, { stateless: true, auth, ...options });
  onTestFinished(() => router.mcp.close());
  return router;
}

async function expectServed(origin: string, target: string): Promise<void> {
  const answer = await post(origin, greeting(), { target });
  expect([target, answer.status, greetingIn(answer)]).toEqual([
    target,
    200,
    'greeter greets world',
  ]);
}

describe('wellKnownRouter is missing', () => {
  it('is answered with 500, what is expected, and the lines that help; logged once', async () => {
    const [logger, host] = [new RecordedLogger(), newHost()];
    const origin = await listen(
      express().use('/api', endpoint({ baseUrl: `${host}/api`, logger })),
    );
    for (const method of ['POST', 'GET', 'DELETE', 'PUT']) {
      const answer = await send(origin, { method, target: '/api/mcp', headers: JSON_HEADERS });
      const data = expectRefusal(answer, { status: 500, reason: 'well_known_missing' });
      const expected = `${host}${PR}/api/mcp`;
      expect(data).toEqual({ reason: 'well_known_missing', expected, actual: 'nothing' });
      const { message } = JSON.parse(answer.text).error;
      for (const told of [expected, 'app.use(wellKnownRouter(router))', 'wellKnown: "external"']) {
        expect(message).toContain(told);
      }
      expect(answer.headers).not.toHaveProperty('www-authenticate');
    }
    expect(logger.lines.map(({ level }) => level)).toEqual(['error']);
  });

  it.each([
    ['an own authorization server', ownGate()],
    ['an own one and another', ownGate(IDP)],
  ])('is noticed with %s', async (_with, auth) => {
    const origin = await listen(express().use(endpoint({ baseUrl: newHost(), auth })));
    const answer = await post(origin, greeting(), { target: '/mcp' });
    expectRefusal(answer, { status: 500, reason: 'well_known_missing' });
  });

  it('is right as soon as it is made, by the router or by its options', async () => {
    for (const byOptions of [false, true]) {
      const options = { baseUrl: newHost(), auth: remoteGate(IDP) };
      const mcp = endpoint(options);
      const app = express().use(mcp);
      const origin = await listen(app);
      expect((await post(origin, greeting(), { target: '/mcp' })).status).toBe(500);
      app.use(wellKnownRouter(byOptions ? options : mcp));
      await expectServed(origin, '/mcp');
    }
  });

  it.each<[string, McpRouterOptions]>([
    ['when something else serves the documents', { wellKnown: 'external' }],
    ['without authorization servers', { auth: bareGate() }],
    ['when the endpoint is open on purpose', { auth: false }],
    ['when the endpoint is open', { auth: undefined }],
  ])('is no fault %s', async (_when, options) => {
    const origin = await listen(express().use(endpoint({ baseUrl: newHost(), ...options })));
    await expectServed(origin, '/mcp');
  });

  it.each<[string, (options: McpRouterOptions) => McpRouterOptions, string]>([
    ['another path', (options) => ({ ...options, mcpPath: '/other' }), 'well_known_missing'],
    ['no auth', ({ baseUrl }) => ({ baseUrl }), 'well_known_missing'],
    ['another host', (options) => ({ ...options, baseUrl: newHost() }), 'well_known_missing'],
    [
      'another issuer',
      (options) => ({ ...options, auth: remoteGate(IDP.slice(0, -1)) }),
      'well_known_differs',
    ],
  ])('is not made good by one that was given %s', async (_what, changed, reason) => {
    const options = { baseUrl: newHost(), auth: remoteGate(IDP) };
    const app = express().use(wellKnownRouter(changed(options)), endpoint(options));
    const answer = await post(await listen(app), greeting(), { target: '/mcp' });
    expectRefusal(answer, { status: 500, reason });
  });
});

describe('wellKnownRouter is misplaced', () => {
  const mounts: [string, (mcp: McpRouter, wellKnown: Router) => Express, string][] = [
    ['beside the endpoint', (mcp, wellKnown) => express().use('/api', wellKnown, mcp), '/api'],
    [
      'in a nested router',
      (mcp, wellKnown) => express().use('/api', Router().use(wellKnown, mcp)),
      '/api',
    ],
    [
      'in an app in an app',
      (mcp, wellKnown) => express().use('/api', express().use(wellKnown).use(mcp)),
      '/api',
    ],
    [
      'at a parameter',
      (mcp, wellKnown) => express().use('/:area', wellKnown).use('/api', mcp),
      '/api',
    ],
  ];

  it.each(mounts)('%s: 500, with both URLs', async (_where, mount, prefix) => {
    const [logger, host] = [new RecordedLogger(), newHost()];
    const mcp = endpoint({ baseUrl: `${host}/api`, logger });
    const origin = await listen(mount(mcp, wellKnownRouter(mcp)));
    const answer = await post(origin, greeting(), { target: '/api/mcp' });
    expect(expectRefusal(answer, { status: 500, reason: 'well_known_misplaced' })).toEqual({
      reason: 'well_known_misplaced',
      expected: `${host}${PR}/api/mcp`,
      actual: `${host}${prefix}${PR}/api/mcp`,
    });
    expect(JSON.parse(answer.text).error.message).toContain('on the outermost app');
    expect((await send(origin, { method: 'GET', target: `${prefix}${PR}/api/mcp` })).status).toBe(
      404,
    );
    expect(logger.lines).toHaveLength(1);
  });

  it('in Connect too', async () => {
    const mcp = endpoint({ baseUrl: `${newHost()}/api` });
    const both = [wellKnownRouter(mcp), mcp] as unknown as connect.NextHandleFunction[];
    const app = connect();
    for (const handler of both) app.use('/api', handler);
    const answer = await post(await listen(app), greeting(), { target: '/api/mcp' });
    expectRefusal(answer, { status: 500, reason: 'well_known_misplaced' });
  });

  it('and at the root as well is no fault, whichever comes first', async () => {
    const mcp = endpoint({ baseUrl: `${newHost()}/api` });
    const wellKnown = wellKnownRouter(mcp);
    const origin = await listen(express().use(wellKnown).use('/api', wellKnown, mcp));
    await expectServed(origin, '/api/mcp');
  });

  it('is not proved by a rewritten path', async () => {
    const mcp = endpoint({ baseUrl: newHost() });
    const app = express().use((req, _res, next) => {
      if (req.url.startsWith('/x/')) req.url = req.url.slice(2);
      next();
    });
    const origin = await listen(app.use(mcp, wellKnownRouter(mcp)));
    await send(origin, { method: 'GET', target: '/x/anything' });
    await expectServed(origin, '/mcp');
  });
});

describe('a right place', () => {
  const mounts: [string, (mcp: McpRouter) => Express][] = [
    ['at the root', (mcp) => express().use(wellKnownRouter(mcp), mcp)],
    ['after the endpoint, unseen so far', (mcp) => express().use(mcp, wellKnownRouter(mcp))],
    [
      'in a router without a prefix',
      (mcp) =>
        express()
          .use(Router().use(wellKnownRouter(mcp)))
          .use(mcp),
    ],
    ["at '/.well-known'", (mcp) => express().use('/.well-known', wellKnownRouter(mcp)).use(mcp)],
  ];

  it.each(mounts)('%s', async (_where, mount) => {
    const origin = await listen(mount(endpoint({ baseUrl: newHost() })));
    for (const _ of ['unseen', 'seen']) {
      await expectServed(origin, '/mcp');
      expect((await send(origin, { method: 'GET', target: `${PR}/mcp` })).status).toBe(200);
    }
  });
});

describe('the URL of the endpoint, with auth on (points 1 and 2)', () => {
  it.each<[string, McpRouterOptions, string, string]>([
    ['the prefix is in baseUrl only', { baseUrl: '/api' }, '/', '/mcp'],
    ['the prefix is in the mount only', { baseUrl: '' }, '/api', '/api/mcp'],
    ['a proxy strips and is not named', { baseUrl: '/gw/api' }, '/api', '/api/mcp'],
    [
      'a proxy is named and does not strip',
      { baseUrl: '/gw/api', proxyPrefix: '/gw' },
      '/gw/api',
      '/gw/api/mcp',
    ],
    ['a tenant has two segments', { baseUrl: '/t/:tenant' }, '/t/:tenant/:area', '/t/a/b/mcp'],
    ['a tenant is resolved away', { baseUrl: '/t/:tenant' }, '/t/:tenant', '/t/%2e%2e/mcp'],
  ])('is wrong when %s: 500 before any challenge', async (_when, options, mount, target) => {
    const mcp = endpoint({ ...options, baseUrl: newHost() + options.baseUrl });
    const origin = await listen(express().use(wellKnownRouter(mcp)).use(mount, mcp));
    const answer = await post(origin, greeting(), { target });
    expectRefusal(answer, { status: 500, reason: 'base_url_mismatch' });
    expect(answer.headers).not.toHaveProperty('www-authenticate');
  });

  it.each<[string, McpRouterOptions, string, string]>([
    ['a proxy strips and is named', { baseUrl: '/gw/api', proxyPrefix: '/gw' }, '/api', '/api/mcp'],
    ['it is a tenant’s', { baseUrl: '/t/:tenant' }, '/t/:tenant', '/t/b%20c/mcp'],
    ['the mount calls the tenant otherwise', { baseUrl: '/t/:tenant' }, '/t/:id', '/t/acme/mcp'],
    [
      'the resource has another base',
      { baseUrl: '/oauth', resourceBaseUrl: 'https://r.example.com/api' },
      '/api',
      '/api/mcp',
    ],
  ])('is right when %s', async (_when, options, mount, target) => {
    const mcp = endpoint({ ...options, baseUrl: newHost() + options.baseUrl });
    const origin = await listen(express().use(wellKnownRouter(mcp)).use(mount, mcp));
    await expectServed(origin, target);
  });

  it('lets the host of the resource in when its base is another', async () => {
    const mcp = endpoint({ baseUrl: newHost(), resourceBaseUrl: 'https://r.example.com' });
    const origin = await listen(express().use(wellKnownRouter(mcp), mcp));
    const from = (host: string) => ({ Host: host, Origin: `https://${host}` });
    for (const [host, status] of [
      ['r.example.com', 200],
      ['s.example.com', 403],
    ] as const) {
      const answer = await post(origin, greeting(), { target: '/mcp', headers: from(host) });
      expect([host, answer.status]).toEqual([host, status]);
    }
  });

  it('holds for two endpoints of one host, each on its own', async () => {
    const host = newHost();
    const [one, two] = [endpoint({ baseUrl: `${host}/one` }), endpoint({ baseUrl: `${host}/two` })];
    const app = express().use(wellKnownRouter(one)).use('/one', one).use('/two', two);
    const origin = await listen(app);
    await expectServed(origin, '/one/mcp');
    const answer = await post(origin, greeting(), { target: '/two/mcp' });
    expectRefusal(answer, { status: 500, reason: 'well_known_missing' });
  });
});

describe('ready()', () => {
  const discoveryOf = async (mcp: McpRouter) => {
    const { ready, checks } = await mcp.mcp.ready();
    return { ready, check: checks.find(({ name }) => name === 'discovery') };
  };

  it('is false with a fault that every request would meet', async () => {
    const { ready, check } = await discoveryOf(endpoint({ baseUrl: newHost() }));
    expect([ready, check?.ok]).toEqual([false, false]);
    expect(check?.detail).toContain('app.use(wellKnownRouter(router))');
  });

  it('warns while nothing has come through wellKnownRouter: a catch-all may be before it', async () => {
    const mcp = endpoint({ baseUrl: newHost() });
    const app = express()
      .use(mcp)
      .use('/all', (_req, res) => void res.end('all'));
    const origin = await listen(app.use('/', wellKnownRouter(mcp)));
    await send(origin, { method: 'GET', target: '/all' });
    await expectServed(origin, '/mcp');
    const before = await discoveryOf(mcp);
    expect([before.ready, before.check]).toEqual([
      true,
      { name: 'discovery', ok: true, detail: expect.stringContaining('catch-all') },
    ]);
    await send(origin, { method: 'GET', target: `${PR}/mcp` });
    expect(await discoveryOf(mcp)).toEqual({ ready: true, check: { name: 'discovery', ok: true } });
  });

  it.each<[string, McpRouterOptions]>([
    ['external documents', { wellKnown: 'external' }],
    ['no documents', { auth: bareGate() }],
    ['no auth', { auth: undefined }],
  ])('has nothing to say of %s', async (_what, options) => {
    const found = await discoveryOf(endpoint({ baseUrl: newHost(), ...options }));
    expect(found).toEqual({ ready: true, check: undefined });
  });

  it('turns /readyz red', async () => {
    const mcp = endpoint({ baseUrl: newHost() });
    const origin = await listen(express().use(healthRouter(mcp), mcp));
    expect((await send(origin, { method: 'GET', target: '/readyz' })).status).toBe(503);
  });
});
