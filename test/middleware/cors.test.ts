/**
 * Answers to browsers on other origins (spec.md §4.5; Fetch §3.3, the CORS protocol).
 *
 * @module
 */
import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { McpRouterOptions } from '../../lib/options.js';
import { resolveOptions } from '../../lib/resolve-options.js';
import { corsHandler } from '../../middleware/cors.js';
import { endpoint } from '../support/endpoint.js';
import { greeter, greeting, greetingIn } from '../support/greeter.js';
import { listen } from '../support/listen.js';
import { type Answer, post, send } from '../support/raw-request.js';
import { expectRefusal } from '../support/refusal.js';

const APP = 'https://app.example.com';
const EVIL = 'https://evil.example.com';
const OPTIONS = { cors: { origins: [APP], maxAgeSeconds: 60 } };

/** The handler, and behind it one that answers 405, as the endpoint does. */
function answering(options: McpRouterOptions = OPTIONS): RequestListener {
  const setCorsHeaders = corsHandler(resolveOptions(options, {}).settings);
  return (req, res) => setCorsHeaders(req, res, () => void res.writeHead(405).end('passed'));
}

const ask = async (
  method: string,
  headers: Record<string, string>,
  options?: McpRouterOptions,
): Promise<Answer> => send(await listen(answering(options)), { method, headers });

/** A preflight, as a browser sends it. */
const preflight = (origin: string, requested: string, options?: McpRouterOptions) =>
  ask(
    'OPTIONS',
    {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': requested,
    },
    options,
  );

const corsHeadersOf = ({ headers }: Answer) =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-') || name === 'vary');

/** A list in a header, in lower case. */
const listed = ({ headers }: Answer, name: string): string[] =>
  String(headers[name] ?? '')
    .toLowerCase()
    .split(',')
    .map((part) => part.trim());

describe('a preflight from an allowed origin', () => {
  it('is answered with 204 and nothing behind the handler is asked', async () => {
    const answer = await preflight(APP, 'content-type');
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 204, text: '' });
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-max-age': '60',
      vary: 'Origin',
    });
  });

  it('names the verbs of MCP', async () => {
    const methods = listed(await preflight(APP, 'content-type'), 'access-control-allow-methods');
    expect(methods).toEqual(['get', 'post', 'delete', 'options']);
  });

  it('names every header that a client may send', async () => {
    const headers = listed(await preflight(APP, 'x-other'), 'access-control-allow-headers');
    expect(headers).toEqual([
      'content-type',
      'accept',
      'authorization',
      'mcp-session-id',
      'mcp-protocol-version',
      'last-event-id',
      'mcp-method',
      'mcp-name',
      'traceparent',
      'tracestate',
      'baggage',
    ]);
  });

  it('allows the parameter headers that are asked for, and nothing that looks like one', async () => {
    const requested =
      'content-type, Mcp-Param-City,mcp-param-a_b.c, x-mcp-param-x, mcp-param-, mcp-param-a b, *';
    const headers = listed(await preflight(APP, requested), 'access-control-allow-headers');
    expect(headers.slice(11)).toEqual(['mcp-param-city', 'mcp-param-a_b.c']);
  });

  it('never lets credentials in by cookie', async () => {
    const answer = await preflight(APP, 'content-type');
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
  });

  it('may be kept for ten minutes unless told otherwise', async () => {
    const answer = await preflight(APP, 'content-type', { cors: { origins: [APP] } });
    expect(answer.headers['access-control-max-age']).toBe('600');
  });
});

describe('an answer to an allowed origin', () => {
  it.each([
    [APP, OPTIONS],
    ['http://localhost:6274', OPTIONS],
    ['http://127.0.0.1:1', {}],
    ['https://mcp.example.com', { baseUrl: 'https://mcp.example.com/api' }],
    [EVIL, { dangerouslyAllowAnyOrigin: true }],
    ['null', { dangerouslyAllowAnyOrigin: true }],
  ])('lets the page of %s read it', async (origin, options) => {
    const answer = await ask('GET', { origin }, options);
    expect(answer.text).toBe('passed');
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin' });
  });

  it('exposes the headers that a client reads', async () => {
    expect(listed(await ask('GET', { origin: APP }), 'access-control-expose-headers')).toEqual([
      'mcp-session-id',
      'www-authenticate',
      'mcp-protocol-version',
      'retry-after',
      'ratelimit',
      'ratelimit-policy',
    ]);
  });
});

describe('nothing is said', () => {
  it('to requests without Origin', async () => {
    const answer = await ask('GET', {});
    expect(answer.text).toBe('passed');
    expect(corsHeadersOf(answer)).toEqual([]);
  });

  it.each([EVIL, 'null', '', `${APP}.evil.com`, 'http://app.example.com'])(
    'to pages of %o, and their preflight goes on to the guard',
    async (origin) => {
      for (const answer of [await ask('GET', { origin }), await preflight(origin, 'accept')]) {
        expect({ status: answer.status, text: answer.text }).toEqual({
          status: 405,
          text: 'passed',
        });
        expect(corsHeadersOf(answer)).toEqual([]);
      }
    },
  );

  it('to anybody when cors is false', async () => {
    for (const answer of [
      await ask('GET', { origin: 'http://localhost:1' }, { cors: false }),
      await preflight('http://localhost:1', 'content-type', { cors: false }),
    ]) {
      expect({ status: answer.status, text: answer.text }).toEqual({ status: 405, text: 'passed' });
      expect(corsHeadersOf(answer)).toEqual([]);
    }
  });
});

describe('an endpoint', () => {
  it('answers a page on another origin, refusals included', async () => {
    const { url } = await endpoint(greeter().server, { ...OPTIONS, stateless: true });
    const good = await post(url, greeting(), { headers: { Origin: APP } });
    expect(greetingIn(good)).toBe('greeter greets world');
    expect(good.headers['access-control-allow-origin']).toBe(APP);
    const bad = await post(url, [], { headers: { Origin: APP } });
    expectRefusal(bad, { status: 400, reason: 'empty_batch' });
    expect(bad.headers['access-control-allow-origin']).toBe(APP);
  });

  it('answers a preflight before its middleware is asked', async () => {
    const middleware = (_req: unknown, res: { writeHead(status: number): { end(): void } }) =>
      res.writeHead(401).end();
    const { url } = await endpoint(greeter().server, {
      ...OPTIONS,
      middleware: middleware as never,
    });
    const headers = { Origin: APP, 'Access-Control-Request-Method': 'POST' };
    expect((await send(url, { method: 'OPTIONS', headers })).status).toBe(204);
    expect((await post(url, greeting())).status).toBe(401);
  });

  it('refuses a foreign preflight and tells it why', async () => {
    const { url } = await endpoint(greeter().server, OPTIONS);
    const headers = { Origin: EVIL, 'Access-Control-Request-Method': 'POST' };
    const answer = await send(url, { method: 'OPTIONS', headers });
    expectRefusal(answer, { status: 403, reason: 'origin_not_allowed' });
    expect(corsHeadersOf(answer)).toEqual([]);
  });

  it.each([
    [{ cors: false } as const, { Origin: 'http://localhost:1' }],
    [OPTIONS, {}],
  ])('answers OPTIONS that is no preflight of its own with 405', async (options, headers) => {
    const { url } = await endpoint(greeter().server, options);
    const answer = await send(url, { method: 'OPTIONS', headers });
    expectRefusal(answer, { status: 405, reason: 'method_not_allowed' });
    expect(corsHeadersOf(answer)).toEqual([]);
  });
});
