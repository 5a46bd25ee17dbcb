/**
 * A page that loses its network in the middle of a call misses nothing (2025-11-25 transports §Resumability).
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cableTo } from '../../examples/browser-client/cable.js';
import { lacksChromium, useChromium } from '../support/chromium.js';
import { endpoint } from '../support/endpoint.js';
import { connect, fetchIn, GENERATIONS, type Generation, openPage, originOf } from './pages.js';

/** A call of the tool `tell`, in the test's hands. */
interface Telling {
  /** Reports progress. */
  say(progress: number): Promise<void>;
  /** Asks the user for a name. */
  ask(): Promise<unknown>;
  /** Closes the connection, not the call. */
  letGo(): void;
  finish(): void;
}

const FORM = {
  message: 'Your name?',
  requestedSchema: { type: 'object' as const, properties: { name: { type: 'string' as const } } },
};

/** A server whose tool does what the test says, when the test says so. */
function teller() {
  const server = new McpServer({ name: 'teller', version: '1.0.0' });
  let begin = (_telling: Telling) => {};
  const begun = new Promise<Telling>((resolve) => {
    begin = resolve;
  });
  server.registerTool(
    'tell',
    {},
    async ({ _meta, sendNotification, sendRequest, closeSSEStream }) => {
      const progressToken = _meta?.progressToken ?? '';
      await new Promise<void>((finish) => {
        begin({
          say: (progress) => {
            const params = { progressToken, progress };
            return sendNotification({ method: 'notifications/progress', params });
          },
          ask: async () => {
            const question = { method: 'elicitation/create' as const, params: FORM };
            return (await sendRequest(question, ElicitResultSchema)).content?.name;
          },
          letGo: () => closeSSEStream?.(),
          finish,
        });
      });
      return { content: [{ type: 'text', text: 'told' }] };
    },
  );
  return { server, begun };
}

describe.skipIf(lacksChromium('resumed streams in a browser'))('a page', () => {
  const openProfile = useChromium();

  /** A page of a listed origin behind a cable, connected, with its GET stream open. */
  async function connected(generation: Generation) {
    const page = await openPage(await openProfile(), 'app.example.com', generation);
    const { server, begun } = teller();
    const { url } = await endpoint(server, { cors: { origins: [originOf(page)] } });
    const cable = await cableTo(url);
    onTestFinished(() => cable.remove());
    const resumed: string[] = [];
    page.on('request', (request) => {
      const id = request.headers()['last-event-id'];
      if (id !== undefined) resumed.push(id);
    });
    const listening = page.waitForResponse((answer) => answer.request().method() === 'GET');
    const client = await connect(page, cable.url, { answer: { name: 'Ada' } });
    await listening;
    const lose = async () => {
      await page.context().setOffline(true);
      cable.cut();
    };
    const find = async () => {
      cable.mend();
      await page.context().setOffline(false);
    };
    return { page, client, server, begun, cable, resumed, lose, find };
  }

  /** The same in the middle of a call that has reported once. */
  async function calling(generation: Generation) {
    const visit = await connected(generation);
    const { page, client, begun } = visit;
    const result = client.evaluate((it) => it.call('tell'));
    const telling = await begun;
    await telling.say(1);
    await page.waitForFunction((it) => it.notes.progress.length === 1, client);
    const progress = async () => (await client.evaluate((it) => it.notes)).progress;
    return { ...visit, result, telling, progress };
  }

  describe.each(GENERATIONS)('with %s', (generation) => {
    it('gets every report once, in order, and the result', async () => {
      const { telling, result, progress, resumed, lose, find } = await calling(generation);
      await lose();
      await telling.say(2);
      await telling.say(3);
      await find();
      await telling.say(4);
      telling.finish();
      expect(await result).toBe('told');
      expect(await progress()).toEqual([1, 2, 3, 4]);
      expect(resumed.length).toBeGreaterThan(0);
    });

    it('gets a result that was ready while it was away', async () => {
      const { telling, result, progress, lose, find } = await calling(generation);
      await lose();
      await telling.say(2);
      telling.finish();
      await find();
      expect(await result).toBe('told');
      expect(await progress()).toEqual([1, 2]);
    });

    it('loses its network again and again', async () => {
      const { page, client, telling, result, progress, lose, find } = await calling(generation);
      for (const nth of [2, 3, 4]) {
        await lose();
        await telling.say(nth);
        await find();
        await page.waitForFunction(([it, told]) => it.notes.progress.length === told, [
          client,
          nth,
        ] as const);
      }
      telling.finish();
      expect(await result).toBe('told');
      expect(await progress()).toEqual([1, 2, 3, 4]);
    });

    it('is asked what it was asked while it was away', async () => {
      const { client, telling, result, lose, find } = await calling(generation);
      await lose();
      const name = telling.ask();
      await find();
      expect(await name).toBe('Ada');
      telling.finish();
      expect(await result).toBe('told');
      expect((await client.evaluate((it) => it.notes)).asked).toEqual(['Your name?']);
    });

    it('comes back to a call that let its connection go', async () => {
      const { telling, result, progress, resumed } = await calling(generation);
      telling.letGo();
      await telling.say(2);
      telling.finish();
      expect(await result).toBe('told');
      expect(await progress()).toEqual([1, 2]);
      expect(resumed.length).toBe(1);
    });

    it('hears on its GET stream what was said while it was away', async () => {
      const { page, client, server, lose, find } = await connected(generation);
      await lose();
      server.registerTool('more', {}, () => ({ content: [] }));
      await find();
      await page.waitForFunction((it) => it.notes.heard.length > 0, client);
      const { heard } = await client.evaluate((it) => it.notes);
      expect(heard).toEqual(['notifications/tools/list_changed']);
    });
  });

  it('is told that an event is not known', async () => {
    const { page, client, cable } = await connected('v1');
    const headers = {
      Accept: 'text/event-stream',
      'Mcp-Session-Id': String(await client.evaluate((it) => it.sessionId)),
      'Last-Event-ID': 'unknown',
    };
    const answer = await fetchIn(page, cable.url, { headers });
    expect(answer).toMatchObject({ status: 400 });
    expect(answer).toMatchObject({ text: expect.stringContaining('unknown_event') });
  });
});
