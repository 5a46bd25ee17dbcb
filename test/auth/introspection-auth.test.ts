/**
 * `introspectionAuth` (RFC 7662), against a real introspection endpoint.
 *
 * @module
 */
import { type IntrospectionAuthOptions, introspectionAuth } from 'express-mcp-router';
import { describe, expect, it } from 'vitest';
import { authInfoIn, guarded, loggedBy, RESOURCE } from '../support/guarded.js';
import { Introspector } from '../support/introspector.js';
import { soon, TestIssuer } from '../support/issuer.js';

const ACTIVE = { active: true, client_id: 'app', sub: 'ada', aud: RESOURCE, scope: 'a b' };

const WHO = { clientId: 'mcp server', clientSecret: 'secret: +%é' };

async function start(options: Partial<IntrospectionAuthOptions> = {}) {
  const introspector = await Introspector.start();
  introspector.answers.set('good', ACTIVE);
  const auth = introspectionAuth({ endpoint: introspector.url, ...WHO, ...options });
  return { introspector, auth, ...(await guarded({ auth })) };
}

describe('the question', () => {
  it('carries the token, and who asks in the body', async () => {
    const { introspector, status } = await start();
    expect(await status('good')).toBe(200);
    const [{ headers, form } = { headers: {}, form: [] }] = introspector.questions;
    expect(headers).toMatchObject({
      'content-type': expect.stringContaining('application/x-www-form-urlencoded'),
      accept: 'application/json',
    });
    expect(headers).not.toHaveProperty('authorization');
    expect(Object.fromEntries(form)).toEqual({
      token: 'good',
      token_type_hint: 'access_token',
      client_id: WHO.clientId,
      client_secret: WHO.clientSecret,
    });
  });

  it('says who asks in a header with clientAuth basic, encoded first (RFC 6749 §2.3.1)', async () => {
    const { introspector, status } = await start({ clientAuth: 'basic' });
    expect(await status('good')).toBe(200);
    const [{ headers, form } = { headers: {}, form: [] }] = introspector.questions;
    const [, credentials = ''] = headers.authorization?.split('Basic ') ?? [];
    const told = Buffer.from(credentials, 'base64').toString();
    expect(told).toBe('mcp+server:secret%3A+%2B%25%C3%A9');
    expect(Object.fromEntries(form)).toEqual({ token: 'good', token_type_hint: 'access_token' });
  });

  it('is not asked of the environment, of a token that is too long, or without a token', async () => {
    const { introspector, ask, status } = await start();
    expect(await status('x'.repeat(8_193))).toBe(401);
    expect((await ask('Basic YTpi')).status).toBe(401);
    expect((await ask()).status).toBe(401);
    expect(introspector.questions).toEqual([]);
  });

  it('goes to where the issuer says', async () => {
    const issuer = await TestIssuer.start();
    const { introspector, status } = await start({ endpoint: undefined, issuer: issuer.url });
    issuer.metadata = { introspection_endpoint: introspector.url };
    introspector.answers.set('good', { ...ACTIVE, iss: issuer.url });
    introspector.answers.set('mute', ACTIVE);
    introspector.answers.set('foreign', { ...ACTIVE, iss: 'https://other.example.com' });
    expect(await status('good')).toBe(200);
    expect(await status('mute')).toBe(200);
    expect(await status('foreign')).toBe(401);
    expect(issuer.asked).toHaveLength(1);
  });
});

describe('the answer', () => {
  it('is told in the SDK’s AuthInfo', async () => {
    const { introspector, ask } = await start();
    const exp = soon(30);
    introspector.answers.set('full', { ...ACTIVE, exp, iss: 'https://as.example.com', team: 5 });
    expect(authInfoIn(await ask('Bearer full'))).toMatchObject({
      token: 'full',
      clientId: 'app',
      scopes: ['a', 'b'],
      expiresAt: exp,
      resource: RESOURCE,
      extra: { iss: 'https://as.example.com', sub: 'ada', claims: { team: 5 } },
    });
  });

  it('is kept, so that a token is asked about once', async () => {
    const { introspector, status } = await start();
    expect(await Promise.all(['good', 'good', 'good'].map(status))).toEqual([200, 200, 200]);
    expect(await status('good')).toBe(200);
    expect(introspector.questions).toHaveLength(1);
  });

  it('is not kept when it is no, or none, or cacheSeconds is 0', async () => {
    const { introspector, status } = await start();
    introspector.answers.set('late', { active: false });
    expect(await status('late')).toBe(401);
    introspector.answers.set('late', (res) => void res.writeHead(503).end());
    expect(await status('late')).toBe(503);
    introspector.answers.set('late', ACTIVE);
    expect(await status('late')).toBe(200);
    const eager = await start({ cacheSeconds: 0 });
    for (let nth = 0; nth < 3; nth += 1) expect(await eager.status('good')).toBe(200);
    expect(eager.introspector.questions).toHaveLength(3);
  });

  it.each<[object, number]>([
    [{ aud: ['x', `${RESOURCE}/`] }, 200],
    [{ aud: 'x' }, 401],
    [{ active: 'true' }, 503],
    [{ active: 1 }, 503],
    [{ active: undefined }, 503],
    [{ token_type: 'Bearer' }, 200],
    [{ token_type: 'DPoP' }, 401],
    [{ token_type: 'N_A' }, 401],
    [{ exp: soon(-1) }, 401],
    [{ nbf: soon(30) }, 401],
    [{ nbf: soon(-30) }, 200],
  ])('%j → %i', async (changes, expected) => {
    const { introspector, status } = await start();
    introspector.answers.set('changed', { ...ACTIVE, ...changes });
    expect(await status('changed')).toBe(expected);
  });

  it('may be for another audience, or for any, where the options say so', async () => {
    const other = await start({ audience: 'api://one' });
    other.introspector.answers.set('one', { ...ACTIVE, aud: ['api://one'] });
    expect([await other.status('one'), await other.status('good')]).toEqual([200, 401]);
    const any = await start({ dangerouslyAllowAnyAudience: true });
    any.introspector.answers.set('one', { ...ACTIVE, aud: undefined });
    expect([await any.status('one'), await any.status('good')]).toEqual([200, 200]);
  });
});

describe('an answer that is none', () => {
  it.each<[string, Parameters<Introspector['answers']['set']>[1]]>([
    ['status 500', (res) => void res.writeHead(500).end('{"active":true}')],
    ['status 429', (res) => void res.writeHead(429).end()],
    ['our own credentials refused', (res) => void res.writeHead(401).end('{"error":"x"}')],
    ['a redirect', (res) => void res.writeHead(307, { Location: '/introspect2' }).end()],
    ['markup', (res) => void res.end('<html>{"active":true}</html>')],
    ['null', (res) => void res.end('null')],
    ['an empty body', (res) => void res.end()],
    ['silence', () => {}],
    ['half an answer', (res) => void res.write('{"active":true')],
    ['a broken connection', (res) => void res.destroy()],
    ['megabytes', (res) => void res.end(`{"active":true,"x":"${'x'.repeat(1_000_000)}"}`)],
  ])('is an outage: %s', async (_name, answer) => {
    const { introspector, status, logger } = await start({ timeoutMs: 300 });
    introspector.answers.set('any', answer);
    expect(await status('any')).toBe(503);
    expect(introspector.questions).toHaveLength(1);
    expect(loggedBy(logger)).toContain('/introspect');
    expect(loggedBy(logger)).not.toContain(WHO.clientSecret);
  });
});
