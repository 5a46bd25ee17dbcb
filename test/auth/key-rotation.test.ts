/**
 * An issuer's keys over time: new ones, withdrawn ones, and days on which nobody answers.
 *
 * @module
 */
import { jwtAuth } from 'express-mcp-router';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { guarded, RESOURCE } from '../support/guarded.js';
import { issuerKey, soon, TestIssuer } from '../support/issuer.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

beforeEach(() => {
  // Only the calendar moves: sockets and deadlines go on as they are.
  vi.useFakeTimers({ toFake: ['Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

async function start() {
  const issuer = await TestIssuer.start();
  const { status } = await guarded({ auth: jwtAuth({ issuer: issuer.url, timeoutMs: 300 }) });
  const call = async (changes?: Parameters<TestIssuer['token']>[1]) =>
    status(await issuer.token(RESOURCE, changes));
  return { issuer, call };
}

it('a new key is found when a token names it, and the old one goes on', async () => {
  const { issuer, call } = await start();
  const [old] = issuer.keys;
  expect(await call()).toBe(200);
  issuer.keys = [...issuer.keys, await issuerKey('second')];
  later(30 * SECOND);
  expect(await call()).toBe(200);
  expect(await call({ header: { kid: 'first' }, key: old?.privateKey })).toBe(200);
  expect(issuer.keyFetches).toBe(2);
});

it('unknown keys are asked for every 30 seconds at most', async () => {
  const { issuer, call } = await start();
  for (let seconds = 0; seconds < 90; seconds += 3) {
    expect(await call({ header: { kid: `kid-${seconds}` } })).toBe(401);
    later(3 * SECOND);
  }
  expect(issuer.keyFetches).toBe(3);
});

it('a withdrawn key is no good any more after ten minutes', async () => {
  const { issuer, call } = await start();
  const withdrawn = { header: { kid: 'first' }, key: issuer.key.privateKey };
  expect(await call(withdrawn)).toBe(200);
  issuer.keys = [await issuerKey('second')];
  later(9 * MINUTE);
  expect(await call(withdrawn)).toBe(200);
  later(1 * MINUTE);
  expect(await call(withdrawn)).toBe(401);
});

it.each(['failing', 'hanging', 'talking nonsense'] as const)(
  'the last good keys serve while the issuer is %s, for a day',
  async (mood) => {
    const { issuer, call } = await start();
    expect(await call()).toBe(200);
    issuer.mood = mood;
    for (const ms of [11 * MINUTE, 1 * SECOND, 1 * HOUR, 22 * HOUR]) {
      later(ms);
      expect(await call()).toBe(200);
    }
    later(1 * HOUR);
    expect(await call()).toBe(503);
    issuer.mood = 'up';
    later(30 * SECOND);
    expect(await call()).toBe(200);
  },
);

it('a key that is not among the last good ones is nobody’s fault while the issuer is down', async () => {
  const { issuer, call } = await start();
  expect(await call()).toBe(200);
  issuer.mood = 'failing';
  later(30 * SECOND);
  const stranger = { header: { kid: 'second' }, key: (await issuerKey('second')).privateKey };
  expect(await call(stranger)).toBe(503);
  expect(await call()).toBe(200);
});

it('an issuer that was down when the process began is asked again after five seconds', async () => {
  const { issuer, call } = await start();
  issuer.mood = 'failing';
  expect(await call()).toBe(503);
  expect(await call()).toBe(503);
  expect(issuer.asked).toHaveLength(1);
  issuer.mood = 'up';
  expect(await call()).toBe(503);
  later(5 * SECOND);
  expect(await call()).toBe(200);
});

it('its metadata is read again with its keys, so that they may move', async () => {
  const { issuer, call } = await start();
  expect(await call()).toBe(200);
  const other = await TestIssuer.start();
  other.keys = [await issuerKey('moved')];
  issuer.metadata = { jwks_uri: `${other.url}/jwks` };
  later(10 * MINUTE);
  expect(await call({ header: { kid: 'moved' }, key: other.key.privateKey })).toBe(200);
});

it('a verdict is kept for a minute, and never past the end of the token', async () => {
  const { issuer } = await start();
  const { status } = await guarded({
    auth: jwtAuth({ issuer: issuer.url, clockToleranceSeconds: 0 }),
  });
  const token = await issuer.token(RESOURCE, { claims: { exp: soon(20) } });
  expect(await status(token)).toBe(200);
  later(19 * SECOND);
  expect(await status(token)).toBe(200);
  later(1 * SECOND);
  expect(await status(token)).toBe(401);
});
