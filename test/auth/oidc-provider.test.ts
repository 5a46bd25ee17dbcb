/**
 * Gates in front of `oidc-provider`: tokens as a certified authorization server issues them.
 *
 * @module
 */
import { introspectionAuth, jwtAuth } from 'express-mcp-router';
import { describe, expect, it } from 'vitest';
import { authInfoIn, guarded } from '../support/guarded.js';
import { ASKING, oidcIssuer } from '../support/oidc-issuer.js';

const OTHER = 'https://other.example.com/mcp';

describe('jwtAuth', () => {
  it('takes its JWTs to the letter of RFC 9068, for this resource only', async () => {
    const { url, token } = await oidcIssuer('jwt');
    const { ask, status } = await guarded({
      auth: jwtAuth({ issuer: url, strict: true }),
      requiredScopes: ['mcp'],
    });
    const good = await token();
    expect(authInfoIn(await ask(`Bearer ${good}`))).toMatchObject({
      token: good,
      clientId: 'app',
      scopes: ['mcp'],
      extra: { iss: url, sub: 'app' },
    });
    expect(await status(await token(OTHER))).toBe(401);
  });

  it('refuses its opaque tokens', async () => {
    const { url, token } = await oidcIssuer('opaque');
    const { status } = await guarded({ auth: jwtAuth({ issuer: url }) });
    expect(await status(await token())).toBe(401);
  });
});

describe('introspectionAuth', () => {
  it('takes its opaque tokens, for this resource only, until they are revoked', async () => {
    const { url, token, revoke } = await oidcIssuer('opaque');
    const auth = introspectionAuth({ issuer: url, ...ASKING, cacheSeconds: 0 });
    const { ask, status } = await guarded({ auth, requiredScopes: ['mcp'] });
    const good = await token();
    expect(authInfoIn(await ask(`Bearer ${good}`))).toMatchObject({
      clientId: 'app',
      scopes: ['mcp'],
      extra: { iss: url },
    });
    expect(await status(await token(OTHER))).toBe(401);
    await revoke(good);
    expect(await status(good)).toBe(401);
  });

  it('is an outage when the provider does not know who asks', async () => {
    const { url, token } = await oidcIssuer('opaque');
    const auth = introspectionAuth({ issuer: url, clientId: 'mcp', clientSecret: 'wrong' });
    const { status } = await guarded({ auth });
    expect(await status(await token())).toBe(503);
  });
});
