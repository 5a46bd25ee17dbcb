/**
 * What a page may send to an endpoint and read of its answers, as a real browser sees it.
 *
 * @module
 */
import type { RequestHandler } from 'express';
import type { McpRouterOptions } from 'express-mcp-router';
import { describe, expect, it } from 'vitest';
import { lacksChromium, useChromium } from '../support/chromium.js';
import { endpoint } from '../support/endpoint.js';
import { greeting } from '../support/greeter.js';
import { JSON_HEADERS } from '../support/raw-request.js';
import { connect, FORBIDDEN, fetchIn, openPage, originOf, type PageAnswer } from './pages.js';
import { talker } from './server.js';

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'page', version: '1.0.0' },
  },
};

const posted = (message: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { ...JSON_HEADERS, ...headers },
  body: JSON.stringify(message),
});

/** The app's login, inside the router: behind CORS, before the endpoint. */
const login: RequestHandler = (req, res, next) => {
  if (req.get('authorization') === 'Bearer key of Ada') return next();
  res.writeHead(401, { 'WWW-Authenticate': 'Bearer realm="tools"', 'X-Request-Id': '1' }).end();
};

describe.skipIf(lacksChromium('headers in a browser'))('a page that is let in', () => {
  const openProfile = useChromium();

  /** A page of a listed origin, and a way to send a request of its own to the endpoint. */
  async function visit(options: McpRouterOptions = {}) {
    const page = await openPage(await openProfile(), 'app.example.com');
    const { server, ran } = talker();
    const cors = { origins: [originOf(page)] };
    const { url, router } = await endpoint(server, { cors, ...options });
    const ask = async (init: RequestInit): Promise<PageAnswer> => {
      const answer = await fetchIn(page, url, init);
      if (typeof answer === 'string') throw new Error(answer);
      return answer;
    };
    return { page, url, router, ran, ask };
  }

  it('reads the id of its session', async () => {
    const { ask, router } = await visit();
    const { status, headers } = await ask(posted(INITIALIZE));
    expect(status).toBe(200);
    expect(headers['mcp-session-id']).toMatch(/^[!-~]+$/);
    expect(await router.mcp.sessions.close(String(headers['mcp-session-id']))).toBe(true);
  });

  it.each(['POST', 'GET', 'DELETE'])(
    'reads why %s in an unknown session is refused',
    async (method) => {
      const { ask } = await visit();
      const headers = { 'Mcp-Session-Id': 'unknown' };
      const init = method === 'POST' ? posted(greeting(), headers) : { method, headers };
      const { status, text } = await ask(init);
      expect([status, JSON.parse(text).error.data.reason]).toEqual([404, 'session_not_found']);
    },
  );

  it('reads when to try again', async () => {
    const { ask } = await visit({ rateLimit: { limit: 1 } });
    await ask(posted(INITIALIZE));
    const { status, headers } = await ask(posted(INITIALIZE));
    expect(status).toBe(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  });

  it('reads how to log in, and no header that is not exposed', async () => {
    const { ask } = await visit({ middleware: login });
    const { status, headers } = await ask(posted(INITIALIZE));
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toBe('Bearer realm="tools"');
    expect(headers).not.toHaveProperty('x-request-id');
  });

  it('reads a header that the app exposes itself, and ours as before', async () => {
    const middleware: RequestHandler = (_req, res, next) => {
      res.append('Access-Control-Expose-Headers', 'X-Request-Id').set('X-Request-Id', '1');
      next();
    };
    const { ask } = await visit({ middleware });
    const { headers } = await ask(posted(INITIALIZE));
    expect(headers).toMatchObject({ 'x-request-id': '1', 'mcp-session-id': expect.any(String) });
  });

  it('logs in with a header of its own', async () => {
    const { page, url, ran } = await visit({ middleware: login });
    const client = await connect(page, url, { headers: { Authorization: 'Bearer key of Ada' } });
    await client.evaluate((it) => it.call('greet'));
    expect(ran).toEqual(['greet']);
  });

  it('may send what clients of every revision send', async () => {
    const { ask } = await visit();
    const headers = {
      Accept: 'text/event-stream',
      Authorization: 'Bearer x',
      'Mcp-Session-Id': 'unknown',
      'MCP-Protocol-Version': '2025-11-25',
      'Last-Event-ID': '1',
      'Mcp-Method': 'tools/call',
      'Mcp-Name': 'greet',
      'Mcp-Param-City': 'Basel',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'a=1',
      baggage: 'b=2',
    };
    for (const [name, value] of Object.entries(headers)) {
      const answer = await ask({ headers: { [name]: value } });
      expect(answer.text, name).toContain('"jsonrpc"');
    }
    expect(await ask({ headers })).toMatchObject({ status: 404 });
  });

  it('may not send a header that is not allowed', async () => {
    const { page, url } = await visit();
    expect(await fetchIn(page, url, { headers: { 'X-Other': '1' } })).toBe(FORBIDDEN);
  });
});
