/**
 * `jwtAuth`: issuers, keys and claims, against a real issuer.
 *
 * @module
 */
import { jwtAuth } from 'express-mcp-router';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { authInfoIn, guarded, loggedBy, RESOURCE } from '../support/guarded.js';
import { issuerKey, soon, TestIssuer } from '../support/issuer.js';
import { RecordedLogger } from '../support/recorded-logger.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** An endpoint that trusts a new issuer. */
async function start(options: Partial<Parameters<typeof jwtAuth>[0]> = {}) {
  const issuer = await TestIssuer.start();
  const endpoint = await guarded({ auth: jwtAuth({ issuer: issuer.url, ...options }) });
  return { issuer, ...endpoint };
}

describe('the caller', () => {
  it('is told in the SDK’s AuthInfo, claims included', async () => {
    const { issuer, ask } = await start();
    const exp = soon(30);
    const token = await issuer.token(RESOURCE, { claims: { exp, email: 'ada@example.com' } });
    expect(authInfoIn(await ask(`Bearer ${token}`))).toMatchObject({
      token,
      clientId: 'app',
      scopes: ['mcp', 'other'],
      expiresAt: exp,
      resource: RESOURCE,
      resourceMetadataUrl: 'https://mcp.example.com/.well-known/oauth-protected-resource/api/mcp',
      extra: {
        iss: issuer.url,
        sub: 'ada',
        claims: { aud: RESOURCE, email: 'ada@example.com' },
      },
    });
  });

  it.each<[object, string, string[]]>([
    [{ scope: 'a b a' }, 'app', ['a', 'b']],
    [{ scope: ['a', 'b', 5] }, 'app', ['a', 'b']],
    [{ scope: undefined, scp: 'a b' }, 'app', ['a', 'b']],
    [{ scope: undefined, scp: ['a'] }, 'app', ['a']],
    [{ scope: undefined, client_id: undefined, azp: 'z' }, 'z', []],
    [{ scope: '', client_id: undefined }, 'ada', []],
    [{ scope: '', client_id: undefined, sub: undefined }, 'unknown', []],
  ])('is read from the claims of many issuers: %j', async (claims, clientId, scopes) => {
    const { issuer, ask } = await start();
    const token = await issuer.token(RESOURCE, { claims: { ...claims } });
    expect(authInfoIn(await ask(`Bearer ${token}`))).toMatchObject({ clientId, scopes });
  });

  it('is told nothing that an earlier request could have written', async () => {
    const issuer = await TestIssuer.start();
    const gate = jwtAuth({ issuer: issuer.url });
    const bearer = await issuer.token(RESOURCE, { claims: { realm: { roles: ['reader'] } } });
    const endpoint = { resource: RESOURCE, logger: new RecordedLogger() };
    const claims = async () => {
      const verdict = await gate.verify({ bearer, request: undefined, endpoint });
      if (verdict.kind !== 'valid') throw new Error(verdict.kind);
      return verdict.authInfo.extra?.claims as { realm: { roles: string[] } };
    };
    const { realm } = await claims();
    expect(() => realm.roles.push('admin')).toThrow(TypeError);
    expect((await claims()).realm).toEqual({ roles: ['reader'] });
  });

  it('without a subject is warned of, once', async () => {
    const { issuer, status, logger } = await start();
    for (const jti of ['1', '2', '3']) {
      const token = await issuer.token(RESOURCE, { claims: { sub: undefined, jti } });
      expect(await status(token)).toBe(200);
    }
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });
});

describe('the audience', () => {
  it.each([
    [RESOURCE, 200],
    [`${RESOURCE}/`, 200],
    [['https://other.example.com', RESOURCE], 200],
    [`${RESOURCE}//`, 401],
    [`${RESOURCE}/x`, 401],
    [RESOURCE.slice(0, -1), 401],
    [[], 401],
    ['https://MCP.example.com/api/mcp', 401],
    [{ [RESOURCE]: true }, 401],
  ])('is the resource, one slash at its end aside: %j → %i', async (aud, expected) => {
    const { issuer, status } = await start();
    expect(await status(await issuer.token(RESOURCE, { claims: { aud } }))).toBe(expected);
  });

  it('is another where the issuer says so, and then not the resource (to the letter)', async () => {
    const { issuer, status } = await start({ audience: ['api://one', 'two'] });
    const answers = ['api://one', 'two', 'api://one/', RESOURCE].map(async (aud) =>
      status(await issuer.token(aud)),
    );
    expect(await Promise.all(answers)).toEqual([200, 200, 401, 401]);
  });

  it('of an ID token is no help where the issuer names its clients there', async () => {
    const { issuer, status } = await start({ audience: 'client-1' });
    const idToken = { header: { typ: 'JWT' }, claims: { nonce: 'n' } };
    expect(await status(await issuer.token('client-1', idToken))).toBe(401);
    // Keycloak repeats the nonce in its access tokens, and says of them that they are bearers.
    const claims = { nonce: 'n', typ: 'Bearer' };
    expect(await status(await issuer.token('client-1', { header: { typ: 'JWT' }, claims }))).toBe(
      200,
    );
  });
});

