/**
 * The official clients' own way in: from 401 to a tool's result, with nothing but the endpoint's URL, at a
 * real authorization server, wherever the endpoint is mounted (DESIGN §3, §6; RFC 9728 §5; RFC 8707).
 *
 * @module
 */
import express, { type Express, Router } from 'express';
import type { McpRouter, McpRouterOptions } from 'express-mcp-router';
import { jwtAuth, mcpRouter, wellKnownRouter } from 'express-mcp-router';
import helmet from 'helmet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { curious } from '../support/guarded.js';
import { listen } from '../support/listen.js';
import { hasNginx, nginx } from '../support/nginx.js';
import { GENERATIONS, logInAndConnect } from '../support/official-clients.js';
import { KNOWN, type PeopleIssuer, peopleIssuer } from '../support/people-issuer.js';
import { Person } from '../support/person.js';

/** Where an endpoint may be. */
interface Place {
  readonly where: string;
  readonly base: string;
  readonly mount: (app: Express, router: McpRouter) => Express;
  readonly options?: McpRouterOptions;
  /** Puts something before the app; returns the public origin. */
  readonly front?: (app: string) => Promise<string>;
}

const AT_API: Place = { where: '/api', base: '/api', mount: (app, mcp) => app.use('/api', mcp) };

const PLACES: readonly Place[] = [
  { where: 'the root', base: '', mount: (app, mcp) => app.use(mcp) },
  AT_API,
  { where: '/api/', base: '/api/', mount: (app, mcp) => app.use('/api/', mcp) },
  {
    where: '/outer/inner/v1/mcp',
    base: '/outer/inner',
    mount: (app, mcp) => app.use('/outer', Router().use('/inner', mcp)),
    options: { mcpPath: '/v1/mcp' },
  },
];

const BEHIND_NGINX: Place = {
  ...AT_API,
  base: '/edge/api',
  options: { proxyPrefix: '/edge' },
  front: (app) =>
    nginx(`
      location /edge/ { proxy_pass ${app}/; proxy_set_header Host $host; }
      location /.well-known/ { proxy_pass ${app}; }
    `),
};

const CLIENTS = [
  { which: 'that registers itself', client: undefined },
  { which: 'that is registered', client: KNOWN.public },
  { which: 'that is registered with a secret', client: KNOWN.confidential },
] as const;

/** A protected endpoint in an app as they are; anything but its documents and itself is a page. */
async function protectedAt(place: Place, known?: PeopleIssuer) {
  const app = express();
  const inside = await listen(app);
  const origin = (await place.front?.(inside)) ?? inside;
  const issuer = known ?? (await peopleIssuer());
  const mcp = mcpRouter(curious(), {
    baseUrl: origin + place.base,
    auth: jwtAuth({ issuer: issuer.url }),
    requiredScopes: ['mcp'],
    ...place.options,
  });
  onTestFinished(() => mcp.mcp.close());
  const { url = '' } = mcp.mcp;
  issuer.resources.add(url);
  app.use(helmet(), express.json(), express.urlencoded({ extended: true }), wellKnownRouter(mcp));
  place.mount(app, mcp).use((_req, res) => void res.send('<!doctype html><title>The app</title>'));
  return { url, issuer };
}

const FLOWS = GENERATIONS.flatMap((generation) =>
  CLIENTS.map((client) => ({ sdk: generation.name, generation, ...client })),
);

/** Follows the whole way, and checks where it led. */
async function follow({ generation, client }: (typeof FLOWS)[number], place: Place) {
  const { url, issuer } = await protectedAt(place);
  const ada = new Person(client && { ...client, issuer: issuer.url });
  const { call } = await logInAndConnect(generation, url, ada);
  expect(await call('who')).toMatchObject({
    scopes: ['mcp'],
    clientId: client?.client_id ?? expect.any(String),
    extra: { iss: issuer.url, sub: 'ada', claims: { aud: url } },
  });
  const [asked] = ada.sentTo;
  expect(asked?.origin).toBe(issuer.url);
  expect(asked?.searchParams.get('resource')).toBe(url);
  expect(asked?.searchParams.get('scope')).toContain('mcp');
  expect(issuer.asked.includes('POST /reg')).toBe(client === undefined);
}

describe.each(FLOWS)('the client of $sdk $which', (flow) => {
  it.each(PLACES)('gets from 401 to a result at $where', (place) => follow(flow, place));

  it.skipIf(!hasNginx)('gets there behind an nginx that strips a prefix', () =>
    follow(flow, BEHIND_NGINX),
  );
});

describe.each(GENERATIONS)('$name', (generation) => {
  it('gets a token by auth() alone, and needs no login for the next client', async () => {
    const { url } = await protectedAt(AT_API);
    const ada = new Person();
    expect(await generation.auth(url, ada)).toBe('REDIRECT');
    expect(await generation.auth(url, ada, await ada.logIn())).toBe('AUTHORIZED');
    const client = generation.client(url, ada);
    await client.connect();
    expect(await client.call('who')).toMatchObject({ extra: { sub: 'ada' } });
    expect(ada.sentTo).toHaveLength(1);
  });

  it('renews a token that is refused, and its session goes on', async () => {
    const { url, issuer } = await protectedAt(AT_API);
    const ada = new Person();
    const client = await logInAndConnect(generation, url, ada);
    const { sessionId } = client;
    const { access_token: before } = ada.tokens() ?? {};
    ada.saveTokens({ ...ada.tokens(), access_token: `${before}x`, token_type: 'Bearer' });
    const { token } = (await client.call('who')) as { token: string };
    expect([before, `${before}x`]).not.toContain(token);
    expect([client.sessionId, sessionId]).toEqual([sessionId, expect.any(String)]);
    expect(ada.sentTo).toHaveLength(1);
    expect(issuer.asked.filter((request) => request === 'POST /token')).toHaveLength(2);
  });

  it('gets nowhere with a token for the endpoint next door', async () => {
    const here = await protectedAt(AT_API);
    const there = await protectedAt(AT_API, here.issuer);
    const ada = new Person();
    await logInAndConnect(generation, here.url, ada);
    const mallory = new Person();
    const token = ada.tokens()?.access_token ?? '';
    mallory.saveTokens({ access_token: token, token_type: 'Bearer', issuer: there.issuer.url });
    await expect(generation.client(there.url, mallory).connect()).rejects.toBeInstanceOf(
      generation.Unauthorized,
    );
  });
});
