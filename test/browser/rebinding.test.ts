/**
 * DNS rebinding in a real browser: a name of the attacker's that leads to this machine (SEC-01, SEC-02).
 *
 * @module
 */
import express, { type RequestHandler } from 'express';
import { type McpRouterOptions, mcpRouter } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lacksChromium, useChromium } from '../support/chromium.js';
import { greeting } from '../support/greeter.js';
import { listen } from '../support/listen.js';
import { JSON_HEADERS } from '../support/raw-request.js';
import { fetchIn } from './pages.js';
import { talker } from './server.js';

const CALL = { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(greeting()) };

describe.skipIf(lacksChromium('DNS rebinding in a browser'))('a rebound page', () => {
  const openProfile = useChromium();

  /** A page whose own origin is the endpoint's server, by the name of `host`. */
  async function visit(host: string, options: McpRouterOptions = {}) {
    const { server, ran } = talker();
    const passed: string[] = [];
    const middleware: RequestHandler = (req, _res, next) => {
      passed.push(req.method);
      next();
    };
    const router = mcpRouter(server, { stateless: true, middleware, ...options });
    onTestFinished(() => router.mcp.close());
    const app = express().use(router);
    app.get('/', (_req, res) => void res.send('<!doctype html><title>A page</title>'));
    const { port } = new URL(await listen(app));
    const page = await (await openProfile()).newPage();
    await page.goto(`http://${host}:${port}/`);
    return { page, ran, passed };
  }

  it.each<[string, McpRouterOptions]>([
    ['by default', {}],
    ['where other hosts are allowed', { allowedHosts: ['mcp.example.com'] }],
    ['where the public address is known', { baseUrl: 'https://mcp.example.com' }],
  ])('is refused for its Host %s', async (_where, options) => {
    const { page, ran, passed } = await visit('evil.example', options);
    for (const init of [CALL, {}, { method: 'DELETE' }, { method: 'OPTIONS' }]) {
      const refused = await fetchIn(page, '/mcp', init);
      expect(refused).toMatchObject({ status: 403 });
      expect(refused).toMatchObject({ text: expect.stringContaining('host_not_allowed') });
    }
    expect([ran, passed]).toEqual([[], []]);
  });

  it('is refused for its Origin where every Host is let in', async () => {
    const { page, ran, passed } = await visit('evil.example', { dangerouslyAllowAnyHost: true });
    const refused = await fetchIn(page, '/mcp', CALL);
    expect(refused).toMatchObject({ status: 403 });
    expect(refused).toMatchObject({ text: expect.stringContaining('origin_not_allowed') });
    expect([ran, passed]).toEqual([[], []]);
  });

  it('is not what a page on loopback is taken for', async () => {
    const { page, ran } = await visit('localhost');
    expect(await fetchIn(page, '/mcp', CALL)).toMatchObject({ status: 200 });
    expect(ran).toEqual(['greet']);
  });
});
