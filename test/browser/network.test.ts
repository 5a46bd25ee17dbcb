/**
 * A page whose network is lost and comes back.
 *
 * @module
 */
import { describe, expect, it, onTestFinished } from 'vitest';
import { cableTo } from '../../examples/browser-client/cable.js';
import { lacksChromium, useChromium } from '../support/chromium.js';
import { endpoint } from '../support/endpoint.js';
import { connect, failureToCall, GENERATIONS, openPage } from './pages.js';
import { talker } from './server.js';

describe.skipIf(lacksChromium('a lost network in a browser'))('a page without network', () => {
  const openProfile = useChromium();

  it.each(GENERATIONS)('goes on in its session when it is back: %s', async (generation) => {
    const { server, ran, grow } = talker();
    const { url, router } = await endpoint(server);
    const cable = await cableTo(url);
    onTestFinished(() => cable.remove());
    const page = await openPage(await openProfile(), 'localhost', generation);
    const nextStream = () => page.waitForResponse((answer) => answer.request().method() === 'GET');
    const first = nextStream();
    const client = await connect(page, cable.url);
    await first;

    cable.cut();
    expect(await failureToCall(client, 'greet')).toMatchObject({ status: undefined });
    const second = nextStream();
    cable.mend();
    await second;

    grow('more');
    await page.waitForFunction((it) => it.notes.heard.length > 0, client);
    expect(await client.evaluate((it) => it.call('more'))).toBe('more ran');
    expect(ran).toEqual(['more']);
    expect(await router.mcp.sessions.count()).toBe(1);
  });
});
