/**
 * Discovery documents over HTTP: verbs, CORS, caching, and what is left to the app (DESIGN §3).
 *
 * @module
 */
import connect from 'connect';
import express, { type Express, type RequestHandler, Router } from 'express';
import type { McpRouter, McpRouterOptions } from 'express-mcp-router';
import { mcpRouter, serve, wellKnownRouter } from 'express-mcp-router';
import helmet from 'helmet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ownGate, remoteGate } from '../support/gates.js';
import { greeter, greeting, greetingIn } from '../support/greeter.js';
import { listen, listenAs } from '../support/listen.js';
import { type Answer, post, send } from '../support/raw-request.js';
import { RecordedLogger } from '../support/recorded-logger.js';
import { expectRefusal } from '../support/refusal.js';
import { optionErrorOf } from '../support/thrown.js';

const H = 'https://h.example.com';
const IDP = 'https://login.example.com/';
const PR = '/.well-known/oauth-protected-resource';
const AS = '/.well-known/oauth-authorization-server';
const OIDC = '/.well-known/openid-configuration';
const REMOTE: McpRouterOptions = { baseUrl: `${H}/api`, auth: remoteGate(IDP) };
const OWN: McpRouterOptions = { baseUrl: `${H}/own`, auth: ownGate() };

function endpoint(options: McpRouterOptions): McpRouter {
  const router = mcpRouter(greeter().server, { stateless: true, ...options });
  onTestFinished(() => router.mcp.close());
  return router;
}

const get = (origin: string, target: string, headers = {}) =>
  send(origin, { method: 'GET', target, headers });

/** A page of the app at every address, as a single-page app has it. */
const catchAll: RequestHandler = (_req, res) => {
  res.status(200).type('html').send('<!doctype html>');
};

const served = (...sources: McpRouterOptions[]) =>
  listen(express().use(wellKnownRouter(...sources), catchAll));

const expectApp = (answer: Answer) =>
  expect([answer.status, answer.text]).toEqual([200, '<!doctype html>']);

describe('a document', () => {
  it('is JSON that may be cached and read from everywhere', async () => {
    const { status, headers, text } = await get(await served(REMOTE), `${PR}/api/mcp`);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text)),
      'cache-control': 'public, max-age=3600',
      'access-control-allow-origin': '*',
    });
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
    expect(JSON.parse(text)).toMatchObject({
      resource: `${H}/api/mcp`,
      authorization_servers: [IDP],
    });
  });

  it('is announced by HEAD with the same headers', async () => {
    const origin = await served(REMOTE);
    const target = `${PR}/api/mcp`;
    const whole = await get(origin, target);
    const head = await send(origin, { method: 'HEAD', target });
    expect([head.status, head.text]).toEqual([200, '']);
    for (const name of ['content-type', 'content-length', 'cache-control']) {
      expect(head.headers[name]).toBe(whole.headers[name]);
    }
  });

  it('answers the preflight of any page that asks with any header (V2 clients send two)', async () => {
    const headers = {
      Origin: 'https://app.example.com',
      'Access-Control-Request-Method': 'GET',
      'Access-Control-Request-Headers': 'mcp-protocol-version,authorization',
    };
    for (const target of [`${PR}/api/mcp`, `${AS}/api/mcp`]) {
      const answer = await send(await served(REMOTE), { method: 'OPTIONS', target, headers });
      expect([answer.status, answer.text]).toEqual([204, '']);
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET,HEAD,OPTIONS',
        'access-control-allow-headers': 'mcp-protocol-version,authorization',
        'access-control-max-age': '600',
      });
    }
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE'])(
    'refuses %s and says what it takes',
    async (method) => {
      const answer = await send(await served(REMOTE), { method, target: `${PR}/api/mcp` });
      expectRefusal(answer, {
        status: 405,
        reason: 'method_not_allowed',
        headers: { allow: 'GET, HEAD, OPTIONS', 'access-control-allow-origin': '*' },
      });
    },
  );

  it('of our own authorization server is the same at both addresses (B2)', async () => {
    const origin = await served(OWN);
    const [oauth, openid] = [await get(origin, `${AS}/own`), await get(origin, `${OIDC}/own`)];
    expect(openid.text).toBe(oauth.text);
    expect(JSON.parse(oauth.text)).toMatchObject({
      issuer: `${H}/own`,
      token_endpoint: `${H}/own/token`,
      code_challenge_methods_supported: ['S256'],
    });
  });
});

