/**
 * Which pages a real browser lets call an endpoint (Fetch §3.3; reliability SEC-04, SEC-05).
 *
 * @module
 */
import cors from 'cors';
import express, { type RequestHandler } from 'express';
import { type McpRouterOptions, mcpRouter, serve } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lacksChromium, useChromium } from '../support/chromium.js';
import { endpoint } from '../support/endpoint.js';
import { greeting } from '../support/greeter.js';
import { listen } from '../support/listen.js';
import { JSON_HEADERS } from '../support/raw-request.js';
import {
  connect,
  FORBIDDEN,
  failureToConnect,
  fetchIn,
  GENERATIONS,
  openPage,
  originOf,
} from './pages.js';
import { talker } from './server.js';

const APP = 'app.example.com';
const CALL = JSON.stringify(greeting());
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

/** What a page may try; the first four are sent without a preflight. */
const ATTEMPTS: Readonly<Record<string, RequestInit>> = {
  'a call as text': { method: 'POST', body: CALL },
  'a call as a form': { method: 'POST', body: CALL, headers: FORM },
  'a call whose answer nobody reads': { method: 'POST', body: CALL, mode: 'no-cors' },
  'a GET': {},
  'a call': { method: 'POST', body: CALL, headers: JSON_HEADERS },
  'a DELETE': { method: 'DELETE' },
};

/** What is left of an answer that a page did not ask to read. */
const OPAQUE = { status: 0, headers: {}, text: '' };

describe.skipIf(lacksChromium('origins in a browser'))('a page', () => {
  const openProfile = useChromium();

  /** A page, and an endpoint that notes what got past its guards. */
  async function visit(host: string, optionsFor: (origin: string) => McpRouterOptions) {
    const page = await openPage(await openProfile(), host);
    const passed: string[] = [];
    const note: RequestHandler = (req, _res, next) => {
      passed.push(req.method);
      next();
    };
    const { server, ran } = talker();
    const options = { middleware: note, stateless: true, ...optionsFor(originOf(page)) };
    return { page, passed, ran, ...(await endpoint(server, options)) };
  }

  it.each<[string, (origin: string) => McpRouterOptions]>([
    ['that nobody has listed', () => ({})],
    ['that is listed with another port', () => ({ cors: { origins: [`http://${APP}`] } })],
    ['that is listed with https', (origin) => ({ cors: { origins: [secure(origin)] } })],
  ])('%s gets nothing past the guards', async (_which, optionsFor) => {
    const { page, url, passed } = await visit(APP, optionsFor);
    for (const [what, init] of Object.entries(ATTEMPTS)) {
      const expected = init.mode === 'no-cors' ? OPAQUE : FORBIDDEN;
      expect(await fetchIn(page, url, init), what).toEqual(expected);
    }
    expect(passed).toEqual([]);
  });

  it('that is listed gets through with the same requests', async () => {
    const listed = (origin: string) => ({ cors: { origins: [origin] } });
    const { page, url, passed, ran } = await visit(APP, listed);
    const answers: unknown[] = [];
    for (const init of Object.values(ATTEMPTS)) answers.push(await fetchIn(page, url, init));
    const statuses = [415, 415, 0, 405, 200, 405];
    expect(answers).toEqual(statuses.map((status) => expect.objectContaining({ status })));
    expect(passed).toEqual(['POST', 'POST', 'POST', 'GET', 'POST', 'DELETE']);
    expect(ran).toEqual(['greet']);
  });

  it.each(GENERATIONS)('that nobody has listed cannot connect with %s', async (generation) => {
    const page = await openPage(await openProfile(), APP, generation);
    const { url, router } = await endpoint(talker().server);
    const failure = await failureToConnect(page, url);
    expect(failure?.message).toContain('Failed to fetch');
    expect(failure?.status).toBeUndefined();
    expect(await router.mcp.sessions.count()).toBe(0);
  });

  it('in a sandbox has no origin that could be listed', async () => {
    const { page, url, passed } = await visit('localhost', () => ({}));
    await page.setContent('<iframe sandbox="allow-scripts" srcdoc="<p>inside"></iframe>');
    const inside = await (await page.waitForSelector('iframe')).contentFrame();
    if (inside === null) throw new Error('the sandbox is empty');
    expect(await inside.evaluate('origin')).toBe('null');
    expect(await fetchIn(inside, url, ATTEMPTS['a call'])).toBe(FORBIDDEN);
    expect(await fetchIn(page, url, ATTEMPTS['a call'])).toMatchObject({ status: 200 });
    expect(passed).toEqual(['POST']);
  });

  it('runs nothing where cors is off, though its origin is let in', async () => {
    const { page, url, ran } = await visit('localhost', () => ({ cors: false }));
    for (const init of Object.values(ATTEMPTS)) await fetchIn(page, url, init);
    expect(await fetchIn(page, url, ATTEMPTS['a call'])).toBe(FORBIDDEN);
    expect(ran).toEqual([]);
  });

  it('cannot send cookies along', async () => {
    const { page, url, passed } = await visit('localhost', () => ({}));
    const init: RequestInit = { ...ATTEMPTS['a call'], credentials: 'include' };
    expect(await fetchIn(page, url, init)).toBe(FORBIDDEN);
    expect(passed).toEqual([]);
  });

  it('on loopback calls the direct server', async () => {
    const page = await openPage(await openProfile(), 'localhost');
    const { server, ran } = talker();
    const { url, close } = await serve(server, { port: 0, print: false });
    onTestFinished(close);
    const client = await connect(page, new URL(url));
    await client.evaluate((it) => it.call('greet'));
    expect(ran).toEqual(['greet']);
  });

  describe('of an app that has cors() for all its routes', () => {
    /** The app's own CORS lets everybody in; the endpoint has its list. */
    async function visitApp(origins: (origin: string) => string[]) {
      const page = await openPage(await openProfile(), APP);
      const { server, ran } = talker();
      const router = mcpRouter(server, { cors: { origins: origins(originOf(page)) } });
      onTestFinished(() => router.mcp.close());
      const url = new URL('/mcp', await listen(express().use(cors(), router)));
      return { page, url, ran };
    }

    it('connects when the endpoint lists it', async () => {
      const { page, url, ran } = await visitApp((origin) => [origin]);
      const client = await connect(page, url);
      expect(await client.evaluate((it) => it.sessionId)).toMatch(/^[!-~]+$/);
      await client.evaluate((it) => it.call('greet'));
      expect(ran).toEqual(['greet']);
    });

    it('is refused by the endpoint when it does not', async () => {
      const { page, url, ran } = await visitApp(() => []);
      const refused = await fetchIn(page, url, ATTEMPTS['a call']);
      expect(refused).toMatchObject({ status: 403 });
      expect(refused).toMatchObject({ text: expect.stringContaining('origin_not_allowed') });
      expect(ran).toEqual([]);
    });
  });
});

const secure = (origin: string) => origin.replace('http:', 'https:');
