/**
 * `fromRequest`: whom a middleware of the app has let in.
 *
 * @module
 */

import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { RequestHandler } from 'express';
import { fromRequest, type McpRouterOptions } from 'express-mcp-router';
import { auth as jwtBearer } from 'express-oauth2-jwt-bearer';
import { describe, expect, it } from 'vitest';
import { authInfoIn, guarded, loggedBy, RESOURCE } from '../support/guarded.js';
import { soon, TestIssuer } from '../support/issuer.js';

const ADA: AuthInfo = { token: '', clientId: 'web', scopes: ['a'], extra: { sub: 'ada' } };

/** Sets members of the request, as a login does. */
const login =
  (members: object): RequestHandler =>
  (req, _res, next) => {
    Object.assign(req, members);
    next();
  };

const start = (read: unknown, middleware: McpRouterOptions['middleware'] = []) =>
  guarded({ auth: fromRequest(read as () => undefined), middleware });

describe('a login', () => {
  it('of the app, such as Passport’s or a session, is what its function makes of it', async () => {
    const read = ({ user }: { user?: { id: string } }) =>
      user && { ...ADA, extra: { sub: user.id } };
    const { ask } = await start(read, login({ user: { id: 'ada' } }));
    expect(authInfoIn(await ask())).toMatchObject(ADA);
    expect((await (await start(read)).ask()).status).toBe(401);
  });

  it('is the SDK’s requireBearerAuth', async () => {
    const verifier = {
      verifyAccessToken: async (token: string) => ({ ...ADA, token, expiresAt: soon(60) }),
    };
    const { ask } = await start(
      (req: { auth?: AuthInfo }) => req.auth,
      requireBearerAuth({ verifier }),
    );
    expect(authInfoIn(await ask('Bearer one'))).toMatchObject({ ...ADA, token: 'one' });
    expect((await ask()).status).toBe(401);
  });

  it('is express-oauth2-jwt-bearer', async () => {
    const issuer = await TestIssuer.start();
    const middleware = jwtBearer({ issuerBaseURL: issuer.url, audience: RESOURCE });
    const { ask } = await start((req: { auth?: AuthInfo }) => req.auth, middleware);
    const token = await issuer.token(RESOURCE);
    expect(authInfoIn(await ask(`Bearer ${token}`))).toMatchObject({
      token,
      clientId: 'app',
      scopes: ['mcp', 'other'],
      extra: { iss: issuer.url, sub: 'ada', claims: { aud: RESOURCE } },
    });
  });

  it('may take its time', async () => {
    const { ask } = await start(async () => ADA);
    expect((await ask()).status).toBe(200);
  });

  it.each([undefined, null])('that found %j has let in nobody', async (found) => {
    expect((await (await start(() => found)).ask()).status).toBe(401);
  });

  it('ends with its AuthInfo, and counts for its resource only', async () => {
    const expired = await start(() => ({ ...ADA, expiresAt: soon(-1) }));
    expect((await expired.ask()).status).toBe(401);
    const foreign = await start(() => ({ ...ADA, resource: new URL('https://h.example/mcp') }));
    expect((await foreign.ask()).status).toBe(401);
    const ours = await start(() => ({ ...ADA, resource: new URL(`${RESOURCE}/#part`) }));
    expect((await ours.ask()).status).toBe(200);
  });

  it.each<[string, () => unknown]>([
    ['throws', () => JSON.parse('{')],
    ['rejects', () => Promise.reject(new Error('down'))],
    ['answers true', () => true],
    ['answers a user', () => ({ id: 'ada' })],
    ['tells callers apart by nothing', () => ({ ...ADA, extra: {} })],
    ['ends at no number', () => ({ ...ADA, expiresAt: 'tomorrow' })],
  ])('whose function %s has not decided', async (_name, read) => {
    const { ask, logger } = await start(read);
    expect((await ask()).status).toBe(503);
    expect(loggedBy(logger)).toContain('credentials cannot be checked');
  });
});

it('challenges point to a document when the login says whose tokens it takes', async () => {
  const auth = fromRequest(() => undefined, { authorizationServers: ['https://as.example.com'] });
  const { ask } = await guarded({ auth });
  expect((await ask()).headers['www-authenticate']).toContain('resource_metadata=');
});
