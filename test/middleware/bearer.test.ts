/**
 * The gate at the edge: what it guards, when it is asked, and what a challenge says (DESIGN §5, §6).
 *
 * @module
 */
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { McpServer as McpServer2, requireScopes } from '@modelcontextprotocol/server';
import connect from 'connect';
import express, { type RequestHandler, Router } from 'express';
import {
  type AuthGate,
  type McpRouterOptions,
  mcpRouter,
  type ServerFactory,
  staticTokens,
  wellKnownRouter,
} from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  authInfoIn,
  BASE_URL,
  challengeOf,
  curious,
  guarded,
  loggedBy,
  WHO,
} from '../support/guarded.js';
import { listen } from '../support/listen.js';
import { post, send } from '../support/raw-request.js';
import { expectRefusal } from '../support/refusal.js';

const TOKEN = 'a-token-of-22-letters-and-more';
const AUTH = { Authorization: `Bearer ${TOKEN}` };

const tokens = (scopes: string[] = []) => staticTokens({ [TOKEN]: { clientId: 'ci', scopes } });

/** A gate that says where tokens come from. */
const published: AuthGate = { ...tokens(), authorizationServers: ['https://as.example.com'] };

function router(server: McpServer | ServerFactory, options: McpRouterOptions) {
  const built = mcpRouter(server, { stateless: true, ...options });
  onTestFinished(() => built.mcp.close());
  return built;
}

describe('a challenge', () => {
  it('points to the metadata of the resource when there is an authorization server (RFC 9728 §5.1)', async () => {
    const document = 'https://mcp.example.com/.well-known/oauth-protected-resource/api/mcp';
    const { ask } = await guarded({ auth: published });
    expect((await ask()).headers['www-authenticate']).toBe(
      `Bearer resource_metadata="${document}"`,
    );
    expect(challengeOf(await ask('Bearer no'))).toMatchObject({ resource_metadata: document });
    expect(authInfoIn(await ask(AUTH.Authorization))).toMatchObject({
      resourceMetadataUrl: document,
    });
  });

  it('does so for a server of the app’s own', async () => {
    const ownServer = { metadata: () => ({}) };
    const { ask } = await guarded({ auth: { ...tokens(), ownServer }, requiredScopes: ['mcp'] });
    expect(challengeOf(await ask(AUTH.Authorization))).toMatchObject({
      error: 'insufficient_scope',
      resource_metadata: expect.stringContaining('/.well-known/oauth-protected-resource/api/mcp'),
    });
  });

  it('of a single tool of SDK v2 points there too', async () => {
    const create = () => {
      const server = new McpServer2({ name: 'v2', version: '1.0.0' });
      const scopeChallenge = requireScopes('who');
      server.registerTool('who', { scopeChallenge }, () => ({ content: [] }));
      return server;
    };
    const mcp = router(create, { auth: published, baseUrl: BASE_URL });
    const origin = await listen(express().use('/api', mcp));
    const answer = await post(`${origin}/api/mcp`, WHO, { headers: AUTH });
    expectRefusal(answer, { status: 403, reason: 'insufficient_scope', id: 1 });
    expect(challengeOf(answer)).toMatchObject({
      error: 'insufficient_scope',
      scope: 'who',
      resource_metadata: 'https://mcp.example.com/.well-known/oauth-protected-resource/api/mcp',
    });
  });

  it('names no document where clients cannot get a token', async () => {
    const { ask } = await guarded({ auth: tokens(), requiredScopes: ['mcp'] });
    for (const sent of [undefined, 'Bearer no', AUTH.Authorization]) {
      const answer = await ask(sent);
      expect(challengeOf(answer)).not.toHaveProperty('resource_metadata');
      expect(challengeOf(answer)).toMatchObject({ scope: 'mcp' });
    }
  });

  it('has one parameter at least (RFC 6750 §3)', async () => {
    const { ask } = await guarded({ auth: tokens() });
    expect((await ask()).headers['www-authenticate']).toBe('Bearer realm="mcp"');
  });

  it('names each scope once, and the scopes that a gate supports not at all', async () => {
    const auth = { ...tokens(), scopesSupported: ['everything'] };
    const { ask } = await guarded({ auth, requiredScopes: ['a', 'b', 'a'] });
    expect(challengeOf(await ask())).toEqual({ scope: 'a b' });
  });

  it('can be read by pages of other origins', async () => {
    const { ask } = await guarded({ auth: tokens() });
    const answer = await ask(undefined, { headers: { Origin: 'http://localhost:5173' } });
    expect(answer.status).toBe(401);
    expect(answer.headers['access-control-allow-origin']).toBe('http://localhost:5173');
    expect(answer.headers['access-control-expose-headers']).toContain('WWW-Authenticate');
  });
});

