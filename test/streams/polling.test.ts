/**
 * Connections that are closed early while the call goes on (SEP-1699).
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/server';
import type { McpRouterOptions } from 'express-mcp-router';
import { describe, expect, it } from 'vitest';
import { endpoint } from '../support/endpoint.js';
import type { RawClient, RawClientOptions, RawEvent, RawStream } from '../support/raw-client.js';
import { progressIn, teller } from '../support/teller.js';
import { text, told } from '../support/tool-result.js';

async function calling(options: McpRouterOptions = {}, clientOptions: RawClientOptions = {}) {
  const { server, call } = teller();
  const { client, router } = await endpoint(server, options);
  const ada = await client(clientOptions);
  const post = ada.callTool('tell', {}, { id: 'c', progressToken: 't' });
  return { server, ada, post, tool: await call(), call, router };
}

const lastId = (events: readonly RawEvent[]) => events.findLast(({ id }) => id)?.id ?? 'none';

describe('closeSSEStream()', () => {
  it('upgrades to a stream, says when to come back, and closes the connection', async () => {
    const { post, tool } = await calling({ retryIntervalMs: 40 });
    tool.extra.closeSSEStream?.();
    expect(await post.response).toBeUndefined();
    expect(post.events).toEqual([
      { id: expect.any(String), retry: '40', data: '' },
      { retry: '40' },
    ]);
    tool.finish();
  });

  it('closes as often as it is called, and the client misses nothing', async () => {
    const { ada, post, tool } = await calling();
    const seen: unknown[] = [];
    tool.extra.closeSSEStream?.();
    await post.response;
    let id = lastId(post.events);
    for (let nth = 1; nth <= 6; nth += 1) {
      await tool.say(2 * nth);
      const stream = await ada.listen(id);
      await tool.say(2 * nth + 1);
      tool.extra.closeSSEStream?.();
      await stream.ended;
      seen.push(...progressIn(stream.inbox.all));
      id = lastId(stream.events);
    }
    expect(seen).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    const last = await ada.listen(id);
    tool.finish();
    await last.ended;
    expect(told(last.inbox.all[0]).value).toBe('told');
  });

  it('does nothing when the connection is closed already', async () => {
    const { ada, post, tool } = await calling();
    tool.extra.closeSSEStream?.();
    await post.response;
    tool.extra.closeSSEStream?.();
    tool.extra.closeSSEStream?.();
    const stream = await ada.listen(lastId(post.events));
    tool.finish();
    await stream.ended;
    expect(told(stream.inbox.all[0]).value).toBe('told');
  });

  it.each<[string, McpRouterOptions, RawClientOptions]>([
    ['with eventStore: false', { eventStore: false }, {}],
    ['in stateless mode', { stateless: true }, {}],
    ['for clients before 2025-11-25', {}, { version: '2025-06-18' }],
    ['when the answer has to be JSON', { responseMode: 'json' }, {}],
  ])('is there and does nothing %s', async (_when, options, clientOptions) => {
    const { post, tool } = await calling(options, clientOptions);
    tool.extra.closeSSEStream?.();
    tool.extra.closeStandaloneSSEStream?.();
    expect(tool.extra.closeSSEStream).toBeTypeOf('function');
    tool.finish();
    expect(told(await post.response).value).toBe('told');
    expect((await post.head).headers['content-type']).toBe('application/json');
  });

  it('leaves other calls of the session alone', async () => {
    const { ada, post, tool, call } = await calling();
    const other = ada.callTool('tell', {}, { id: 'o', progressToken: 'o' });
    const second = await call(1);
    await second.say(1);
    tool.extra.closeSSEStream?.();
    await post.response;
    await second.say(2);
    second.finish();
    expect(told(await other.response).value).toBe('told');
    expect(progressIn(other.inbox.all)).toEqual([1, 2]);
    tool.finish();
  });

  it('is handed to tools of SDK v2 as well', async () => {
    const createServer = () => {
      const server = new McpServer({ name: 'v2', version: '1.0.0' });
      server.registerTool('poll', {}, ({ http }) => {
        http?.closeSSE?.();
        return text('polled');
      });
      return server;
    };
    const { client } = await endpoint(createServer);
    const ada = await client();
    const post = ada.callTool('poll');
    expect(await post.response).toBeUndefined();
    const { text: rest } = await ada.resume(lastId(post.events));
    expect(rest).toContain('polled');
  });
});

describe('drain()', () => {
  it('waits for a client that is about to come back for its answer', async () => {
    const { ada, post, tool, router } = await calling();
    tool.extra.closeSSEStream?.();
    await post.response;
    let isDrained = false;
    const drained = router.mcp.drain().then(() => {
      isDrained = true;
    });
    tool.finish('late');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(isDrained).toBe(false);
    const { status, text: events } = await ada.resume(lastId(post.events));
    expect([status, events]).toEqual([200, expect.stringContaining('late')]);
    await drained;
  });

  it('waits for one that does not come no longer than it was told to', async () => {
    const { post, tool, router } = await calling({ retryIntervalMs: 20 });
    tool.extra.closeSSEStream?.();
    await post.response;
    tool.finish('never');
    await router.mcp.drain();
  });
});

describe('closeStandaloneSSEStream()', () => {
  const reopened = async (ada: RawClient, { events, ended }: RawStream) => {
    await ended;
    return ada.listen(lastId(events));
  };

  it('closes the GET stream, which goes on where it stopped', async () => {
    const { server, ada, tool } = await calling();
    let stream = await ada.listen();
    const methods: (string | undefined)[] = [];
    for (let time = 0; time < 3; time += 1) {
      tool.extra.closeStandaloneSSEStream?.();
      await stream.ended;
      methods.push(...stream.inbox.methods);
      server.sendToolListChanged();
      stream = await reopened(ada, stream);
      server.sendResourceListChanged();
      await stream.inbox.until(() => stream.inbox.all.length === 2);
    }
    const both = ['notifications/tools/list_changed', 'notifications/resources/list_changed'];
    expect(methods).toEqual([...both, ...both]);
    expect(stream.inbox.methods).toEqual(both);
    tool.finish();
  });

  it('says when to come back', async () => {
    const { ada, tool } = await calling({ retryIntervalMs: 70 });
    const stream = await ada.listen();
    tool.extra.closeStandaloneSSEStream?.();
    await stream.ended;
    expect(stream.events.map(({ retry }) => retry)).toEqual(['70', '70']);
    tool.finish();
  });
});
