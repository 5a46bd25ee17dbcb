/**
 * What every gate has in common: who comes in, and what the others are told (DESIGN §6, RFC 6750 §3).
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { GATE_KITS, type GateKit } from '../support/gate-kits.js';
import { authInfoIn, challengeOf, guarded, loggedBy } from '../support/guarded.js';
import { type Answer, JSON_HEADERS } from '../support/raw-request.js';
import { expectRefusal } from '../support/refusal.js';

const SCOPES = ['mcp', 'other'];

async function start(make: () => Promise<GateKit>, requiredScopes = ['mcp']) {
  const kit = await make();
  return { ...kit, ...(await guarded({ auth: kit.auth, requiredScopes })) };
}

function expectUnauthorized(answer: Answer): void {
  expectRefusal(answer, { status: 401, reason: 'unauthorized' });
  expect(challengeOf(answer)).toMatchObject({ scope: 'mcp' });
  expect(challengeOf(answer)).not.toHaveProperty('error');
}

describe.each(Object.entries(GATE_KITS))('%s', (_name, make) => {
  it('lets in whoever has a good token, and tells the tool who it is', async () => {
    const { ask, good } = await start(make);
    const first = await ask(`Bearer ${good}`);
    expect(first.status).toBe(200);
    expect(authInfoIn(first)).toMatchObject({
      token: good,
      clientId: 'app',
      scopes: expect.arrayContaining(['mcp']),
    });
    expect(authInfoIn(await ask(`bearer   ${good}`))).toEqual(authInfoIn(first));
  });

  it('asks for credentials without calling that an error (RFC 6750 §3.1)', async () => {
    const { ask } = await start(make);
    for (const sent of [undefined, 'Basic YTpi', 'Bearer', 'Token abc', 'Bearerabc']) {
      expectUnauthorized(await ask(sent));
    }
  });

  it('reads the token of the Authorization header only', async () => {
    const { ask, good, url } = await start(make);
    const target = `${new URL(url).pathname}?access_token=${encodeURIComponent(good)}`;
    expectUnauthorized(await ask(undefined, { target }));
    const body = `access_token=${encodeURIComponent(good)}`;
    const headers = { ...JSON_HEADERS, 'Content-Type': 'application/x-www-form-urlencoded' };
    expectUnauthorized(await ask(undefined, { body, headers }));
  });

  it('refuses a bad token with invalid_token, never with its reason', async () => {
    const { ask, bad } = await start(make);
    for (const [name, token] of Object.entries(bad)) {
      const answer = await ask(`Bearer ${token}`);
      expect([name, answer.status]).toEqual([name, 401]);
      expectRefusal(answer, { status: 401, reason: 'invalid_token' });
      expect(challengeOf(answer)).toMatchObject({ error: 'invalid_token', scope: 'mcp' });
    }
  });

  it('names every scope that is needed to whom it knows, and to nobody else', async () => {
    const { ask, unscoped } = await start(make, SCOPES);
    const answer = await ask(`Bearer ${unscoped}`);
    expect(expectRefusal(answer, { status: 403, reason: 'insufficient_scope' })).toMatchObject({
      scopes: SCOPES,
    });
    expect(challengeOf(answer)).toMatchObject({ error: 'insufficient_scope', scope: 'mcp other' });
  });

  it('logs no token, whatever becomes of it', async () => {
    const { ask, bad, good, unscoped, fail, logger } = await start(make);
    const tokens = [...Object.values(bad), good, unscoped, fail?.() ?? good];
    for (const token of tokens) await ask(`Bearer ${token}`);
    const logged = loggedBy(logger);
    expect(logged).not.toBe('[]');
    for (const token of tokens.filter(({ length }) => length > 20)) {
      expect(logged).not.toContain(token);
      expect(logged).not.toContain(token.slice(-20));
    }
  });
});

/** The gates that have to ask somebody else. */
const ASKING = [
  'JWTs, keys found by metadata',
  'JWTs, keys found by metadata, or not in time',
  'JWTs, keys at a URL',
  'JWTs, keys at a URL, or not in time',
  'JWTs, keys at a URL that leads elsewhere',
  'introspection',
  'a verifier of the app',
  'any of several',
] as const;

describe('an outage', () => {
  it.each(ASKING)('is never the caller’s fault: %s', async (name) => {
    const { ask, fail } = await start(GATE_KITS[name]);
    const answer = await ask(`Bearer ${fail?.()}`);
    expectRefusal(answer, { status: 503, reason: 'auth_unavailable' });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(answer.headers['www-authenticate']).toBeUndefined();
  });
});
