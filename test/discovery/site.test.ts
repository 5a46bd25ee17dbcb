/**
 * What is answered at which address of a host with several endpoints, protected and open.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { Site } from '../../lib/discovery/site.js';
import type { McpRouterOptions } from '../../lib/options.js';
import { placeOf } from '../../lib/places.js';
import { ownGate, remoteGate } from '../support/gates.js';
import { optionErrorOf } from '../support/thrown.js';
import { discoverable } from './endpoints.js';

const H = 'https://h.example.com';
const IDP = 'https://login.example.com/';
const PR = '/.well-known/oauth-protected-resource';
const AS = '/.well-known/oauth-authorization-server';
const OIDC = '/.well-known/openid-configuration';

const siteOf = (...endpoints: McpRouterOptions[]) => new Site(endpoints.map(discoverable));

/** `resource` or `issuer` of the document, `none`, or undefined for somebody else's address. */
function at(site: Site, target: string): unknown {
  const found = site.find(placeOf(target));
  if (found?.kind !== 'document') return found?.kind;
  const { resource, issuer } = JSON.parse(found.json);
  return resource ?? issuer;
}

const REMOTE = { baseUrl: `${H}/api`, auth: remoteGate(IDP) };
const OWN = { baseUrl: `${H}/own`, auth: ownGate() };
const OPEN = { baseUrl: `${H}/open` };

describe('one host with a remote, an own and no authorization server', () => {
  const site = siteOf(REMOTE, OWN, OPEN);

  it.each([
    [`${PR}/api/mcp`, `${H}/api/mcp`],
    [`${PR}/own/mcp`, `${H}/own/mcp`],
    [`${AS}/own`, `${H}/own`],
    [`${OIDC}/own`, `${H}/own`],
    [`${PR}/api/mcp/`, `${H}/api/mcp`],
    [`${PR}/API/mcp?x=/y`, `${H}/api/mcp`],
    [`/.well-known//oauth-protected-resource/api/mcp`, `${H}/api/mcp`],
    [`http://evil.example${PR}/api/mcp`, `${H}/api/mcp`],
  ])('has a document at %s', (target, about) => {
    expect(at(site, target)).toBe(about);
  });

  it.each([
    `${PR}/open/mcp`,
    `${PR}/open/mcp/more`,
    `${AS}/open/mcp`,
    `${OIDC}/open/mcp`,
    `${AS}/api/mcp`,
    `${OIDC}/api/mcp/more`,
    `/.well-known/oauth-client/api/mcp`,
    `/open/mcp${OIDC}`,
    `/open/mcp${PR}`,
    `/api/mcp${AS}/more`,
  ])('says that nothing is at %s', (target) => {
    expect(at(site, target)).toBe('none');
  });

  it.each([
    PR,
    AS,
    OIDC,
    `${PR}/api`,
    `${PR}/apix/mcp`,
    `${PR}/api/mcpx`,
    `${PR}/elsewhere/mcp`,
    `${AS}/api`,
    `${AS}/own/mcpx`,
    `/own${OIDC}`,
    `/own${OIDC}/more`,
    '/.well-known/security.txt',
    '/.well-known/acme-challenge/token',
    '/.well-known/oauthx/api/mcp',
    '/.well-known/openid-configurationx/api/mcp',
    '/.well-known/api/mcp',
    '/.well-known/',
    '/api/mcp',
    '/api/mcp/.well-known/security.txt',
    '/elsewhere/.well-known/oauth-protected-resource/api/mcp',
    '/',
  ])('leaves %s to the app', (target) => {
    expect(at(site, target)).toBeUndefined();
  });
});

describe('an endpoint that is all of its host', () => {
  it('has its document at the bare address', () => {
    expect(at(siteOf({ baseUrl: H, mcpPath: '/', auth: remoteGate(IDP) }), PR)).toBe(H);
  });

  it('claims nothing else, and nothing at all when it is open', () => {
    const site = siteOf({ baseUrl: H, mcpPath: '/', auth: remoteGate(IDP) });
    for (const target of [AS, OIDC, `${PR}/other`]) expect(at(site, target)).toBeUndefined();
    expect(at(siteOf({ baseUrl: H, mcpPath: '/' }), PR)).toBeUndefined();
  });
});

