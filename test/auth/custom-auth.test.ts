/**
 * `customAuth`: a verifier of the app's own.
 *
 * @module
 */
import {
  InsufficientScopeError,
  InvalidTokenError,
  ServerError,
} from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server';
import express from 'express';
import { type CustomAuthOptions, customAuth, mcpRouter } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { authInfoIn, guarded, loggedBy, RESOURCE, WHO } from '../support/guarded.js';
import { soon } from '../support/issuer.js';
import { listen } from '../support/listen.js';
import { post } from '../support/raw-request.js';
import { text } from '../support/tool-result.js';

const ADA = { token: '', clientId: 'app', scopes: ['a'], extra: { sub: 'ada' } };

const start = async (verify: unknown, options: Partial<CustomAuthOptions> = {}) =>
  guarded({ auth: customAuth({ verify: verify as CustomAuthOptions['verify'], ...options }) });

/** A verifier of a library: an object with state of its own. */
class Verifier {
  readonly seen: string[] = [];

  async verifyAccessToken(token: string) {
    this.seen.push(token);
    return { ...ADA, expiresAt: soon(60), resource: new URL(`${RESOURCE}/`) };
  }
}

describe('a verifier', () => {
  it('is the SDK’s OAuthTokenVerifier, or its function alone', async () => {
    const verifier = new Verifier();
    const { ask } = await start(verifier);
    expect(authInfoIn(await ask('Bearer one'))).toMatchObject({ ...ADA, token: 'one' });
    expect(verifier.seen).toEqual(['one']);
    const { status } = await start((token: string) => new Verifier().verifyAccessToken(token));
    expect(await status('one')).toBe(200);
  });

  it('is asked once a minute about a token, or each time', async () => {
    const verifier = new Verifier();
    const { status } = await start(verifier);
    await Promise.all(['one', 'one', 'one'].map(status));
    expect(verifier.seen).toEqual(['one']);
    const { status: eager } = await start(verifier, { cacheSeconds: 0 });
    await eager('two');
    await eager('two');
    expect(verifier.seen).toEqual(['one', 'two', 'two']);
  });

  it.each<[string, unknown, number]>([
    ['InvalidTokenError of SDK v1', new InvalidTokenError('no'), 401],
    ['invalid_token of SDK v2', new OAuthError(OAuthErrorCode.InvalidToken, 'no'), 401],
    ['another error of the SDK', new ServerError('down'), 503],
    ['a lack of scope', new InsufficientScopeError('no'), 503],
    ['any other error', new Error('down'), 503],
    ['a text', 'no', 503],
    ['nothing', undefined, 503],
  ])(
    'says no with invalid_token, and everything else is an outage: %s',
    async (_name, thrown, told) => {
      const fail = () => Promise.reject(thrown);
      expect(await (await start(fail)).status('one')).toBe(told);
      const raise = () => {
        throw thrown;
      };
      expect(await (await start(raise)).status('one')).toBe(told);
    },
  );

  it.each([
    undefined,
    null,
    true,
    {},
    { ...ADA, clientId: 5 },
    { ...ADA, scopes: 'a' },
    { ...ADA, expiresAt: 'tomorrow' },
    { ...ADA, expiresAt: Number.NaN },
  ])('that returns no AuthInfo has not decided: %j', async (found) => {
    expect(await (await start(async () => found)).status('one')).toBe(503);
  });

  it('may put what it likes into its errors: the token stays out of the log', async () => {
    const { status, logger } = await start(async (token: string) => {
      const cause = new Error(`cause ${token}`);
      const config = { headers: { Authorization: `Bearer ${token}` } };
      throw Object.assign(new Error(`GET /users?token=${token} failed`, { cause }), { config });
    });
    expect(await status('hunter2-hunter2')).toBe(503);
    expect(loggedBy(logger)).toContain('GET /users');
    expect(loggedBy(logger)).not.toContain('hunter2');
  });
});

describe('the principal', () => {
  it('is what the option says, else the subject, else the token', async () => {
    const users = new Map([
      ['one', { ...ADA, extra: { user: 'ada' } }],
      ['two', { ...ADA, extra: { user: 'ada' } }],
    ]);
    const verify = async (token: string) => users.get(token);
    const auth = (principal?: CustomAuthOptions['principal']) =>
      customAuth({ verify: verify as CustomAuthOptions['verify'], principal });
    const principals = async (gate: ReturnType<typeof auth>) => {
      const { router } = await guarded({ auth: gate });
      const endpoint = { resource: RESOURCE, logger: { ...console, warn: () => {} } };
      expect(router.mcp.settings.auth).toBe(gate);
      const asked = ['one', 'two'].map((bearer) =>
        gate.verify({ bearer, request: undefined, endpoint }),
      );
      return (await Promise.all(asked)).map((it) => (it.kind === 'valid' ? it.principal : it.kind));
    };
    const [one, two] = await principals(auth(({ extra }) => String(extra?.user)));
    expect(one).toBe(two);
    const [first, second] = await principals(auth());
    expect(first).not.toBe(second);
    expect([first, second]).not.toContain(one);
    for (const principal of [one, first, second]) expect(principal).toMatch(/^[\w-]{43}$/);
  });

  it('is whose session it is', async () => {
    const server = new McpServer({ name: 'sessions', version: '1.0.0' });
    server.registerTool('who', {}, ({ sessionId }) => text({ sessionId }));
    const verify = async () => ({ ...ADA, extra: {} });
    const router = mcpRouter(server, {
      stateless: true,
      auth: customAuth({ verify, principal: () => 'ada' }),
    });
    onTestFinished(() => router.mcp.close());
    const url = `${await listen(express().use(router))}/mcp`;
    const sessionOf = async (token: string) =>
      authInfoIn(await post(url, WHO, { headers: { Authorization: `Bearer ${token}` } })).sessionId;
    expect(await sessionOf('one')).toMatch(/^[\w-]{43}$/);
    expect(await sessionOf('two')).toBe(await sessionOf('one'));
  });

  it.each([5, '', null])('that is no text is an outage: %j', async (principal) => {
    const { status } = await start(async () => ADA, { principal: () => principal as never });
    expect(await status('one')).toBe(503);
  });
});
