/**
 * No spelling of a path and no method comes past the gate: a request without a token is answered 401, or is
 * not ours and the app's own 404 (DESIGN §5, §6).
 *
 * @module
 */
import express, { type Express, Router } from 'express';
import { type McpRouter, mcpRouter, staticTokens } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { curious, WHO } from '../support/guarded.js';
import { listen } from '../support/listen.js';
import { type Answer, JSON_HEADERS, type Sent, send } from '../support/raw-request.js';
import { text } from '../support/tool-result.js';

const TOKEN = 'a-token-of-22-letters-and-more';
const BEARER = { Authorization: `Bearer ${TOKEN}` };
const METHODS = ['GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'HEAD', 'OPTIONS'];

/** Ways to write the path of a route; `{}` is the route, `{1}` its first letter, `{2}` the rest. */
const SPELLINGS = [
  '/api/{}',
  '/api/{}/',
  '/api/{}//',
  '/api//{}',
  '//api/{}',
  '/API/{}',
  '/api/{}?a=b',
  '/api/{}?/../{}',
  '/api/{}#fragment',
  '/api/{}%2f',
  '/api/{}%2F..%2F{}',
  '/api/{};x',
  '/api/{};x=1/',
  '/api;x/{}',
  '/api/{}%3Bx',
  '/api/{}%00',
  '/api/{}%20',
  '/api/{}.',
  '/api/{}/.',
  '/api/{}/..',
  '/api/./{}',
  '/api/x/../{}',
  '/api/%2e/{}',
  '/api/x/%2e%2e/{}',
  '/api/..%2fapi/{}',
  '/api%2f{}',
  '/api/{1}{2}',
  '/api/%25{1}{2}',
  '/api\\{}',
  '/api/\\{}',
  'http://mcp.example.com/api/{}',
  'http://mcp.example.com/api/{}/',
  'HTTP://127.0.0.1/api//{}',
  'http://user:pass@evil.example/api/{}',
];

const ROUTES = ['mcp', 'MCP', 'sse', 'Sse', 'messages', 'messages?sessionId=0'];

const written = (spelling: string, route: string) =>
  spelling
    .replaceAll('{}', route)
    .replace('{1}', `%${route.charCodeAt(0).toString(16)}`)
    .replace('{2}', route.slice(1));

const MOUNTS: readonly [string, (app: Express, mcp: McpRouter) => Express][] = [
  ['under a prefix', (app, mcp) => app.use('/api', mcp)],
  [
    'in routers that are strict',
    (app, mcp) => {
      const strict = Router({ strict: true, caseSensitive: true, mergeParams: true });
      return app.use(strict.use('/api', mcp));
    },
  ],
  ['under a parameter', (app, mcp) => app.use('/:area', mcp)],
  ['under a pattern', (app, mcp) => app.use(/^\/+api/i, mcp)],
  [
    'behind parsers',
    (app, mcp) => app.use(express.json(), express.urlencoded({ extended: true })).use('/api', mcp),
  ],
];

/** An endpoint with everything that it can have beside it, in an app with a 404 of its own. */
async function guardedApp(mount: (app: Express, mcp: McpRouter) => Express) {
  const server = curious();
  const ran: string[] = [];
  server.registerTool('run', {}, () => text(ran.push('run')));
  const auth = staticTokens({ [TOKEN]: { clientId: 'ci' } });
  const mcp = mcpRouter(server, { auth, legacySse: true, allowedHosts: ['evil.example'] });
  onTestFinished(() => mcp.mcp.close());
  const app = mount(express(), mcp).use((_req, res) => {
    res.status(404).set('X-App', 'the app').end();
  });
  const origin = await listen(app);
  const ask = (method: string, target: string, sent: Sent = {}) => {
    const takesBody = !['GET', 'HEAD', 'OPTIONS'].includes(method);
    const headers = { ...JSON_HEADERS, ...sent.headers };
    const body = takesBody ? JSON.stringify({ ...WHO, params: { name: 'run' } }) : undefined;
    return send(origin, { method, target, body, ...sent, headers });
  };
  return { ran, mcp, ask };
}

/** Who has answered, and what. */
const outcomeOf = ({ status, headers }: Answer) =>
  headers['x-app'] === undefined ? String(status) : 'the app';

describe.each(MOUNTS)('an endpoint %s', (_where, mount) => {
  it.each(SPELLINGS)('has no way past its gate by %s', async (spelling) => {
    const { ran, mcp, ask } = await guardedApp(mount);
    for (const route of ROUTES) {
      const target = written(spelling, route);
      for (const method of METHODS) {
        const outcome = outcomeOf(await ask(method, target));
        expect(['401', 'the app'], `${method} ${target}: ${outcome}`).toContain(outcome);
      }
    }
    expect([ran, await mcp.mcp.sessions.count()]).toEqual([[], 0]);
  });
});

it('lets a preflight through, which does nothing', async () => {
  const { ran, ask } = await guardedApp((app, mcp) => app.use('/api', mcp));
  for (const path of ['/api/mcp', '/api/MCP/', '/api/sse', '/api/messages']) {
    const answer = await ask('OPTIONS', path, {
      headers: {
        Origin: 'http://localhost:5173',
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization',
      },
      body: JSON.stringify({ ...WHO, params: { name: 'run' } }),
    });
    expect([path, answer.status, answer.text]).toEqual([path, 204, '']);
  }
  expect(ran).toEqual([]);
});

it('opens to a token where it asked for one: the spellings above are not all nobody’s', async () => {
  const { ask } = await guardedApp((app, mcp) => app.use('/api', mcp));
  const served: string[] = [];
  for (const spelling of SPELLINGS) {
    const target = written(spelling, 'mcp');
    const asked = outcomeOf(await ask('PUT', target));
    const admitted = outcomeOf(await ask('PUT', target, { headers: BEARER }));
    expect([target, admitted]).toEqual([target, asked === '401' ? '405' : 'the app']);
    if (asked === '401') served.push(spelling);
  }
  const certain = ['/api/{}', '/api/{}/', '/API/{}', 'http://mcp.example.com/api/{}'];
  expect(served).toEqual(expect.arrayContaining(certain));
});
