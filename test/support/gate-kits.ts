/**
 * Every kind of gate, with credentials of every kind that it can meet.
 *
 * Knows: how to build each, and what its tokens look like. Does not know: what is answered.
 *
 * @module
 */
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import {
  type AuthGate,
  anyOf,
  customAuth,
  fromRequest,
  introspectionAuth,
  jwtAuth,
  staticTokens,
} from 'express-mcp-router';
import { RESOURCE } from './guarded.js';
import { Introspector } from './introspector.js';
import { type IssuerMood, soon, TestIssuer, type TokenChanges } from './issuer.js';

/** A gate, and tokens by what is right or wrong with them; the endpoint wants the scope `mcp`. */
export interface GateKit {
  readonly auth: AuthGate;
  readonly good: string;
  /** Refused with 401 `invalid_token`. */
  readonly bad: Readonly<Record<string, string>>;
  /** Refused with 403. */
  readonly unscoped: string;
  /** From then on the gate cannot decide about this token; absent where nobody has to be asked. */
  readonly fail?: () => string;
}

const WRONG_CLAIMS: Readonly<Record<string, Record<string, unknown>>> = {
  expired: { exp: soon(-60) },
  'expired and without the scope': { exp: soon(-60), scope: 'other' },
  'not valid yet': { nbf: soon(600) },
  'for somebody else': { aud: 'https://other.example.com/mcp' },
  'for a part of the URL': { aud: 'https://mcp.example.com/api' },
  'for nobody': { aud: undefined },
  'bound to a key': { cnf: { jkt: 'abc' } },
};

const WRONG_JWTS: Readonly<Record<string, TokenChanges>> = {
  ...Object.fromEntries(Object.entries(WRONG_CLAIMS).map(([name, claims]) => [name, { claims }])),
  'good for ever': { claims: { exp: undefined } },
  'of another issuer': { claims: { iss: 'https://other.example.com' } },
  'of no issuer': { claims: { iss: undefined } },
  'an ID token': { header: { typ: 'JWT' }, claims: { nonce: 'n', at_hash: 'h' } },
  'an ID token of Cognito': { header: { typ: undefined }, claims: { token_use: 'id' } },
  'a refresh token of Keycloak': { header: { typ: 'JWT' }, claims: { typ: 'Refresh' } },
  'a token of another type': { header: { typ: 'logout+jwt' } },
};

const GARBAGE = {
  garbage: 'garbage',
  'two words': 'two words',
  'three dots': 'a.b.c',
  'quotes and line ends': '"\\r\\n',
};

/** A token without a signature, and one that is signed with its own public key as an HMAC secret. */
async function forged(issuer: TestIssuer): Promise<Record<string, string>> {
  const [header = '', claims = ''] = (await issuer.token(RESOURCE)).split('.');
  const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
  const secret = new TextEncoder().encode(await issuer.pem());
  return {
    'alg none': `${none}.${claims}.`,
    'without its signature': `${header}.${claims}.`,
    'HMAC with the public key': await issuer.token(RESOURCE, {
      alg: 'HS256',
      key: secret,
      header: { alg: 'HS256' },
    }),
    'another token’s signature': `${header}.${claims}.${(await issuer.token('x')).split('.')[2]}`,
  };
}

async function jwtKit(
  make: (issuer: TestIssuer) => Promise<AuthGate>,
  mood?: IssuerMood,
): Promise<GateKit> {
  const issuer = await TestIssuer.start('RS256');
  const wrong = Object.entries(WRONG_JWTS).map(
    async ([name, changes]) => [name, await issuer.token(RESOURCE, changes)] as const,
  );
  const good = await issuer.token(RESOURCE);
  const fail = (how: IssuerMood) => () => {
    issuer.mood = how;
    return good;
  };
  return {
    auth: await make(issuer),
    ...(mood !== undefined && { fail: fail(mood) }),
    good,
    unscoped: await issuer.token(RESOURCE, { claims: { scope: 'other' } }),
    bad: { ...GARBAGE, ...(await forged(issuer)), ...Object.fromEntries(await Promise.all(wrong)) },
  };
}

async function secretKit(): Promise<GateKit> {
  const secret = 's'.repeat(32);
  const key = new TextEncoder().encode(secret);
  const issuer = await TestIssuer.start();
  const token = ({ claims, header }: TokenChanges = {}) =>
    issuer.token(RESOURCE, { claims, alg: 'HS256', key, header: { ...header, alg: 'HS256' } });
  const wrong = Object.entries(WRONG_JWTS).map(
    async ([name, changes]) => [name, await token(changes)] as const,
  );
  const other = new TextEncoder().encode('o'.repeat(32));
  return {
    auth: jwtAuth({ issuer: issuer.url, secret }),
    good: await token(),
    unscoped: await token({ claims: { scope: 'other' } }),
    bad: {
      ...GARBAGE,
      ...Object.fromEntries(await Promise.all(wrong)),
      'another secret': await issuer.token(RESOURCE, {
        alg: 'HS256',
        key: other,
        header: { alg: 'HS256' },
      }),
      'another algorithm of the secret': await issuer.token(RESOURCE, {
        alg: 'HS512',
        key: new TextEncoder().encode(secret.repeat(2)),
        header: { alg: 'HS512' },
      }),
      'a public key where a secret is meant': await issuer.token(RESOURCE),
    },
  };
}

