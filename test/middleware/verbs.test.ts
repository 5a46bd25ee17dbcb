/**
 * What each HTTP method means at an endpoint (2025-11-25 transports §Streamable HTTP).
 *
 * @module
 */
import express from 'express';
import type { McpRouterOptions } from 'express-mcp-router';
import { mcpRouter } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { greeter, greeting } from '../support/greeter.js';
import { listen } from '../support/listen.js';
import { RawClient } from '../support/raw-client.js';
import { JSON_HEADERS, post, send } from '../support/raw-request.js';
import { expectRefusal } from '../support/refusal.js';

const WITH_SESSIONS = 'GET, POST, DELETE';

async function endpoint(options: McpRouterOptions = {}): Promise<string> {
  const router = mcpRouter(greeter().server, options);
  onTestFinished(() => router.mcp.close());
  return `${await listen(express().use(router))}/mcp`;
}

describe('a verb that is not served is 405 and names those that are', () => {
  it.each(['PUT', 'PATCH', 'OPTIONS', 'PROPFIND', 'TRACE', 'LOCK'])('%s', async (method) => {
    const url = await endpoint();
    expectRefusal(await send(url, { method }), {
      status: 405,
      reason: 'method_not_allowed',
      headers: { allow: WITH_SESSIONS },
    });
    expect((await post(url, greeting())).status).toBe(400);
  });

  it.each(['GET', 'DELETE', 'PUT', 'OPTIONS'])('%s without sessions', async (method) => {
    const url = await endpoint({ stateless: true });
    expectRefusal(await send(url, { method, headers: { Accept: 'text/event-stream' } }), {
      status: 405,
      reason: 'method_not_allowed',
      headers: { allow: 'POST' },
    });
    expect((await post(url, greeting())).status).toBe(200);
  });

  it.each([
    [{}, WITH_SESSIONS],
    [{ stateless: true }, 'POST'],
  ])('HEAD, with no body (RFC 9110 §9.3.2): %j', async (options, allow) => {
    const answer = await send(await endpoint(options), { method: 'HEAD' });
    expect([answer.status, answer.text, answer.headers.allow]).toEqual([405, '', allow]);
  });

  it.each(['PUT', 'PATCH'])('%s with a body, which is not read', async (method) => {
    const url = await endpoint();
    const answer = await send(url, { method, headers: JSON_HEADERS, body: '{"not": json' });
    expectRefusal(answer, { status: 405, reason: 'method_not_allowed' });
  });

  it('OPTIONS with CORS turned off', async () => {
    const headers = { Origin: 'http://localhost:5173', 'Access-Control-Request-Method': 'POST' };
    const answer = await send(await endpoint({ cors: false }), { method: 'OPTIONS', headers });
    expectRefusal(answer, { status: 405, reason: 'method_not_allowed' });
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('GET', () => {
  it.each([
    ['application/json', 406, 'not_acceptable'],
    ['text/html', 406, 'not_acceptable'],
    ['text/event-stream;q=0', 406, 'not_acceptable'],
    ['text/event-stream', 400, 'session_required'],
    ['*/*', 400, 'session_required'],
    [undefined, 400, 'session_required'],
  ])('with Accept %j and no session is %i', async (accept, status, reason) => {
    const headers = accept === undefined ? {} : { Accept: accept };
    expectRefusal(await send(await endpoint(), { method: 'GET', headers }), { status, reason });
  });

  it('opens the stream of a session', async () => {
    const client = await RawClient.connect(await endpoint());
    onTestFinished(() => client.close());
    const stream = await client.listen();
    stream.close();
  });
});

describe('DELETE', () => {
  it('ends a session once, and is 404 from then on', async () => {
    const url = await endpoint();
    const client = await RawClient.connect(url);
    onTestFinished(() => client.close());
    const headers = { 'Mcp-Session-Id': client.sessionId };
    const ended = await send(url, { method: 'DELETE', headers });
    expect([ended.status, ended.text]).toEqual([200, '']);
    expectRefusal(await send(url, { method: 'DELETE', headers }), {
      status: 404,
      reason: 'session_not_found',
    });
  });

  it('does not read a body', async () => {
    const url = await endpoint();
    const client = await RawClient.connect(url);
    onTestFinished(() => client.close());
    const headers = { 'Mcp-Session-Id': client.sessionId, ...JSON_HEADERS };
    expect((await send(url, { method: 'DELETE', headers, body: '{"half' })).status).toBe(200);
  });

  it('without a session is 400', async () => {
    const answer = await send(await endpoint(), { method: 'DELETE' });
    expectRefusal(answer, { status: 400, reason: 'session_required' });
  });
});