describe('an address of ours without a document', () => {
  it('is a JSON 404 that no cache keeps, and never a page of the app (R9)', async () => {
    const origin = await served(REMOTE, { baseUrl: `${H}/open` });
    for (const target of [
      `${PR}/open/mcp`,
      `${AS}/api/mcp`,
      `${OIDC}/open/mcp/x`,
      `/api/mcp${OIDC}`,
    ]) {
      expectRefusal(await get(origin, target), {
        status: 404,
        reason: 'no_metadata',
        headers: { 'cache-control': 'no-store', 'access-control-allow-origin': '*' },
      });
    }
  });
});

describe('the app keeps', () => {
  it.each([PR, AS, OIDC, `${PR}/elsewhere`, '/.well-known/security.txt', '/', '/api', '/any/path'])(
    '%s',
    async (target) => expectApp(await get(await served(REMOTE, OWN), target)),
  );

  it('nothing that is asked for like metadata, with answerUnknownProbes', async () => {
    const origin = await served({ ...REMOTE, answerUnknownProbes: true });
    for (const target of [PR, AS, OIDC, `${PR}/elsewhere`]) {
      expectRefusal(await get(origin, target), { status: 404, reason: 'no_metadata' });
    }
    expectApp(await get(origin, '/.well-known/security.txt'));
  });

  it('the bare addresses when rootAliases is ambiguous, and its operator is told', async () => {
    const logger = new RecordedLogger();
    const asking = { ...REMOTE, rootAliases: true, logger };
    expectApp(await get(await served(asking, { baseUrl: `${H}/open` }), PR));
    expect(logger.lines).toEqual([
      {
        level: 'warn',
        told: [{ endpoints: [`${H}/api/mcp`] }, expect.stringContaining('rootAliases')],
      },
    ]);
    const { text } = await get(await served(asking), PR);
    expect(JSON.parse(text).resource).toBe(`${H}/api/mcp`);
    expect(logger.lines).toHaveLength(1);
  });
});

describe('nothing comes from a header', () => {
  const SPOOFED = {
    Host: 'evil.example',
    Forwarded: 'host=evil.example;proto=http',
    'X-Forwarded-Host': 'evil.example',
    'X-Forwarded-Proto': 'http',
    'X-Forwarded-Prefix': '/evil',
    'X-Forwarded-Port': '666',
    'X-Original-URL': '/evil',
    'X-Rewrite-URL': '/evil',
    Origin: 'https://evil.example',
  };

  it.each([`${PR}/api/mcp`, `${AS}/own`, `${OIDC}/own`, `${PR}/t/acme/mcp`])(
    'of %s',
    async (target) => {
      const tenants = { baseUrl: `${H}/t/:tenant`, auth: ownGate() };
      const app = express().set('trust proxy', true);
      const origin = await listen(app.use(wellKnownRouter(REMOTE, OWN, tenants)));
      const plain = await get(origin, target);
      const spoofed = await get(origin, target, SPOOFED);
      expect(spoofed.text).toBe(plain.text);
      expect(JSON.stringify(spoofed.headers)).not.toContain('evil');
      const absolute = await get(origin, `http://evil.example${target}`, SPOOFED);
      expect(absolute.text).toBe(plain.text);
    },
  );
});