async function introspectionKit(): Promise<GateKit> {
  const introspector = await Introspector.start();
  const { answers } = introspector;
  const active = { active: true, client_id: 'app', sub: 'ada', aud: RESOURCE, exp: soon(60) };
  const add = (token: string, claims: object) => {
    answers.set(token, { ...active, scope: 'mcp other', ...claims });
    return token;
  };
  const wrong = Object.entries(WRONG_CLAIMS).map(([name, claims], nth) => [
    name,
    add(`wrong-${nth}`, claims),
  ]);
  return {
    auth: introspectionAuth({
      endpoint: introspector.url,
      clientId: 'mcp',
      clientSecret: 'secret',
    }),
    good: add('good-token', {}),
    unscoped: add('unscoped-token', { scope: 'other' }),
    bad: {
      ...GARBAGE,
      ...Object.fromEntries(wrong),
      'not active': add('inactive', { active: false }),
      'a refresh token': add('refresh', { token_type: 'refresh_token' }),
      'an ID token': add('id-token', { token_type: undefined, nonce: 'n' }),
    },
    fail: () => {
      answers.set('any', (res) => void res.writeHead(500).end());
      return 'any';
    },
  };
}

function customKit(): GateKit {
  const infos: Record<string, object> = {
    good: { scopes: ['mcp'] },
    unscoped: { scopes: [] },
    expired: { scopes: ['mcp'], expiresAt: soon(-1) },
    'expired and unscoped': { scopes: [], expiresAt: soon(-1) },
    foreign: { scopes: ['mcp'], resource: new URL('https://other.example.com/mcp') },
  };
  const verify = async (token: string) => {
    if (token === 'outage') throw new Error('the database is down');
    const info = infos[token];
    if (info === undefined) throw new InvalidTokenError('unknown');
    return { token, clientId: 'app', scopes: [], extra: { sub: 'ada' }, ...info };
  };
  return {
    auth: customAuth({ verify }),
    good: 'good',
    unscoped: 'unscoped',
    bad: {
      ...GARBAGE,
      expired: 'expired',
      'expired and without the scope': 'expired and unscoped',
      'for somebody else': 'foreign',
    },
    fail: () => 'outage',
  };
}

const LONG = 'x'.repeat(22);

function staticKit(): GateKit {
  const past = soon(-1);
  return {
    auth: staticTokens({
      [`${LONG}-good`]: { clientId: 'app', scopes: ['mcp'], expiresAt: soon(60) },
      [`${LONG}-unscoped`]: { clientId: 'app' },
      [`${LONG}-expired`]: { clientId: 'app', scopes: ['mcp'], expiresAt: past },
      [`${LONG}-both`]: { clientId: 'app', expiresAt: past },
    }),
    good: `${LONG}-good`,
    unscoped: `${LONG}-unscoped`,
    bad: {
      ...GARBAGE,
      expired: `${LONG}-expired`,
      'expired and without the scope': `${LONG}-both`,
      'a part of one': `${LONG}-goo`,
      'one and more': `${LONG}-good1`,
    },
  };
}

const discovered = async ({ url }: TestIssuer) => jwtAuth({ issuer: url, timeoutMs: 300 });
const located = async ({ url }: TestIssuer) =>
  jwtAuth({ issuer: url, jwksUri: `${url}/jwks`, timeoutMs: 300 });

async function mixedKit(): Promise<GateKit> {
  const { auth, ...jwt } = await jwtKit(discovered, 'failing');
  const nobody = fromRequest(() => undefined);
  return { ...jwt, auth: anyOf(staticKit().auth, nobody, auth) };
}

/** Every kind of gate by name. */
export const GATE_KITS = {
  'static tokens': async () => staticKit(),
  'JWTs, keys found by metadata': () => jwtKit(discovered, 'failing'),
  'JWTs, keys found by metadata, or not in time': () => jwtKit(discovered, 'hanging'),
  'JWTs, keys at a URL': () => jwtKit(located, 'talking nonsense'),
  'JWTs, keys at a URL, or not in time': () => jwtKit(located, 'hanging'),
  'JWTs, keys at a URL that leads elsewhere': () => jwtKit(located, 'redirecting'),
  'JWTs, a key in PEM': () =>
    jwtKit(async (issuer) => jwtAuth({ issuer: issuer.url, publicKey: await issuer.pem() })),
  'JWTs, a JWK': () =>
    jwtKit(async ({ url, key }) => jwtAuth({ issuer: url, publicKey: { ...key.jwk } })),
  'JWTs, a JWKS': () =>
    jwtKit(async ({ url, key }) => jwtAuth({ issuer: url, publicKey: { keys: [{ ...key.jwk }] } })),
  'JWTs of several issuers': () =>
    jwtKit(async ({ url, key }) =>
      jwtAuth({
        issuers: [
          { issuer: 'https://a.example.com', publicKey: { ...key.jwk } },
          url,
          { issuer: 'b', secret: 'b'.repeat(32) },
        ],
      }),
    ),
  'JWTs, a shared secret': secretKit,
  introspection: introspectionKit,
  'a verifier of the app': async () => customKit(),
  'any of several': mixedKit,
} satisfies Record<string, () => Promise<GateKit>>;
