/**
 * The official clients in a real browser, on pages of another origin than the endpoint's.
 *
 * @module
 */
import type { McpRouterOptions } from 'express-mcp-router';
import { describe, expect, it } from 'vitest';
import { lacksChromium, useChromium } from '../support/chromium.js';
import { endpoint } from '../support/endpoint.js';
import type { PageClientOptions } from './in-page/page-client.js';
import {
  connect,
  failureToCall,
  GENERATIONS,
  type Generation,
  openPage,
  originOf,
} from './pages.js';
import { talker } from './server.js';

/** Hosts of pages, and the options with which an endpoint serves each. */
const OPTIONS_FOR: Record<string, (origin: string) => McpRouterOptions> = {
  localhost: () => ({}),
  'app.example.com': (origin) => ({ cors: { origins: [origin] } }),
};

const CASES = GENERATIONS.flatMap((generation) =>
  Object.keys(OPTIONS_FOR).map((host) => [generation, host] as const),
);

describe.skipIf(lacksChromium('the official clients in a browser'))('the official client', () => {
  const openProfile = useChromium();

  /** A page with a connected client, and the endpoint that it is connected to. */
  async function connected(
    generation: Generation,
    host: string,
    { options, client: told }: { options?: McpRouterOptions; client?: PageClientOptions } = {},
  ) {
    const { server, ran, grow } = talker();
    const page = await openPage(await openProfile(), host, generation);
    const origin = originOf(page);
    const { url, router } = await endpoint(server, { ...OPTIONS_FOR[host]?.(origin), ...options });
    expect(origin).not.toBe(url.origin);
    const listening = page.waitForResponse((answer) => answer.request().method() === 'GET');
    // Most tests are over before they would ask.
    listening.catch(() => {});
    const client = await connect(page, url, { answer: { name: 'Ada' }, ...told });
    return { page, client, router, listening, ran, grow };
  }

  describe.each(CASES)('%s on a page of %s', (generation, host) => {
    it('lists and calls tools in a session', async () => {
      const { client, router, ran } = await connected(generation, host);
      expect(await client.evaluate((it) => it.sessionId)).toMatch(/^[!-~]{20,}$/);
      expect(await router.mcp.sessions.count()).toBe(1);
      expect(await client.evaluate((it) => it.tools())).toEqual(['greet', 'ask', 'count']);
      expect(await client.evaluate((it) => it.call('greet'))).toBe('greet ran');
      expect(ran).toEqual(['greet']);
    });

    it('is asked and answers, and hears progress', async () => {
      const { client } = await connected(generation, host);
      expect(await client.evaluate((it) => it.call('ask'))).toBe('Hello Ada');
      expect(await client.evaluate((it) => it.call('count'))).toBe('counted');
      const { asked, progress } = await client.evaluate((it) => it.notes);
      expect({ asked, progress }).toEqual({ asked: ['Your name?'], progress: [1, 2, 3] });
    });

    it('hears on its GET stream what the server says', async () => {
      const { page, client, listening, grow } = await connected(generation, host);
      expect((await listening).status()).toBe(200);
      grow('more');
      await page.waitForFunction((it) => it.notes.heard.length > 0, client);
      const { heard } = await client.evaluate((it) => it.notes);
      expect(heard).toEqual(['notifications/tools/list_changed']);
      expect(await client.evaluate((it) => it.call('more'))).toBe('more ran');
    });

    it('ends its session with DELETE', async () => {
      const { client, router } = await connected(generation, host);
      await client.evaluate((it) => it.terminate());
      expect(await router.mcp.sessions.count()).toBe(0);
    });

    it('can tell that its session is gone', async () => {
      const { client, router, ran } = await connected(generation, host);
      await router.mcp.sessions.close(String(await client.evaluate((it) => it.sessionId)));
      expect(await failureToCall(client, 'greet')).toMatchObject({ status: 404 });
      expect(ran).toEqual([]);
    });

    it('does without sessions', async () => {
      const options = { stateless: true };
      const { client, listening } = await connected(generation, host, { options });
      expect(await client.evaluate((it) => it.sessionId)).toBeUndefined();
      expect(await client.evaluate((it) => it.call('greet'))).toBe('greet ran');
      expect((await listening).status()).toBe(405);
    });
  });

  it('answers four calls that ask at once, over the six connections of HTTP/1.1', async () => {
    const { client, listening } = await connected('v1', 'localhost');
    await listening;
    const calls = await client.evaluate((it) =>
      Promise.all(['ask', 'ask', 'ask', 'ask'].map((name) => it.call(name))),
    );
    expect(calls).toEqual(Array(4).fill('Hello Ada'));
  });

  it.each(Object.keys(OPTIONS_FOR))('v2 negotiates on a page of %s', async (host) => {
    const { client, ran } = await connected('v2', host, { client: { negotiates: true } });
    expect(await client.evaluate((it) => it.call('greet'))).toBe('greet ran');
    expect(ran).toEqual(['greet']);
  });
});
