/**
 * Options of gates: what is refused when a gate, or the endpoint behind it, is built.
 *
 * @module
 */
import { generateKeyPairSync } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  customAuth,
  fromRequest,
  introspectionAuth,
  jwtAuth,
  type McpRouterOptions,
  mcpRouter,
  staticTokens,
} from 'express-mcp-router';
import { describe, expect, it } from 'vitest';
import { optionErrorOf } from '../support/thrown.js';

const ISSUER = 'https://as.example.com';
const SECRET = 'hunter2-hunter2-hunter2-hunter2-hunter2';
const rsa = (bits: number) => generateKeyPairSync('rsa', { modulusLength: bits });
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PEM = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const PRIVATE_PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

describe('jwtAuth refuses', () => {
  it.each<[unknown, string]>([
    [undefined, 'jwtAuth: expected an object'],
    [ISSUER, 'jwtAuth: expected an object'],
    [{}, 'jwtAuth: expected either issuer or issuers, got neither'],
    [{ issuer: ISSUER, issuers: [ISSUER] }, 'jwtAuth: expected either issuer or issuers, got both'],
    [{ issuers: [ISSUER], secret: SECRET }, 'jwtAuth: expected either issuer or issuers, got both'],
    [{ issuers: [] }, 'jwtAuth.issuers: expected an array'],
    [{ issuers: ISSUER }, 'jwtAuth.issuers: expected an array'],
    [{ issuers: [5] }, 'jwtAuth.issuers.0: expected an object'],
    [{ issuers: [{}] }, 'jwtAuth.issuers.0.issuer: expected a text'],
    [{ issuers: [ISSUER, ISSUER] }, 'jwtAuth.issuers: expected each issuer once'],
    [{ issuers: [{ issuer: ISSUER, jwksUrl: ISSUER }] }, 'Did you mean "jwksUri"?'],
    [{ issuerBaseURL: ISSUER }, 'jwtAuth: unknown option "issuerBaseURL"'],
    [{ issuer: 5 }, 'jwtAuth.issuer: expected a text, got 5'],
    [{ issuer: '' }, 'jwtAuth.issuer: expected a text'],
    [{ issuer: 'as.example.com' }, 'jwtAuth.issuer: expected a URL'],
    [{ issuer: 'http://as.example.com' }, 'jwtAuth.issuer: expected an https URL'],
    [{ issuer: 'http://10.0.0.1' }, 'jwtAuth.issuer: expected an https URL'],
    [{ issuer: `${ISSUER}?a=1` }, 'jwtAuth.issuer: expected a URL without query'],
    [
      { issuer: 'https://me:hunter2@as.example.com' },
      'jwtAuth.issuer: expected a URL without cred',
    ],
    [{ issuer: ISSUER, jwksUri: '/jwks' }, 'jwtAuth.jwksUri: expected a URL'],
    [
      { issuer: ISSUER, jwksUri: 'http://as.example.com/jwks' },
      'jwtAuth.jwksUri: expected an https',
    ],
    [{ issuer: ISSUER, jwksUri: `${ISSUER}/jwks#x` }, 'jwtAuth.jwksUri: expected a URL'],
    [
      { issuer: ISSUER, jwksUri: ISSUER, publicKey: PEM },
      'jwtAuth: expected one of jwksUri, publicK',
    ],
    [
      { issuer: ISSUER, secret: SECRET, publicKey: PEM },
      'jwtAuth: expected one of jwksUri, publicK',
    ],
    [{ issuer: ISSUER, publicKey: 'hunter2' }, 'jwtAuth.publicKey: expected PEM'],
    [{ issuer: ISSUER, publicKey: PRIVATE_PEM }, 'jwtAuth.publicKey: expected PEM'],
    [
      { issuer: ISSUER, publicKey: privateKey.export({ format: 'jwk' }) },
      'jwtAuth.publicKey: expected PEM',
    ],
    [
      { issuer: ISSUER, publicKey: { kty: 'oct', k: 'c2VjcmV0' } },
      'jwtAuth.publicKey: expected PEM',
    ],
    [{ issuer: ISSUER, publicKey: { keys: [] } }, 'jwtAuth.publicKey: expected a set'],
    [
      { issuer: ISSUER, publicKey: rsa(1024).publicKey.export({ format: 'jwk' }) },
      'jwtAuth.publicKey: expected PEM',
    ],
    [{ issuer: ISSUER, secret: 'hunter2' }, 'jwtAuth.secret: expected at least 32 bytes for HS256'],
    [{ issuer: ISSUER, secret: 5 }, 'jwtAuth.secret: expected a text, got number'],
    [
      { issuer: ISSUER, secret: SECRET, algorithms: ['HS512'] },
      'jwtAuth.secret: expected at least 64 bytes for HS512, got 39 bytes',
    ],
    [
      { issuer: ISSUER, secret: SECRET, algorithms: ['RS256'] },
      'jwtAuth.algorithms: expected one of',
    ],
    [{ issuer: ISSUER, algorithms: ['HS256'] }, 'jwtAuth.algorithms: expected one of RS256'],
    [{ issuer: ISSUER, algorithms: ['none'] }, 'jwtAuth.algorithms: expected one of RS256'],
    [{ issuer: ISSUER, algorithms: [] }, 'jwtAuth.algorithms: expected an array'],
    [{ issuer: ISSUER, algorithms: 'RS256' }, 'jwtAuth.algorithms: expected an array'],
    [{ issuer: ISSUER, audience: '' }, 'jwtAuth.audience: expected a text'],
    [{ issuer: ISSUER, audience: [] }, 'jwtAuth.audience: expected at least one'],
    [{ issuer: ISSUER, audience: [5] }, 'jwtAuth.audience.0: expected a text'],
    [{ issuer: ISSUER, strict: 'yes' }, 'jwtAuth.strict: expected true or false'],
    [
      { issuer: ISSUER, clockToleranceSeconds: -1 },
      'jwtAuth.clockToleranceSeconds: expected seconds',
    ],
    [{ issuer: ISSUER, clockToleranceSeconds: 301 }, 'jwtAuth.clockToleranceSeconds: expected sec'],
    [{ issuer: ISSUER, cacheSeconds: 61 }, 'jwtAuth.cacheSeconds: expected seconds'],
    [{ issuer: ISSUER, cacheSeconds: 0.5 }, 'jwtAuth.cacheSeconds: expected seconds'],
    [{ issuer: ISSUER, timeoutMs: 0 }, 'jwtAuth.timeoutMs: expected milliseconds'],
    [{ issuer: ISSUER, fetch: 'fetch' }, 'jwtAuth.fetch: expected a function'],
    [{ issuer: ISSUER, authorizationServers: ISSUER }, 'jwtAuth.authorizationServers: expected an'],
    [
      { issuer: ISSUER, authorizationServers: ['x'] },
      'jwtAuth.authorizationServers.0: expected a U',
    ],
    [{ issuer: ISSUER, scopesSupported: 'a b' }, 'jwtAuth.scopesSupported: expected an array'],
    [{ issuer: ISSUER, scopesSupported: ['a b'] }, 'jwtAuth.scopesSupported.0: expected a scope'],
  ])('%j', (options, message) => {
    const told = optionErrorOf(() => jwtAuth(options as never));
    expect(told).toContain(message);
    expect(told).not.toMatch(/hunter2|PRIVATE/);
  });

  it('nothing that is right: keys in every form, loopback issuers, names that are no URLs', () => {
    const der = rsa(2048).publicKey;
    const options = [
      { issuer: 'http://localhost:3000' },
      { issuer: 'http://127.0.0.1:3000/tenant/', audience: 'api' },
      { issuer: 'our app', secret: SECRET, algorithms: ['HS256'] },
      { issuer: 'our app', publicKey: PEM, algorithms: ['ES256'] },
      { issuer: 'our app', publicKey: der.export({ format: 'jwk' }) },
      { issuer: 'our app', jwksUri: new URL(`${ISSUER}/jwks?policy=one`) },
      { issuers: [ISSUER, { issuer: 'our app', secret: SECRET }], strict: true },
    ];
    expect(options.map((one) => jwtAuth(one as never).name)).toEqual(options.map(() => 'jwt'));
  });
});

