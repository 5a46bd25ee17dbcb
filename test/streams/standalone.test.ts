/**
 * The GET stream of a session: ids, what is missed while it is away, and what is told when it cannot be had.
 *
 * @module
 */
import type { McpRouterOptions } from 'express-mcp-router';
import { describe, expect, it } from 'vitest';
import { endpoint } from '../support/endpoint.js';
import { RawClient, type RawStream } from '../support/raw-client.js';
import { teller } from '../support/teller.js';

const TOOLS = 'notifications/tools/list_changed';
const RESOURCES = 'notifications/resources/list_changed';

async function listening(options: McpRouterOptions = {}) {
  const { server, call } = teller();
  const { client, router, url } = await endpoint(server, options);
  const ada = await client();
  const stream = await ada.listen();
  return { server, call, ada, stream, client, router, url };
}

const lastId = ({ events }: RawStream) => events.at(-1)?.id ?? 'none';

describe('the GET stream', () => {
  it('begins with an id and a retry time (2025-11-25 changelog, minor 7)', async () => {
    const { stream } = await listening();
    await expect.poll(() => stream.events.length).toBe(1);
    expect(stream.events[0]).toEqual({ id: expect.any(String), retry: '1000', data: '' });
  });

  it('brings what was said while its client was away', async () => {
    const { server, ada, stream } = await listening();
    server.sendToolListChanged();
    await stream.inbox.method(TOOLS);
    stream.close();
    server.sendResourceListChanged();
    const second = await ada.listen(lastId(stream));
    await second.inbox.method(RESOURCES);
    expect(second.inbox.methods).toEqual([RESOURCES]);
  });

  it('begins anew without Last-Event-ID, in the place of the one there is', async () => {
    const { server, ada, stream } = await listening();
    server.sendToolListChanged();
    await stream.inbox.method(TOOLS);
    const second = await ada.listen();
    await stream.ended;
    server.sendResourceListChanged();
    await second.inbox.method(RESOURCES);
    expect(second.inbox.methods).toEqual([RESOURCES]);
  });

  it('takes a question while its client is away', async () => {
    const { server, call } = teller();
    const { client } = await endpoint(server, { responseMode: 'json' });
    const ada = await client({ capabilities: { roots: {} }, onRequest: () => ({ roots: [] }) });
    const stream = await ada.listen();
    await expect.poll(() => stream.events.length).toBe(1);
    stream.close();
    const post = ada.callTool('tell');
    const tool = await call();
    const asked = server.server.listRoots(undefined, { relatedRequestId: tool.extra.requestId });
    await ada.listen(lastId(stream));
    expect(await asked).toEqual({ roots: [] });
    tool.finish();
    await post.response;
  });

  it('gives its id to one session only', async () => {
    const { stream, client } = await listening();
    const eve = await client();
    expect((await eve.resume(lastId(stream))).status).toBe(400);
  });
});

describe('a GET stream of an earlier process', () => {
  const secret = 'a key that is long enough for every one of us';

  /** The session of one process, at another that shares nothing but the secret. */
  async function moved() {
    const first = await listening({ secret, mcpPath: '/mcp' });
    await expect.poll(() => first.stream.events.length).toBe(1);
    const { server } = teller();
    const second = await endpoint(server, { secret, mcpPath: '/mcp' });
    const ada = new RawClient(second.url);
    ada.sessionId = first.ada.sessionId;
    return { ada, server, id: lastId(first.stream) };
  }

  it('goes on with a gap, and tells the client to look at every list', async () => {
    const { ada, server, id } = await moved();
    const stream = await ada.listen(id);
    await stream.inbox.method(TOOLS);
    expect(stream.events.find(({ event }) => event === 'gap')?.data).toBe(
      '{"reason":"events_lost"}',
    );
    server.sendResourceListChanged();
    await stream.inbox.method(RESOURCES);
    ada.close();
  });

  it('is refused when the id was made up', async () => {
    const { ada, id } = await moved();
    const [name, epoch = '', position] = id.split('.');
    const made = `${name}.${epoch.toLowerCase()}.${position}`;
    expect((await ada.resume(made)).status).toBe(400);
    ada.close();
  });
});

describe('a GET stream whose session was put away meanwhile', () => {
  it('goes on with what is kept, then with a gap: nobody wrote to it (DESIGN §5)', async () => {
    const secret = 'a key that is long enough for every one of us';
    const { server, ada, stream, client } = await listening({
      secret,
      session: { perAddress: 1 },
    });
    server.sendToolListChanged();
    await stream.inbox.method(TOOLS);
    const [primed] = stream.events;
    stream.close();
    await expect.poll(async () => (await client()).sessionId !== undefined).toBe(true);
    const second = await ada.listen(primed?.id);
    await second.inbox.method(RESOURCES);
    expect(second.inbox.methods).toEqual([TOOLS, TOOLS, RESOURCES]);
    const [, kept, gap] = second.events;
    expect([kept?.event, gap?.event]).toEqual(['message', 'gap']);
  });
});