describe('the clock', () => {
  it('may be a little off, five seconds by default', async () => {
    const { issuer, status } = await start();
    const at = async (claims: object) =>
      status(await issuer.token(RESOURCE, { claims: { ...claims } }));
    expect(await at({ exp: soon(-3) })).toBe(200);
    expect(await at({ exp: soon(-10) })).toBe(401);
    expect(await at({ nbf: soon(3) })).toBe(200);
    expect(await at({ nbf: soon(10) })).toBe(401);
  });

  it('is as strict as the option says', async () => {
    const { issuer, status } = await start({ clockToleranceSeconds: 0 });
    expect(await status(await issuer.token(RESOURCE, { claims: { exp: soon(-1) } }))).toBe(401);
  });
});

describe('strict', () => {
  it.each<[object, object]>([
    [{ typ: 'JWT' }, {}],
    [{ typ: undefined }, {}],
    [{}, { jti: undefined }],
    [{}, { client_id: undefined }],
    [{}, { sub: undefined }],
  ])('demands what RFC 9068 does: %j %j', async (header, claims) => {
    const changes = { header: { ...header }, claims: { ...claims } };
    const lax = await start();
    expect(await lax.status(await lax.issuer.token(RESOURCE, changes))).toBe(200);
    const strict = await start({ strict: true });
    expect(await strict.status(await strict.issuer.token(RESOURCE))).toBe(200);
    expect(await strict.status(await strict.issuer.token(RESOURCE, changes))).toBe(401);
  });
});

describe('algorithms', () => {
  it('are those of the key, or fewer', async () => {
    const { issuer, status } = await start({ algorithms: ['RS256'] });
    expect(await status(await issuer.token(RESOURCE))).toBe(401);
    issuer.keys = [await issuerKey('rsa', 'RS256')];
    const other = await guarded({ auth: jwtAuth({ issuer: issuer.url, algorithms: ['RS256'] }) });
    expect(await other.status(await issuer.token(RESOURCE))).toBe(200);
    const pss = {
      alg: 'PS256',
      header: { alg: 'PS256' },
      key: (await issuerKey('rsa', 'PS256')).privateKey,
    };
    expect(await other.status(await issuer.token(RESOURCE, pss))).toBe(401);
  });

  it('that nobody knows do not fill the log', async () => {
    const { issuer, status, logger } = await start();
    const alg = 'x'.repeat(10_000);
    const header = Buffer.from(JSON.stringify({ alg })).toString('base64url');
    const claims = Buffer.from(JSON.stringify({ iss: issuer.url })).toString('base64url');
    expect(await status(`${header}.${claims}.`)).toBe(401);
    expect(loggedBy(logger)).toContain('alg');
    expect(loggedBy(logger).length).toBeLessThan(5_000);
  });

  it.each(['ES384', 'ES512', 'EdDSA', 'PS256'])('include %s', async (alg) => {
    const { issuer, status } = await start();
    issuer.keys = [await issuerKey('other', alg)];
    expect(await status(await issuer.token(RESOURCE))).toBe(200);
  });
});