describe('introspectionAuth refuses', () => {
  const usual = { issuer: ISSUER, clientId: 'mcp', clientSecret: SECRET };

  it.each<[object | undefined, string]>([
    [undefined, 'introspectionAuth: expected an object'],
    [{ ...usual, url: ISSUER }, 'introspectionAuth: unknown option "url"'],
    [{ ...usual, issuer: undefined }, 'introspectionAuth: expected issuer or endpoint'],
    [{ ...usual, issuer: 'as' }, 'introspectionAuth.issuer: expected a URL'],
    [
      { ...usual, endpoint: 'http://as.example.com/i' },
      'introspectionAuth.endpoint: expected an ht',
    ],
    [{ ...usual, endpoint: 5 }, 'introspectionAuth.endpoint: expected a text'],
    [{ ...usual, clientId: undefined }, 'introspectionAuth.clientId: expected a text, got none'],
    [{ ...usual, clientSecret: undefined }, 'introspectionAuth.clientSecret: expected a text'],
    [{ ...usual, clientSecret: '' }, 'introspectionAuth.clientSecret: expected a text'],
    [{ ...usual, clientSecret: ['hunter2'] }, 'introspectionAuth.clientSecret: expected a text'],
    [{ ...usual, clientAuth: 'jwt' }, 'introspectionAuth.clientAuth: expected "post" or "basic"'],
    [{ ...usual, audience: 5 }, 'introspectionAuth.audience: expected a text'],
    [
      { ...usual, audience: 'a', dangerouslyAllowAnyAudience: true },
      'introspectionAuth.dangerouslyAllowAnyAudience: expected either',
    ],
    [{ ...usual, dangerouslyAllowAnyAudience: 1 }, 'AnyAudience: expected true or false'],
    [{ ...usual, cacheSeconds: 3600 }, 'introspectionAuth.cacheSeconds: expected seconds'],
    [{ ...usual, timeoutMs: 60_001 }, 'introspectionAuth.timeoutMs: expected milliseconds'],
  ])('%j', (options, message) => {
    const told = optionErrorOf(() => introspectionAuth(options as never));
    expect(told).toContain(message);
    expect(told).not.toContain('hunter2');
  });
});