it('leaves what is behind an endpoint that is all of its mount to mcpRouter', () => {
  const site = siteOf({ baseUrl: `${H}/api/mcp`, mcpPath: '/', auth: ownGate() });
  expect(at(site, `/api/mcp${OIDC}`)).toBeUndefined();
});

describe('tenants', () => {
  const site = siteOf({ baseUrl: `${H}/t/:tenant`, auth: ownGate() });

  it.each([
    [`${PR}/t/acme/mcp`, `${H}/t/acme/mcp`],
    [`${PR}/t/ACME/mcp`, `${H}/t/ACME/mcp`],
    [`${PR}/t/b%20c/mcp`, `${H}/t/b%20c/mcp`],
    [`${PR}/t/%61cme/mcp`, `${H}/t/acme/mcp`],
    [`${PR}/t/a%2Fb/mcp`, `${H}/t/a%2Fb/mcp`],
    [`${PR}/t/%22%3E%0A/mcp`, `${H}/t/%22%3E%0A/mcp`],
    [`${PR}/t/:tenant/mcp`, `${H}/t/:tenant/mcp`],
    [`${AS}/t/acme`, `${H}/t/acme`],
    [`${OIDC}/t/acme`, `${H}/t/acme`],
  ])('have their own document at %s', (target, about) => {
    expect(at(site, target)).toBe(about);
  });

  it.each([
    `${PR}/t`,
    `${PR}/t/acme`,
    `${PR}/t/a/b/mcp`,
    `${PR}/t/acme/mcp/more`,
    `${PR}/t/../mcp`,
    `${PR}/t/%2e%2e/mcp`,
    `${PR}/t/%zz/mcp`,
    `${PR}/t/%ff/mcp`,
    `${AS}/t/acme/mcp`,
    `/t/acme/mcp${OIDC}`,
  ])('have none at %s, and it is said', (target) => {
    expect(at(site, target)).toBe('none');
  });

  it.each([`${PR}/x/acme/mcp`, `/t/acme${OIDC}`, PR])('leave %s to the app', (target) => {
    expect(at(site, target)).toBeUndefined();
  });

  it('yield to an endpoint that is named, protected or open', () => {
    const named = { baseUrl: `${H}/t/named`, auth: remoteGate(IDP), resourceName: 'named' };
    const tenants = { baseUrl: `${H}/t/:tenant`, auth: remoteGate(IDP) };
    const mixed = siteOf(tenants, named, { baseUrl: `${H}/t/public` });
    expect(JSON.stringify(mixed.find(`${PR}/t/named/mcp`))).toContain('resource_name');
    expect(at(mixed, `${PR}/t/public/mcp`)).toBe('none');
    expect(at(mixed, `${PR}/t/acme/mcp`)).toBe(`${H}/t/acme/mcp`);
  });

  it('at the root of a host claim their own shape and nothing else', () => {
    const atRoot = siteOf({ baseUrl: `${H}/:tenant`, auth: remoteGate(IDP) });
    expect(at(atRoot, `${PR}/acme/mcp`)).toBe(`${H}/acme/mcp`);
    expect(at(atRoot, `${PR}/%zz/mcp`)).toBe('none');
    expect(at(atRoot, `${PR}/acme/other`)).toBeUndefined();
  });
});

describe('behind a proxy that strips a prefix', () => {
  const site = siteOf({ baseUrl: `${H}/edge/api`, proxyPrefix: '/edge', auth: ownGate() });

  it('documents stay at their public addresses', () => {
    expect(at(site, `${PR}/edge/api/mcp`)).toBe(`${H}/edge/api/mcp`);
    expect(at(site, `${AS}/edge/api`)).toBe(`${H}/edge/api`);
    expect(at(site, `${PR}/api/mcp`)).toBeUndefined();
  });

  it('probes behind the endpoint are known with and without it', () => {
    for (const path of ['/edge/api/mcp', '/api/mcp']) expect(at(site, path + OIDC)).toBe('none');
  });
});

