/**
 * A challenge leads to the document, and the document to the endpoint, wherever that is mounted (RFC 9728
 * §5.1, §3.3).
 *
 * @module
 */
import express from 'express';
import { type McpRouterOptions, mcpRouter, wellKnownRouter } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ownGate } from '../support/gates.js';
import { greeter, greeting } from '../support/greeter.js';
import { challengeOf } from '../support/guarded.js';
import { listen } from '../support/listen.js';
import { post, send } from '../support/raw-request.js';

const H = 'https://h.example.com';

describe('a challenge leads to its document', () => {
  it.each<[McpRouterOptions, string, string, string]>([
    [{ baseUrl: H }, '/', '/mcp', `${H}/mcp`],
    [{ baseUrl: `${H}/api`, mcpPath: '/' }, '/api', '/api', `${H}/api`],
    [{ baseUrl: `${H}/gw/api`, proxyPrefix: '/gw' }, '/api', '/api/mcp', `${H}/gw/api/mcp`],
    [
      { baseUrl: `${H}/oauth`, resourceBaseUrl: 'https://r.example.com/api' },
      '/api',
      '/api/mcp',
      'https://r.example.com/api/mcp',
    ],
    [{ baseUrl: `${H}/t/:tenant` }, '/t/:tenant', '/t/a@b%20c/mcp', `${H}/t/a@b%20c/mcp`],
    [{ baseUrl: `${H}/t/:tenant` }, '/t/:id', '/t/%61cme/mcp', `${H}/t/acme/mcp`],
    [{ baseUrl: `${H}/café` }, '/caf%C3%A9', '/caf%C3%A9/mcp', `${H}/caf%C3%A9/mcp`],
  ])('of %o at %s', async (options, mount, target, resource) => {
    const auth = { ...ownGate(), verify: () => ({ kind: 'missing' }) as const };
    const mcp = mcpRouter(greeter().server, { auth, ...options });
    onTestFinished(() => mcp.mcp.close());
    const origin = await listen(express().use(wellKnownRouter(mcp)).use(mount, mcp));
    const refused = await post(origin, greeting(), { target });
    expect(refused.status).toBe(401);
    const url = new URL(challengeOf(refused)?.resource_metadata ?? '');
    expect(url.origin).toBe(new URL(resource).origin);
    const document = await send(origin, { method: 'GET', target: url.pathname });
    expect(JSON.parse(document.text).resource).toBe(resource);
  });
});