describe('it works', () => {
  const mounts: [string, (router: Router) => Parameters<typeof listen>[0]][] = [
    ['in Express', (router) => express().use(router)],
    ["in Express at '/'", (router) => express().use('/', router)],
    ['in a router in Express', (router) => express().use(Router().use(router))],
    ['in an app in Express', (router) => express().use(express().use(router) as Express)],
    ["in Express at '/.well-known'", (router) => express().use('/.well-known', router)],
    [
      "in Connect at '/.well-known'",
      (router) => connect().use('/.well-known', router as unknown as connect.NextHandleFunction),
    ],
    ['in Connect', (router) => connect().use(router as unknown as connect.NextHandleFunction)],
    [
      'behind helmet and parsers',
      (router) =>
        express().use(helmet(), express.json(), express.urlencoded({ extended: true }), router),
    ],
    ['with strict routing', (router) => express().set('strict routing', true).use(router)],
  ];

  it.each(mounts)('%s', async (_where, mount) => {
    const origin = await listen(mount(wellKnownRouter(REMOTE, OWN)));
    for (const target of [`${PR}/api/mcp`, `${PR}/api/mcp/`, `${AS}/own`]) {
      const answer = await get(origin, target);
      expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, '*']);
      JSON.parse(answer.text);
    }
    expect((await get(origin, '/.well-known/security.txt')).status).toBe(404);
  });

  it('from routers as from the options that they were given', async () => {
    const byOptions = await get(await served(OWN), `${AS}/own`);
    const origin = await listen(express().use(wellKnownRouter(endpoint(OWN))));
    expect((await get(origin, `${AS}/own`)).text).toBe(byOptions.text);
  });

  it('of serve() without another line', async () => {
    const lines: string[] = [];
    const http = await serve(greeter().server, {
      ...REMOTE,
      baseUrl: H,
      stateless: true,
      port: 0,
      print: (line) => lines.push(line),
    });
    onTestFinished(() => http.close());
    const origin = `http://127.0.0.1:${http.port}`;
    expect(JSON.parse((await get(origin, `${PR}/mcp`)).text).resource).toBe(`${H}/mcp`);
    expect(greetingIn(await post(`${origin}/mcp`, greeting()))).toBe('greeter greets world');
    expect(lines).toContainEqual(
      expect.stringMatching(/^Metadata .*\/oauth-protected-resource\/mcp$/),
    );
  });
});

describe('behind the issuer, under the prefix', () => {
  it('our own server has its metadata once more (OpenID Discovery §4)', async () => {
    const mcp = endpoint(OWN);
    const origin = await listen(express().use(wellKnownRouter(mcp)).use('/own', mcp));
    const [behind, root] = [await get(origin, `/own${OIDC}`), await get(origin, `${AS}/own`)];
    expect([behind.status, behind.text]).toEqual([200, root.text]);
    expect(behind.headers).toMatchObject({ 'access-control-allow-origin': '*' });
    const refused = await send(origin, { method: 'POST', target: `/own${OIDC}` });
    expectRefusal(refused, { status: 405, reason: 'method_not_allowed' });
  });

  it('of each tenant, and nowhere else', async () => {
    const mcp = endpoint({ baseUrl: `${H}/t/:tenant`, auth: ownGate() });
    const app = express().use(wellKnownRouter(mcp)).use(['/t/:id', '/x/:id'], mcp);
    const origin = await listen(app);
    const { text } = await get(origin, `/t/b%20c${OIDC}`);
    expect(JSON.parse(text).issuer).toBe(`${H}/t/b%20c`);
    expect((await get(origin, `/x/acme${OIDC}`)).status).toBe(404);
  });

  it('is left to the app when the server is somebody else’s', async () => {
    const mcp = endpoint(REMOTE);
    const origin = await listen(express().use(wellKnownRouter(mcp)).use('/api', mcp, catchAll));
    expectApp(await get(origin, `/api${OIDC}`));
  });
});

describe('a source', () => {
  it.each([undefined, null, 5, 'router', [], Router(), () => {}])(
    'is a router of mcpRouter or its options, not %o',
    (source) => {
      expect(optionErrorOf(() => wellKnownRouter(source as McpRouterOptions))).toMatch(
        /^wellKnownRouter: expected routers made by mcpRouter/,
      );
    },
  );

  it('is checked as mcpRouter checks it', () => {
    expect(optionErrorOf(() => wellKnownRouter({ auth: ownGate() }))).toMatch(
      /^baseUrl: expected /,
    );
    expect(
      optionErrorOf(() => wellKnownRouter({ baseUrl: `${H}/api`, mcpPath: '/api/mcp' })),
    ).toMatch(/^baseUrl and mcpPath: expected /);
    const misspelt = { baseURL: H } as McpRouterOptions;
    expect(optionErrorOf(() => wellKnownRouter(misspelt))).toContain('Did you mean "baseUrl"?');
  });

  it('may be missing: nothing is served then', async () => {
    expectApp(await get(await served(), `${PR}/mcp`));
  });
});

it('serves the app that knows its origin only when it listens', async () => {
  const origin = await listenAs((own) => {
    const mcp = endpoint({ baseUrl: `${own}/api`, auth: remoteGate(IDP) });
    return express().use(wellKnownRouter(mcp)).use('/api', mcp);
  });
  const { text } = await get(origin, `${PR}/api/mcp`);
  expect(JSON.parse(text).resource).toBe(`${origin}/api/mcp`);
});