describe('the gate is asked', () => {
  it('about every verb, and every time', async () => {
    const { url } = await guarded({ auth: tokens(), stateless: false });
    for (const method of ['GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'HEAD', 'OPTIONS']) {
      expect([method, (await send(url, { method })).status]).toEqual([method, 401]);
    }
  });

  it('after the guards and the middleware, and before the body is read', async () => {
    const seen: string[] = [];
    const note: RequestHandler = (_req, _res, next) => {
      seen.push('middleware');
      next();
    };
    const auth: AuthGate = {
      ...tokens(),
      verify: (presented) => {
        const { readableDidRead } = presented.request as { readableDidRead: boolean };
        seen.push(`gate, body read: ${readableDidRead}`);
        return tokens().verify(presented);
      },
    };
    const { ask, url } = await guarded({ auth, middleware: note });
    expect((await ask(undefined, { headers: { Host: 'evil.example' } })).status).toBe(403);
    expect(seen).toEqual([]);
    await ask();
    expect(seen).toEqual(['middleware', 'gate, body read: false']);
    const broken = await send(url, { body: '{', headers: { 'Content-Type': 'application/json' } });
    expect(broken.status).toBe(401);
  });

  it('not about preflights', async () => {
    const { url } = await guarded({ auth: tokens() });
    const answer = await send(url, {
      method: 'OPTIONS',
      headers: {
        Origin: 'http://localhost:5173',
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization',
      },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers['access-control-allow-headers']).toContain('Authorization');
  });

  it('not about routes of the app, below the router or beside it', async () => {
    const mcp = router(curious(), { auth: tokens() });
    mcp.get('/inside', (_req, res) => void res.end('inside'));
    const app = express().use('/api', mcp);
    app.get('/api/mcp/below', (_req, res) => void res.end('below'));
    app.get('/api/beside', (_req, res) => void res.end('beside'));
    const origin = await listen(app);
    for (const path of ['inside', 'mcp/below', 'beside']) {
      expect((await send(`${origin}/api/${path}`, { method: 'GET' })).status).toBe(200);
    }
  });

  it('not with auth: false, which is no accident', async () => {
    const { ask, router: open } = await guarded({ auth: false });
    expect((await ask()).status).toBe(200);
    expect(open.mcp.settings.auth).toBe(false);
  });

  it('under Connect as well', async () => {
    const url = `${await listen(connect().use(router(curious(), { auth: tokens() }) as never))}/mcp`;
    expect((await post(url, WHO)).status).toBe(401);
    expect((await post(url, WHO, { headers: AUTH })).status).toBe(200);
  });
});

describe('every spelling of the endpoint', () => {
  const targets = [
    '/api/mcp',
    '/api/mcp/',
    '/API/MCP',
    '/api/mcp?x=1',
    '/api/mcp#x',
    '/api/%6dcp',
    '/api/mcp%2f',
    '/api/mcp%2F..',
    '/api/mcp;x',
    '/api/mcp;jsessionid=1/',
    '/api//mcp',
    '//api/mcp',
    '/api/./mcp',
    '/api/x/../mcp',
    '/api/mcp//',
    '/api/mcp/.',
    '/api/mcp%00',
    '/api/mcp%20',
    '/api\\mcp',
    'http://evil.example/api/mcp',
  ];

  it.each(targets)('is guarded, or not ours: %s', async (target) => {
    const { ask } = await guarded({ auth: tokens() });
    const { status } = await ask(undefined, { target });
    expect([400, 401, 404]).toContain(status);
    const admitted = await ask(AUTH.Authorization, { target });
    // What is let in with a token has to be what is kept out without one.
    expect(admitted.status === 200).toBe(status === 401);
  });
});

describe('the caller', () => {
  it('is in req.auth for handlers of the app, whatever was there before', async () => {
    const seen: unknown[] = [];
    const before: RequestHandler = (req, res, next) => {
      Object.assign(req, { auth: { token: 'x', clientId: 'evil', scopes: ['mcp'] } });
      res.once('finish', () => seen.push((req as { auth?: unknown }).auth));
      next();
    };
    const { ask } = await guarded({ auth: tokens(['a']), middleware: before });
    expect(authInfoIn(await ask(AUTH.Authorization))).toMatchObject({
      clientId: 'ci',
      scopes: ['a'],
    });
    expect(seen).toMatchObject([{ clientId: 'ci', scopes: ['a'] }]);
    expect((await ask()).status).toBe(401);
  });

  it('without a gate is whom the app has established', async () => {
    const auth = { token: 'x', clientId: 'app', scopes: [], extra: { sub: 'ada' } };
    const login: RequestHandler = (req, _res, next) => {
      Object.assign(req, { auth });
      next();
    };
    for (const open of [undefined, false] as const) {
      const { ask } = await guarded({ auth: open, middleware: login });
      expect(authInfoIn(await ask())).toEqual(auth);
    }
  });

  it('may have a token for one tenant only', async () => {
    const resources: (string | undefined)[] = [];
    const auth: AuthGate = {
      ...published,
      verify: ({ endpoint: { resource } }) => {
        resources.push(resource);
        return { kind: 'missing' };
      },
    };
    const mcp = router(curious(), { auth, baseUrl: 'https://mcp.example.com/t/:tenant' });
    const origin = await listen(express().use(wellKnownRouter(mcp)).use('/t/:tenant', mcp));
    const answer = await post(`${origin}/t/acme/mcp`, WHO);
    await post(`${origin}/t/a%20b/mcp`, WHO);
    expect(resources).toEqual([
      'https://mcp.example.com/t/acme/mcp',
      'https://mcp.example.com/t/a%20b/mcp',
    ]);
    expect(challengeOf(answer)).toEqual({
      resource_metadata: 'https://mcp.example.com/.well-known/oauth-protected-resource/t/acme/mcp',
    });
  });
});

describe('a request that is odd', () => {
  it('with two Authorization headers is refused: who knows which one counts', async () => {
    const { url } = await guarded({ auth: tokens() });
    const headers = { Authorization: ['Bearer x', AUTH.Authorization] };
    const answer = await post(url, WHO, { headers });
    expectRefusal(answer, { status: 400, reason: 'authorization_repeated' });
    const twice = { headers: { Authorization: [AUTH.Authorization, AUTH.Authorization] } };
    expect((await post(url, WHO, twice)).status).toBe(400);
  });

  it('at a wrong mount meets the mount’s own error, not a challenge that leads astray', async () => {
    const mcp = router(curious(), { auth: published, baseUrl: BASE_URL });
    const origin = await listen(express().use('/elsewhere', mcp));
    expectRefusal(await post(`${origin}/elsewhere/mcp`, WHO), {
      status: 500,
      reason: 'base_url_mismatch',
    });
  });

  it('counts against the address for rateLimit, token or not', async () => {
    const { ask } = await guarded({ auth: tokens(), rateLimit: { limit: 2 } });
    const statuses = [];
    for (const sent of [
      'Bearer a',
      undefined,
      'Bearer b',
      AUTH.Authorization,
      AUTH.Authorization,
    ]) {
      statuses.push((await ask(sent)).status);
    }
    expect(statuses).toEqual([401, 401, 429, 200, 200]);
    expect((await ask(AUTH.Authorization)).status).toBe(429);
  });
});

function throwItself(): never {
  const error = new Error('round');
  throw Object.assign(error, { cause: error, message: 5, name: undefined });
}

describe('a gate of the app’s own', () => {
  it.each<[string, () => unknown]>([
    ['throws', () => JSON.parse('{')],
    ['rejects', () => Promise.reject(new Error('down'))],
    ['rejects with a text', () => Promise.reject('down')],
    ['throws an error that is its own cause', () => throwItself()],
    ['says nothing', () => undefined],
    ['says true', () => true],
    ['says null in a while', async () => null],
    ['says what is no verdict', () => ({ kind: 'maybe' })],
    ['lets in nobody in particular', () => ({ kind: 'valid' })],
    ['lets in somebody without a principal', async () => ({ kind: 'valid', authInfo: {} })],
  ])('that %s has not decided', async (_name, verify) => {
    const auth = { name: 'own', authorizationServers: [], verify } as unknown as AuthGate;
    const { ask, logger } = await guarded({ auth });
    const answer = await ask(AUTH.Authorization);
    expectRefusal(answer, { status: 503, reason: 'auth_unavailable' });
    expect(loggedBy(logger)).toContain('credentials cannot be checked');
  });

  it('may say when to come back', async () => {
    const verdict = { kind: 'unavailable', cause: 'x', retryAfterSeconds: 17 } as const;
    const auth: AuthGate = { name: 'own', authorizationServers: [], verify: () => verdict };
    const { ask } = await guarded({ auth });
    expectRefusal(await ask(), {
      status: 503,
      reason: 'auth_unavailable',
      headers: { 'retry-after': '17' },
    });
  });

  it('is left as it was given', async () => {
    const auth: AuthGate = { ...tokens() };
    const { router: built } = await guarded({ auth });
    expect(built.mcp.settings.auth).toBe(auth);
    expect(Object.isFrozen(auth)).toBe(false);
  });
});

it('each router of an app asks its own gate', async () => {
  const other = 'another-token-of-22-letters';
  const app = express();
  const inner = Router();
  inner.use('/a', router(curious(), { auth: tokens() }));
  inner.use('/b', router(curious(), { auth: staticTokens({ [other]: { clientId: 'b' } }) }));
  const origin = await listen(app.use(inner));
  const status = async (path: string, token: string) =>
    (await post(`${origin}/${path}/mcp`, WHO, { headers: { Authorization: `Bearer ${token}` } }))
      .status;
  expect([await status('a', TOKEN), await status('a', other)]).toEqual([200, 401]);
  expect([await status('b', TOKEN), await status('b', other)]).toEqual([401, 200]);
});
