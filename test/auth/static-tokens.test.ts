/**
 * `staticTokens`: whose tokens they are, and which are refused.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { type StaticToken, staticTokens } from 'express-mcp-router';
import { describe, expect, it } from 'vitest';
import { authInfoIn, guarded, RESOURCE } from '../support/guarded.js';
import { soon } from '../support/issuer.js';
import { optionErrorOf } from '../support/thrown.js';

const token = () => randomBytes(32).toString('base64url');
const CI: StaticToken = { clientId: 'ci' };

describe('tokens', () => {
  it('are whose they are said to be', async () => {
    const [one, two] = [token(), token()];
    const expiresAt = soon(60);
    const auth = staticTokens({
      [one]: { clientId: 'ci', scopes: ['a', 'a', 'b'], subject: 'ada', expiresAt },
      [two]: CI,
    });
    const { ask } = await guarded({ auth });
    expect(authInfoIn(await ask(`Bearer ${one}`))).toEqual({
      token: one,
      clientId: 'ci',
      scopes: ['a', 'b'],
      expiresAt,
      resource: RESOURCE,
      extra: { sub: 'ada' },
    });
    expect(authInfoIn(await ask(`Bearer ${two}`))).toMatchObject({ clientId: 'ci', scopes: [] });
  });

  it('come as an object, a Map or pairs, and need no baseUrl', async () => {
    const one = token();
    for (const tokens of [{ [one]: CI }, new Map([[one, CI]]), [[one, CI] as const]]) {
      const { status } = await guarded({ auth: staticTokens(tokens), baseUrl: undefined });
      expect([await status(one), await status(token())]).toEqual([200, 401]);
    }
  });

  it('are not shown by the settings, nor by the gate', async () => {
    const one = token();
    const { router } = await guarded({ auth: staticTokens({ [one]: CI }) });
    expect(JSON.stringify(router.mcp.settings)).toContain('static tokens');
    expect(JSON.stringify(router.mcp.settings)).not.toContain(one);
  });

  it('of one subject are one caller; without a subject each is its own', async () => {
    const tokens = [token(), token(), token(), token()];
    const [a = '', b = '', c = '', d = ''] = tokens;
    const ada = { clientId: 'ci', subject: 'ada' };
    const gate = staticTokens({ [a]: ada, [b]: ada, [c]: CI, [d]: CI });
    const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const endpoint = { resource: RESOURCE, logger };
    const principals = await Promise.all(
      tokens.map(async (bearer) => {
        const verdict = await gate.verify({ bearer, request: undefined, endpoint });
        return verdict.kind === 'valid' ? verdict.principal : verdict.kind;
      }),
    );
    expect(principals[0]).toBe(principals[1]);
    expect(new Set(principals).size).toBe(3);
  });
});

describe('a refusal', () => {
  const secret = 'hunter2-hunter2-hunter2';

  it.each<[string, unknown]>([
    ['no object', 5],
    ['null', null],
    ['a text', secret],
    ['no tokens', {}],
    ['an array of texts', [secret]],
    ['a short token', { hunter2: CI }],
    ['21 characters', { [secret.slice(0, 21)]: CI }],
    ['a token with a space', { [`${secret} x`]: CI }],
    ['a token with a colon', { [`${secret}:x`]: CI }],
    [
      'a token twice',
      [
        [secret, CI],
        [secret, { clientId: 'b' }],
      ],
    ],
    ['a token that is a number', [[5, CI]]],
    ['a holder that is a text', { [secret]: 'ci' }],
    ['no client', { [secret]: {} }],
    ['an empty client', { [secret]: { clientId: '' } }],
    ['scopes in a text', { [secret]: { clientId: 'ci', scopes: 'a b' } }],
    ['a scope with a space', { [secret]: { clientId: 'ci', scopes: ['a b'] } }],
    ['a subject that is a number', { [secret]: { clientId: 'ci', subject: 5 } }],
    ['milliseconds', { [secret]: { clientId: 'ci', expiresAt: Date.now() } }],
    ['an end that is a text', { [secret]: { clientId: 'ci', expiresAt: 'never' } }],
    ['a member that does not exist', { [secret]: { clientId: 'ci', client_id: 'x' } }],
  ])('meets %s, and shows no token', (_name, tokens) => {
    const told = optionErrorOf(() => staticTokens(tokens as never));
    expect(told).toMatch(/^staticTokens.*: (expected|unknown option) /);
    expect(told).not.toContain('hunter2');
  });
});
