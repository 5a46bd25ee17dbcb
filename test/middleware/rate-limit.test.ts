/**
 * `rateLimit`: how often one caller may ask.
 *
 * @module
 */
import connect from 'connect';
import express, { type RequestHandler } from 'express';
import { mcpRouter, type RateLimitOptions } from 'express-mcp-router';
import { describe, expect, it } from 'vitest';
import { greeter, greeting } from '../support/greeter.js';
import { listen } from '../support/listen.js';
import { post, send } from '../support/raw-request.js';
import { expectRefusal } from '../support/refusal.js';

const endpoint = (rateLimit: false | RateLimitOptions) =>
  mcpRouter(greeter().server, { stateless: true, rateLimit });

/** Stands for the app's own authentication. */
const authenticate: RequestHandler = (req, _res, next) => {
  const sub = req.headers.authorization;
  Object.assign(req, { auth: { token: sub, clientId: 'c', scopes: [], extra: { sub } } });
  next();
};

describe('rateLimit', () => {
  it('answers 429 with Retry-After once the limit is reached', async () => {
    const url = `${await listen(express().use(endpoint({ limit: 2 })))}/mcp`;
    const served = [await post(url, greeting(1)), await post(url, greeting(2))];
    expect(served.map(({ status }) => status)).toEqual([200, 200]);
    const refused = await post(url, greeting(3));
    expectRefusal(refused, { status: 429, reason: 'rate_limit' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('counts every verb', async () => {
    const url = `${await listen(express().use(endpoint({ limit: 1 })))}/mcp`;
    expect((await send(url, { method: 'GET' })).status).toBe(405);
    expect((await send(url, { method: 'DELETE' })).status).toBe(429);
  });

  it('opens again with the next window', async () => {
    const url = `${await listen(express().use(endpoint({ limit: 1, windowMs: 200 })))}/mcp`;
    await post(url, greeting());
    expect((await post(url, greeting())).status).toBe(429);
    await expect.poll(async () => (await post(url, greeting())).status).toBe(200);
  });

  it('counts for each principal, not for their common address', async () => {
    const app = express().use(authenticate, endpoint({ limit: 1 }));
    const url = `${await listen(app)}/mcp`;
    const as = (Authorization: string) => post(url, greeting(), { headers: { Authorization } });
    expect([(await as('ada')).status, (await as('bob')).status]).toEqual([200, 200]);
    expect([(await as('ada')).status, (await as('bob')).status]).toEqual([429, 429]);
  });

  it('works under Connect', async () => {
    const url = `${await listen(connect().use(endpoint({ limit: 1 }) as never))}/mcp`;
    expect((await post(url, greeting())).status).toBe(200);
    expect((await post(url, greeting())).status).toBe(429);
  });

  it('is off unless it is asked for', async () => {
    const url = `${await listen(express().use(endpoint(false)))}/mcp`;
    for (let i = 0; i < 5; i += 1) expect((await post(url, greeting(i))).status).toBe(200);
  });

  it.each([
    [{}, /rateLimit\.limit/],
    [{ limit: 0 }, /rateLimit\.limit/],
    [{ limit: 1, windowMs: 0 }, /rateLimit\.windowMs/],
    [{ limit: 1, window: 5 }, /unknown option "window"/],
    [true, /rateLimit/],
  ])('refuses %j', (rateLimit, told) => {
    expect(() => endpoint(rateLimit as never)).toThrow(told);
  });
});
