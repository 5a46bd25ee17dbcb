/**
 * Which addresses count as one caller (reliability.md SEC-26, CVE-2026-30827).
 *
 * @module
 */
import express from 'express';
import { type McpRouterOptions, mcpRouter } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { greeter, greeting } from '../support/greeter.js';
import { listen } from '../support/listen.js';
import { post } from '../support/raw-request.js';

const ONE_CALLER: [string, string][] = [
  ['192.0.2.1', '192.0.2.1'],
  ['192.0.2.1', '::ffff:192.0.2.1'],
  ['::ffff:192.0.2.1', '::ffff:c000:201'],
  ['2001:db8::1', '2001:db8::2'],
  ['2001:db8::1', '2001:DB8:0:ff:ffff::9'],
];

const TWO_CALLERS: [string, string][] = [
  ['192.0.2.1', '192.0.2.2'],
  ['192.0.2.1', '::ffff:192.0.2.2'],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.2'],
  ['2001:db8::1', '2001:db8:0:100::1'],
  ['2001:db8::1', '192.0.2.1'],
];

/** Statuses of the same message from two addresses, as an app behind a trusted proxy sees them. */
async function statuses(options: McpRouterOptions, message: object, addresses: readonly string[]) {
  const router = mcpRouter(greeter().server, options);
  onTestFinished(() => router.mcp.close());
  const url = `${await listen(express().set('trust proxy', true).use(router))}/mcp`;
  const seen: number[] = [];
  for (const address of addresses) {
    const headers = { 'X-Forwarded-For': address };
    seen.push((await post(url, message, { headers })).status);
  }
  return { seen, sessions: await router.mcp.sessions.count() };
}

describe('rateLimit', () => {
  const options = { stateless: true, rateLimit: { limit: 1 } };

  it.each(ONE_CALLER)('counts %s and %s as one', async (...addresses) => {
    expect((await statuses(options, greeting(), addresses)).seen).toEqual([200, 429]);
  });

  it.each(TWO_CALLERS)('counts %s and %s as two', async (...addresses) => {
    expect((await statuses(options, greeting(), addresses)).seen).toEqual([200, 200]);
  });
});

describe('session.perAddress', () => {
  const options = { session: { perAddress: 1 } };
  const initialize = {
    ...greeting(),
    method: 'initialize',
    params: {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'a', version: '1' },
    },
  };

  it.each(ONE_CALLER)('counts %s and %s as one, whose older session goes', async (...addresses) => {
    expect(await statuses(options, initialize, addresses)).toEqual({
      seen: [200, 200],
      sessions: 1,
    });
  });

  it.each(TWO_CALLERS)('counts %s and %s as two', async (...addresses) => {
    expect(await statuses(options, initialize, addresses)).toEqual({
      seen: [200, 200],
      sessions: 2,
    });
  });

  it('takes what a proxy calls an address as it is', async () => {
    const { sessions } = await statuses(options, initialize, ['unknown', '_hidden', '']);
    expect(sessions).toBe(3);
  });
});