describe('the gates of an app refuse', () => {
  it.each<[unknown, string]>([
    [undefined, 'customAuth: expected an object'],
    [{}, 'customAuth.verify: expected a function'],
    [{ verify: {} }, 'customAuth.verify: expected a function'],
    [{ verify: () => {}, principal: 'sub' }, 'customAuth.principal: expected a function'],
    [{ verify: () => {}, cacheSeconds: -1 }, 'customAuth.cacheSeconds: expected seconds'],
    [{ verify: () => {}, verifier: 1 }, 'customAuth: unknown option "verifier"'],
  ])('%j', (options, message) => {
    expect(optionErrorOf(() => customAuth(options as never))).toContain(message);
  });

  it.each<[unknown[], string]>([
    [[], 'fromRequest: expected a function'],
    [['auth'], 'fromRequest: expected a function'],
    [[() => {}, { principle: 1 }], 'Did you mean "principal"?'],
    [[() => {}, { principal: 1 }], 'fromRequest.principal: expected a function'],
    [[() => {}, null], 'fromRequest: expected an object'],
  ])('%j', (args, message) => {
    const act = () => fromRequest(...(args as Parameters<typeof fromRequest>));
    expect(optionErrorOf(act)).toContain(message);
  });
});

describe('mcpRouter refuses', () => {
  const build = (options: object) => () =>
    mcpRouter(new McpServer({ name: 'o', version: '1' }), options as McpRouterOptions);
  const fixed = staticTokens({ [SECRET]: { clientId: 'ci' } });

  it.each<[string, object, string]>([
    ['a token for a gate', { auth: SECRET }, 'auth: expected false, or a gate'],
    ['true', { auth: true }, 'auth: expected false, or a gate'],
    ['null', { auth: null }, 'auth: expected false, or a gate'],
    ['options for a gate', { auth: { issuer: ISSUER } }, 'auth: expected false, or a gate'],
    ['the function itself', { auth: jwtAuth }, 'auth: expected false, or a gate'],
    ['an authorization server without baseUrl', { auth: jwtAuth({ issuer: ISSUER }) }, 'baseUrl: '],
    [
      'tokens for the endpoint without baseUrl',
      { auth: jwtAuth({ issuer: 'a', secret: SECRET }) },
      'baseUrl: expected a URL',
    ],
    ['scopes without a gate', { requiredScopes: ['a'] }, 'requiredScopes: expected a gate'],
    ['scopes of nobody', { auth: false, requiredScopes: ['a'] }, 'requiredScopes: expected a gate'],
    [
      'scopes in a text',
      { auth: fixed, requiredScopes: 'a b' },
      'requiredScopes: expected an array',
    ],
    [
      'a scope with a space',
      { auth: fixed, requiredScopes: ['a b'] },
      'requiredScopes.0: expected',
    ],
    ['a quote', { auth: fixed, requiredScopes: ['a', '"'] }, 'requiredScopes.1: expected a scope'],
    ['an empty scope', { auth: fixed, requiredScopes: [''] }, 'requiredScopes.0: expected a scope'],
    ['offline_access', { auth: fixed, requiredScopes: ['offline_access'] }, 'offline_access'],
  ])('%s', (_name, options, message) => {
    const told = optionErrorOf(build(options));
    expect(told).toContain(message);
    expect(told).not.toContain('hunter2');
  });

  it('no gate that needs no URL, nor one whose audience is named', () => {
    const gates = [fixed, jwtAuth({ issuer: 'a', secret: SECRET, audience: 'api' }), false];
    for (const auth of gates) expect(build({ auth })().mcp.settings.auth).toBe(auth);
  });
});
