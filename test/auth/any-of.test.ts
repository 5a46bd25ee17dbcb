/**
 * `anyOf`: several gates side by side.
 *
 * @module
 */
import { type AuthGate, anyOf, jwtAuth, staticTokens, type Verdict } from 'express-mcp-router';
import { describe, expect, it } from 'vitest';
import { guarded, RESOURCE } from '../support/guarded.js';
import { TestIssuer } from '../support/issuer.js';
import { optionErrorOf } from '../support/thrown.js';

const VERDICTS = {
  valid: {
    kind: 'valid',
    authInfo: { token: 't', clientId: 'app', scopes: [] },
    principal: 'p',
  },
  missing: { kind: 'missing' },
  invalid: { kind: 'invalid', why: 'no' },
  unavailable: { kind: 'unavailable', cause: new Error('down'), retryAfterSeconds: 7 },
} as const satisfies Record<string, Verdict>;

type Kind = keyof typeof VERDICTS;

const gate = (kind: Kind, members: Partial<AuthGate> = {}): AuthGate => ({
  name: kind,
  authorizationServers: [],
  verify: () => VERDICTS[kind],
  ...members,
});

const failing = gate('missing', { verify: () => Promise.reject(new Error('down')) });

const STATUS: Record<Kind, number> = { valid: 200, missing: 401, invalid: 401, unavailable: 503 };

describe('the verdict', () => {
  it.each<[Kind[], Kind]>([
    [['valid'], 'valid'],
    [['missing', 'invalid', 'unavailable', 'valid'], 'valid'],
    [['unavailable', 'invalid', 'missing'], 'unavailable'],
    [['invalid', 'unavailable'], 'unavailable'],
    [['missing', 'invalid'], 'invalid'],
    [['invalid', 'missing'], 'invalid'],
    [['missing', 'missing'], 'missing'],
  ])('of %j is %s', async (kinds, expected) => {
    const { ask } = await guarded({ auth: anyOf(...kinds.map((kind) => gate(kind))) });
    const answer = await ask('Bearer t');
    expect(answer.status).toBe(STATUS[expected]);
    expect(answer.headers['www-authenticate']?.includes('invalid_token')).toBe(
      expected === 'invalid' ? true : expected === 'missing' ? false : undefined,
    );
  });

  it('of a gate that fails is an outage, unless another knows the caller', async () => {
    expect((await (await guarded({ auth: anyOf(failing) })).ask()).status).toBe(503);
    const { ask } = await guarded({ auth: anyOf(failing, gate('valid')) });
    expect((await ask()).status).toBe(200);
  });

  it('is that of the first gate that is valid; the next ones are not asked', async () => {
    const never = gate('valid', {
      verify: () => {
        throw new Error('asked');
      },
    });
    const { ask, logger } = await guarded({ auth: anyOf(gate('valid'), never) });
    expect((await ask()).status).toBe(200);
    expect(logger.lines).toEqual([]);
  });
});

it('unites what its gates publish', () => {
  const [a, b] = ['https://a.example.com', 'https://b.example.com'];
  const ownServer = { metadata: () => ({}) };
  const united = anyOf(
    gate('valid', { authorizationServers: [a, b], scopesSupported: ['x'] }),
    gate('missing', { authorizationServers: [b], needsResource: true }),
    gate('invalid', { scopesSupported: ['y', 'x'], ownServer }),
  );
  expect(united).toMatchObject({
    name: 'valid or missing or invalid',
    authorizationServers: [a, b],
    scopesSupported: ['x', 'y'],
    needsResource: true,
    ownServer,
  });
  expect(anyOf(gate('valid'))).not.toHaveProperty('scopesSupported');
});

it('lets in both a fixed token and a JWT', async () => {
  const issuer = await TestIssuer.start();
  const fixed = 'x'.repeat(22);
  const auth = anyOf(
    staticTokens({ [fixed]: { clientId: 'ci' } }),
    jwtAuth({ issuer: issuer.url }),
  );
  const { status } = await guarded({ auth });
  expect(await status(fixed)).toBe(200);
  expect(await status(await issuer.token(RESOURCE))).toBe(200);
  expect(await status('y'.repeat(22))).toBe(401);
});

it.each<[string, unknown[]]>([
  ['no gates', []],
  ['options', [{ issuer: 'https://a.example.com' }]],
  ['null', [null]],
  ['an array of gates', [[gate('valid')]]],
  [
    'two authorization servers of the app',
    [
      gate('valid', { ownServer: { metadata: () => ({}) } }),
      gate('valid', { ownServer: { metadata: () => ({}) } }),
    ],
  ],
])('refuses %s', (_name, gates) => {
  expect(optionErrorOf(() => anyOf(...(gates as AuthGate[])))).toMatch(/^anyOf: expected /);
});