describe('rootAliases', () => {
  const asking = { ...REMOTE, rootAliases: true };

  it('put the documents of one endpoint at the bare addresses', () => {
    const site = siteOf({ ...OWN, rootAliases: true }, REMOTE);
    expect([PR, AS, OIDC].map((path) => at(site, path))).toEqual([
      `${H}/own/mcp`,
      `${H}/own`,
      `${H}/own`,
    ]);
    expect(site.refusedAliases).toEqual([]);
  });

  it('do not re-issue an issuer of somebody else from our origin', () => {
    const site = siteOf(asking);
    expect([PR, AS, OIDC].map((path) => at(site, path))).toEqual([
      `${H}/api/mcp`,
      undefined,
      undefined,
    ]);
  });

  it('never take the place of a document that belongs there', () => {
    const root = { baseUrl: H, mcpPath: '/', auth: ownGate() };
    const site = siteOf({ ...OWN, rootAliases: true }, root);
    expect([PR, AS, OIDC].map((path) => at(site, path))).toEqual([H, H, H]);
  });

  it.each<[string, McpRouterOptions[], string[]]>([
    [
      'two endpoints ask',
      [asking, { ...OWN, rootAliases: true }],
      [`${H}/api/mcp`, `${H}/own/mcp`],
    ],
    ['an open endpoint is beside it (RFC 9728 §3.3)', [asking, OPEN], [`${H}/api/mcp`]],
    ['an open endpoint has no URL', [asking, { mcpPath: '/x' }], [`${H}/api/mcp`]],
    ['it has many tenants', [{ ...asking, baseUrl: `${H}/:t` }], [`${H}/:t/mcp`]],
    ['it has no documents itself', [{ ...OPEN, rootAliases: true }], [`${H}/open/mcp`]],
  ])('are refused when %s', (_when, endpoints, refused) => {
    const site = siteOf(...endpoints);
    expect([PR, AS, OIDC].map((path) => at(site, path))).toEqual([undefined, undefined, undefined]);
    expect(site.refusedAliases).toEqual(refused);
  });

  it('count an endpoint that is given twice as one', () => {
    expect(at(siteOf(asking, asking), PR)).toBe(`${H}/api/mcp`);
  });
});

describe('answerUnknownProbes', () => {
  const site = siteOf({ ...REMOTE, answerUnknownProbes: true }, OPEN);

  it.each([PR, AS, OIDC, `${PR}/elsewhere`, `${OIDC}/x/y`, '/.well-known/oauth-client'])(
    'says that nothing is at %s',
    (target) => expect(at(site, target)).toBe('none'),
  );

  it.each(['/.well-known/security.txt', `/elsewhere${OIDC}`, '/.well-known/openid-federation'])(
    'still leaves %s to the app',
    (target) => expect(at(site, target)).toBeUndefined(),
  );
});

describe('two endpoints that need different answers at one address', () => {
  it.each<[string, McpRouterOptions[]]>([
    ['one with auth and one without', [REMOTE, { baseUrl: `${H}/api` }]],
    ['one without auth and one with', [{ baseUrl: `${H}/api` }, REMOTE]],
    ['other authorization servers', [REMOTE, { ...REMOTE, auth: remoteGate('https://b.example') }]],
    ['other hosts', [REMOTE, { ...REMOTE, baseUrl: 'https://other.example/api' }]],
    [
      'one issuer, two bases',
      [
        { ...OWN, issuerUrl: H },
        { baseUrl: `${H}/two`, issuerUrl: H, auth: ownGate() },
      ],
    ],
    [
      'two names of one parameter',
      [
        { baseUrl: `${H}/t/:a`, auth: remoteGate(IDP) },
        { baseUrl: `${H}/t/:b`, auth: remoteGate(IDP) },
      ],
    ],
  ])('are refused: %s', (_what, endpoints) => {
    expect(optionErrorOf(() => siteOf(...endpoints))).toMatch(
      /^wellKnownRouter: expected one answer at \/\.well-known\//,
    );
  });

  it.each<[string, McpRouterOptions[]]>([
    ['the same endpoint twice', [REMOTE, REMOTE, OPEN, OPEN]],
    ['two endpoints of one own server', [OWN, { ...OWN, mcpPath: '/other' }]],
    [
      'the same tenants twice',
      [
        { ...REMOTE, baseUrl: `${H}/:t` },
        { ...REMOTE, baseUrl: `${H}/:t` },
      ],
    ],
  ])('are not: %s', (_what, endpoints) => {
    expect(() => siteOf(...endpoints)).not.toThrow();
  });
});
