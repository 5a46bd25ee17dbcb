/**
 * The discovery documents of one endpoint: where each is, and what it says (RFC 9728 §2, RFC 8414 §2).
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import {
  documentBehindIssuer,
  isDocumented,
  protectedResourceMetadata,
} from '../../lib/discovery/documents.js';
import type { McpRouterOptions } from '../../lib/options.js';
import { bareGate, ownGate, remoteGate } from '../support/gates.js';
import { discoverable, documented, documentsByPath } from './endpoints.js';

const IDP = 'https://login.example.com/';
const H = 'https://h.example.com';

const resourceOf = (options: McpRouterOptions, params = {}) =>
  protectedResourceMetadata(documented(options), params);

describe('an endpoint has documents', () => {
  it.each<[string, McpRouterOptions, boolean]>([
    ['when its gate trusts an authorization server', { auth: remoteGate(IDP) }, true],
    ['when its gate is one', { auth: ownGate() }, true],
    ['not when its gate has none', { auth: bareGate() }, false],
    ['not when it is open on purpose', { auth: false }, false],
    ['not when it is open', {}, false],
  ])('%s (DESIGN §6)', (_when, options, expected) => {
    expect(isDocumented(discoverable({ baseUrl: H, ...options }))).toBe(expected);
  });
});

describe('the paths of the documents (DESIGN §3)', () => {
  const root = '/.well-known/oauth-protected-resource';
  const own = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'];

  it.each<[McpRouterOptions, string, string]>([
    [{ baseUrl: H }, '/mcp', ''],
    [{ baseUrl: `${H}/` }, '/mcp', ''],
    [{ baseUrl: `${H}/api` }, '/api/mcp', '/api'],
    [{ baseUrl: `${H}/api/` }, '/api/mcp', '/api'],
    [{ baseUrl: `${H}/outer/inner`, mcpPath: '/v1/mcp' }, '/outer/inner/v1/mcp', '/outer/inner'],
    [{ baseUrl: `${H}/api`, mcpPath: '/' }, '/api', '/api'],
    [{ baseUrl: H, mcpPath: '/' }, '', ''],
    [{ baseUrl: `${H}/api`, issuerUrl: H }, '/api/mcp', ''],
    [{ baseUrl: `${H}/api`, issuerUrl: `${H}/id/` }, '/api/mcp', '/id'],
    [{ baseUrl: `${H}/api`, resourceBaseUrl: 'https://r.example.com' }, '/mcp', '/api'],
    [{ baseUrl: `${H}/t/:tenant` }, '/t/:tenant/mcp', '/t/:tenant'],
    [{ baseUrl: `${H}/edge/api`, proxyPrefix: '/edge' }, '/edge/api/mcp', '/edge/api'],
  ])('%o: %s and %s', (options, resource, issuer) => {
    const paths = Object.keys(documentsByPath({ ...options, auth: ownGate() }));
    expect(paths).toEqual([root + resource, ...own.map((path) => path + issuer)]);
  });

  it('are that of the resource alone when the authorization server is somebody else’s', () => {
    const paths = Object.keys(documentsByPath({ baseUrl: `${H}/api`, auth: remoteGate(IDP) }));
    expect(paths).toEqual([`${root}/api/mcp`]);
  });
});

describe('the metadata of a resource', () => {
  it('says what a token is for and where it can be had (A1)', () => {
    expect(resourceOf({ baseUrl: `${H}/api`, auth: remoteGate(IDP) })).toEqual({
      resource: `${H}/api/mcp`,
      authorization_servers: [IDP],
      bearer_methods_supported: ['header'],
    });
  });

  it.each([
    ['https://login.example.com'],
    ['https://login.example.com/'],
    ['HTTPS://Login.Example.com:443/a%2fb/'],
    ['https://one.example.com', 'https://two.example.com/', 'https://one.example.com'],
  ])('repeats the issuers of others byte for byte, each once: %s', (...issuers) => {
    const { authorization_servers } = resourceOf({ baseUrl: H, auth: remoteGate(...issuers) });
    expect(authorization_servers).toEqual([...new Set(issuers)]);
  });

  it('names our own server first, then those that are trusted besides', () => {
    const options = { baseUrl: `${H}/api/`, auth: ownGate(IDP) };
    expect(resourceOf(options).authorization_servers).toEqual([`${H}/api`, IDP]);
  });

  it('is about the public resource when its base is another', () => {
    const options = { baseUrl: `${H}/api`, resourceBaseUrl: 'https://r.example.com/v1/' };
    expect(resourceOf({ ...options, auth: ownGate() })).toMatchObject({
      resource: 'https://r.example.com/v1/mcp',
      authorization_servers: [`${H}/api`],
    });
  });

  it('tells people what it is', () => {
    const options = {
      baseUrl: H,
      auth: remoteGate(IDP),
      resourceName: 'Tools of “Example”',
      resourceDocumentation: new URL('https://docs.example.com/mcp'),
    };
    expect(resourceOf(options)).toMatchObject({
      resource_name: 'Tools of “Example”',
      resource_documentation: 'https://docs.example.com/mcp',
    });
  });

  it.each<[McpRouterOptions, string[] | undefined]>([
    [{ auth: remoteGate(IDP) }, undefined],
    [{ auth: { ...remoteGate(IDP), scopesSupported: ['a', 'b'] } }, ['a', 'b']],
    [{ auth: remoteGate(IDP), requiredScopes: ['c'] }, ['c']],
    [{ auth: ownGate(), requiredScopes: ['c'] }, ['read']],
    [{ auth: ownGate() }, ['read']],
    [{ auth: ownGate(), scopesSupported: ['write'] }, ['write']],
    [{ auth: ownGate(), scopesSupported: [] }, []],
  ])('names the scopes worth asking for, never offline_access (A10): %o', (options, scopes) => {
    expect(resourceOf({ baseUrl: H, ...options }).scopes_supported).toEqual(scopes);
  });

  it('is per tenant, with the same name of the tenant wherever it appears', () => {
    const options = { baseUrl: `${H}/t/:tenant`, auth: ownGate(IDP) };
    expect(resourceOf(options, { tenant: 'b c/d' })).toMatchObject({
      resource: `${H}/t/b%20c%2Fd/mcp`,
      authorization_servers: [`${H}/t/b%20c%2Fd`, IDP],
    });
  });
});

describe('the metadata of our own authorization server', () => {
  const issuerOf = (options: McpRouterOptions, params = {}) => {
    const [resource, oauth, openid] = Object.values(
      documentsByPath({ ...options, auth: ownGate() }),
    );
    expect(oauth?.metadata(params)).toEqual(openid?.metadata(params));
    const { issuer, token_endpoint } = oauth?.metadata(params) ?? {};
    expect(resource?.metadata(params).authorization_servers).toEqual([issuer]);
    return { issuer, token_endpoint };
  };

  it.each<[McpRouterOptions, string, string]>([
    [{ baseUrl: `${H}/` }, H, H],
    [{ baseUrl: `${H}/api/` }, `${H}/api`, `${H}/api`],
    [{ baseUrl: `${H}/api`, issuerUrl: `${H}/` }, H, `${H}/api`],
    [
      { baseUrl: `${H}/api`, issuerUrl: 'https://id.example.com/x/' },
      'https://id.example.com/x',
      `${H}/api`,
    ],
  ])(
    '%o: one issuer without a trailing slash everywhere, endpoints under the base (B2)',
    (options, issuer, base) => {
      expect(issuerOf(options)).toEqual({ issuer, token_endpoint: `${base}/token` });
    },
  );

  it('is per tenant too', () => {
    expect(issuerOf({ baseUrl: `${H}/t/:tenant` }, { tenant: 'acme' })).toEqual({
      issuer: `${H}/t/acme`,
      token_endpoint: `${H}/t/acme/token`,
    });
  });

  it('has our issuer, whatever the gate writes into it', () => {
    const auth = { ...ownGate(), ownServer: { metadata: () => ({ issuer: `${H}/`, a: 1 }) } };
    const [, oauth] = Object.values(documentsByPath({ baseUrl: H, auth }));
    expect(oauth?.metadata({})).toEqual({ issuer: H, a: 1 });
  });

  it.each<[McpRouterOptions, string | undefined]>([
    [{ baseUrl: `${H}/api`, auth: ownGate() }, '/api/.well-known/openid-configuration'],
    [{ baseUrl: `${H}/t/:tenant`, auth: ownGate() }, '/t/:tenant/.well-known/openid-configuration'],
    [{ baseUrl: H, auth: ownGate() }, '/.well-known/openid-configuration'],
    [{ baseUrl: `${H}/api`, issuerUrl: H, auth: ownGate() }, undefined],
    [{ baseUrl: `${H}/api`, auth: remoteGate(IDP) }, undefined],
  ])('is behind the issuer when that is the base (OpenID Discovery §4): %o', (options, path) => {
    expect(documentBehindIssuer(documented(options))?.path).toBe(path);
  });
});