describe('keys', () => {
  it('are asked for once, however many tokens come at once', async () => {
    const { issuer, status } = await start();
    const tokens = await Promise.all(
      ['1', '2', '3', '4'].map((jti) => issuer.token(RESOURCE, { claims: { jti } })),
    );
    expect(await Promise.all(tokens.map(status))).toEqual([200, 200, 200, 200]);
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/jwks']);
  });

  it('are asked for once, however many unknown ones are named', async () => {
    const { issuer, status } = await start();
    const stranger = await issuerKey('stranger');
    const kids = Array.from({ length: 20 }, (_, nth) => `kid-${nth}`);
    const tokens = await Promise.all(
      kids.map((kid) => issuer.token(RESOURCE, { header: { kid }, key: stranger.privateKey })),
    );
    for (const token of tokens) expect(await status(token)).toBe(401);
    expect(issuer.keyFetches).toBe(1);
  });

  it('that cannot verify are passed over', async () => {
    const { issuer, status } = await start();
    const { jwk } = issuer.key;
    issuer.keySet = {
      keys: [
        null,
        'text',
        { kty: 'oct', k: 'c2VjcmV0', kid: 'first' },
        { kty: 'RSA', n: 'AQAB', e: 'AQAB', kid: 'first' },
        { ...jwk, kty: 'unknown' },
        { ...jwk, use: 'enc' },
        { ...jwk, x: 'nonsense' },
        jwk,
      ],
    };
    expect(await status(await issuer.token(RESOURCE))).toBe(200);
  });

  it.each([{ keys: [] }, { keys: {} }, [], null, { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] }])(
    'that are none are an outage: %j',
    async (keySet) => {
      const { issuer, status } = await start();
      issuer.keySet = keySet ?? 'null';
      expect(await status(await issuer.token(RESOURCE))).toBe(503);
    },
  );

  it('without a kid serve tokens without a kid', async () => {
    const { issuer, status } = await start();
    const { kid: _kid, ...jwk } = issuer.key.jwk;
    issuer.keySet = { keys: [jwk] };
    expect(await status(await issuer.token(RESOURCE, { header: { kid: undefined } }))).toBe(200);
  });
});

describe('the issuer', () => {
  it.each(['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'])(
    'is found by its document at %s',
    async (document) => {
      const { issuer, status } = await start();
      issuer.documents = [document];
      expect(await status(await issuer.token(RESOURCE))).toBe(200);
    },
  );

  it.each([
    '/tenant/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server/tenant',
    '/.well-known/openid-configuration/tenant',
  ])('with a path is found by its document at %s', async (document) => {
    const issuer = await TestIssuer.start();
    const jwks_uri = `${issuer.url}/jwks`;
    issuer.url = `${issuer.url}/tenant`;
    issuer.documents = [document];
    issuer.metadata = { jwks_uri };
    const { status } = await guarded({ auth: jwtAuth({ issuer: issuer.url }) });
    expect(await status(await issuer.token(RESOURCE))).toBe(200);
  });

  it('may have a slash at the end of its name', async () => {
    const issuer = await TestIssuer.start();
    const jwks_uri = `${issuer.url}/jwks`;
    issuer.url = `${issuer.url}/`;
    issuer.metadata = { jwks_uri };
    const { status } = await guarded({ auth: jwtAuth({ issuer: issuer.url }) });
    expect(await status(await issuer.token(RESOURCE))).toBe(200);
  });

  it.each<[string, object]>([
    ['calls itself otherwise', { issuer: 'https://other.example.com' }],
    ['has no keys', { jwks_uri: undefined }],
    ['has its keys at a plain http URL', { jwks_uri: 'http://keys.example.com/' }],
    ['has its keys in a file', { jwks_uri: 'file:///etc/passwd' }],
  ])('is out of reach when it %s, and the log says so', async (_name, metadata) => {
    const { issuer, status, logger } = await start();
    issuer.metadata = { ...metadata };
    expect(await status(await issuer.token(RESOURCE))).toBe(503);
    expect(loggedBy(logger)).toContain(issuer.url);
  });

  it('that is not on this machine has no keys on it', async () => {
    const { issuer } = await start();
    const keys = `${issuer.url}/jwks`;
    const asked: string[] = [];
    // What a name server would do, and TLS: the issuer is at another address than it says.
    const elsewhere: typeof fetch = (url, init) => {
      asked.push(String(url));
      return fetch(String(url).replace('https://as.example.com', issuer.url), init);
    };
    const auth = jwtAuth({ issuer: 'https://as.example.com', fetch: elsewhere });
    const { status } = await guarded({ auth });
    issuer.metadata = { issuer: 'https://as.example.com', jwks_uri: keys };
    const claims = { iss: 'https://as.example.com' };
    expect(await status(await issuer.token(RESOURCE, { claims }))).toBe(503);
    expect(asked).toEqual(['https://as.example.com/.well-known/openid-configuration']);
    issuer.metadata = { ...issuer.metadata, jwks_uri: 'https://as.example.com/jwks' };
    const other = await guarded({
      auth: jwtAuth({ issuer: 'https://as.example.com', fetch: elsewhere }),
    });
    expect(await other.status(await issuer.token(RESOURCE, { claims }))).toBe(200);
  });

  it('is told by its tokens to the letter; the log names a slash that is missing', async () => {
    const { issuer, status, logger } = await start();
    expect(await status(await issuer.token(RESOURCE, { claims: { iss: `${issuer.url}/` } }))).toBe(
      401,
    );
    expect(loggedBy(logger)).toContain('slash');
    expect(issuer.asked).toEqual([]);
  });

  it('is an authorization server for clients when it was looked up, or is said to be one', () => {
    const jwksUri = 'https://a.example.com/jwks';
    const serversOf = (options: Parameters<typeof jwtAuth>[0]) =>
      jwtAuth(options).authorizationServers;
    expect(serversOf({ issuer: 'https://a.example.com/' })).toEqual(['https://a.example.com/']);
    expect(serversOf({ issuer: 'https://a.example.com', jwksUri })).toEqual([]);
    expect(serversOf({ issuers: ['https://a.example.com', 'https://b.example.com'] })).toEqual([
      'https://a.example.com',
      'https://b.example.com',
    ]);
    const authorizationServers = ['https://c.example.com'];
    expect(serversOf({ issuer: 'x', secret: 's'.repeat(32), authorizationServers })).toEqual(
      authorizationServers,
    );
    expect(serversOf({ issuer: 'https://a.example.com', authorizationServers: [] })).toEqual([]);
  });
});

