/**
 * Sessions behind a gate: whose they are, and for how long (DESIGN §6, SEC-11, SEC-15).
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import {
  jwtAuth,
  type McpRouterOptions,
  mcpRouter,
  type ServerFactory,
  wellKnownRouter,
} from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BASE_URL, curious, RESOURCE } from '../support/guarded.js';
import { TestIssuer } from '../support/issuer.js';
import { listen } from '../support/listen.js';
import { RawClient } from '../support/raw-client.js';
import { type Answer, JSON_HEADERS, send } from '../support/raw-request.js';
import { text, told } from '../support/tool-result.js';

async function start(server: McpServer | ServerFactory, options: McpRouterOptions = {}) {
  const issuer = await TestIssuer.start();
  const auth = jwtAuth({ issuer: issuer.url });
  const router = mcpRouter(server, { auth, baseUrl: BASE_URL, ...options });
  onTestFinished(() => router.mcp.close());
  const url = `${await listen(express().use(wellKnownRouter(router)).use('/api', router))}/api/mcp`;
  const bearer = async (claims: Record<string, unknown>) => ({
    Authorization: `Bearer ${await issuer.token(RESOURCE, { claims })}`,
  });
  const client = async (headers: Record<string, string>) => {
    const connected = await RawClient.connect(url, { headers });
    onTestFinished(() => connected.close());
    return connected;
  };
  return { issuer, router, url, bearer, client };
}

const subjectIn = async (client: RawClient): Promise<unknown> => {
  const { value } = told(await client.callTool('who').response);
  return (value as { extra?: { sub?: unknown } }).extra?.sub;
};

/** All of an answer but the date. */
const bytesOf = ({ status, headers: { date: _date, ...headers }, text: body }: Answer) => ({
  status,
  headers,
  body,
});

const LIST = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/list' });

describe.each([
  ['random', {}],
  ['sealed', { secret: 's'.repeat(32) }],
])('a session with a %s id', (_kind, options) => {
  it('goes on with the next token of the same user', async () => {
    const { bearer, client } = await start(curious(), options);
    const first = await bearer({ jti: 'first' });
    const ada = await client(first);
    expect(await subjectIn(ada)).toBe('ada');
    Object.assign(first, await bearer({ jti: 'second', scope: 'more' }));
    const { value } = told(await ada.callTool('who').response);
    expect(value).toMatchObject({ scopes: ['more'], extra: { sub: 'ada' } });
  });

  it.each<[string, Record<string, unknown>]>([
    ['another user', { sub: 'bob' }],
    ['the same user at another client', { client_id: 'other' }],
  ])('does not exist for %s: 404 to the byte', async (_name, claims) => {
    const { url, bearer, client } = await start(curious(), options);
    const ada = await client(await bearer({}));
    const listening = await ada.listen();
    const stranger = await bearer(claims);
    const unknown = `${ada.sessionId?.slice(0, -6)}AAAAAA`;
    for (const method of ['POST', 'GET', 'DELETE']) {
      const ask = async (id: string | undefined) =>
        bytesOf(
          await send(url, {
            method,
            headers: { ...JSON_HEADERS, ...stranger, 'Mcp-Session-Id': id, 'Last-Event-ID': 'x' },
            body: method === 'POST' ? LIST : undefined,
          }),
        );
      const nothing = await ask(unknown);
      expect(nothing.status).toBe(404);
      expect(await ask(ada.sessionId)).toEqual(nothing);
    }
    expect(await subjectIn(ada)).toBe('ada');
    listening.close();
  });

  it('does not let in its own user without a token, or with an expired one', async () => {
    const { url, bearer, client } = await start(curious(), options);
    const ada = await client(await bearer({}));
    for (const headers of [{}, await bearer({ exp: 1 })]) {
      const sent = { ...JSON_HEADERS, ...headers, 'Mcp-Session-Id': ada.sessionId };
      expect((await send(url, { headers: sent, body: LIST })).status).toBe(401);
    }
  });
});

it('two users who alternate see only themselves, in 1 000 calls of one shared server', async () => {
  const { bearer, client } = await start(curious());
  const clients = [await client(await bearer({})), await client(await bearer({ sub: 'bob' }))];
  const seen = new Map([
    ['ada', 0],
    ['bob', 0],
  ]);
  for (let call = 0; call < 500; call += 1) {
    const [ada, bob] = await Promise.all(clients.map(subjectIn));
    if (ada === 'ada') seen.set('ada', (seen.get('ada') ?? 0) + 1);
    if (bob === 'bob') seen.set('bob', (seen.get('bob') ?? 0) + 1);
  }
  expect(Object.fromEntries(seen)).toEqual({ ada: 500, bob: 500 });
});

it('a factory builds a server for each user, and is told who it is', async () => {
  const { bearer, client } = await start(({ authInfo }) => {
    const server = new McpServer({ name: 'own', version: '1.0.0' });
    server.registerTool('who', {}, () => text({ extra: { sub: authInfo?.extra?.sub } }));
    return server;
  });
  const [ada, bob] = [await client(await bearer({})), await client(await bearer({ sub: 'bob' }))];
  for (let call = 0; call < 20; call += 1) {
    expect(await Promise.all([subjectIn(ada), subjectIn(bob)])).toEqual(['ada', 'bob']);
  }
});

it('a principal’s limit of sessions is the user’s, whatever the token', async () => {
  const { bearer, client, router } = await start(curious(), { session: { perPrincipal: 2 } });
  for (const jti of ['1', '2', '3', '4']) await client(await bearer({ jti }));
  await client(await bearer({ sub: 'bob' }));
  expect(await router.mcp.sessions.count()).toBe(3);
});