describe('several issuers', () => {
  it('vouch for their own tokens only', async () => {
    const [one, two] = [await TestIssuer.start(), await TestIssuer.start()];
    const { status } = await guarded({ auth: jwtAuth({ issuers: [one.url, two.url] }) });
    expect(await status(await one.token(RESOURCE))).toBe(200);
    expect(await status(await two.token(RESOURCE))).toBe(200);
    expect(await status(await one.token(RESOURCE, { claims: { iss: two.url } }))).toBe(401);
    const array = await one.token(RESOURCE, { claims: { iss: [one.url] } });
    expect(await status(array)).toBe(401);
  });

  it('fail one by one', async () => {
    const [one, two] = [await TestIssuer.start(), await TestIssuer.start()];
    const auth = jwtAuth({ issuers: [one.url, two.url] });
    const { status } = await guarded({ auth });
    one.mood = 'failing';
    expect(await status(await one.token(RESOURCE))).toBe(503);
    expect(await status(await two.token(RESOURCE))).toBe(200);
  });
});

describe('the environment', () => {
  it.each<[string, Record<string, string>]>([
    ['a session secret', { SECRET: 'keyboard cat' }],
    ['another algorithm', { TOKEN_SIGNING_ALG: 'HS256' }],
    [
      'another issuer',
      {
        ISSUER: 'https://evil.example.com',
        ISSUER_BASE_URL: 'https://evil.example.com',
        JWKS_URI: 'https://evil.example.com/jwks',
        AUDIENCE: 'https://evil.example.com',
        NODE_ENV: 'production',
      },
    ],
  ])('of the engine changes nothing: %s', async (_name, variables) => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    const issuer = await TestIssuer.start();
    const secret = 's'.repeat(32);
    const key = new TextEncoder().encode(secret);
    const hmac = { alg: 'HS256', header: { alg: 'HS256' }, key };
    const publicKey = { ...issuer.key.jwk };
    for (const options of [{}, { jwksUri: `${issuer.url}/jwks` }, { publicKey }]) {
      const { status } = await guarded({ auth: jwtAuth({ issuer: issuer.url, ...options }) });
      expect(await status(await issuer.token(RESOURCE))).toBe(200);
      expect(await status(await issuer.token('https://evil.example.com'))).toBe(401);
      expect(await status(await issuer.token(RESOURCE, hmac))).toBe(401);
    }
    const shared = await guarded({ auth: jwtAuth({ issuer: issuer.url, secret }) });
    expect(await shared.status(await issuer.token(RESOURCE, hmac))).toBe(200);
    expect(await shared.status(await issuer.token(RESOURCE))).toBe(401);
  });
});
