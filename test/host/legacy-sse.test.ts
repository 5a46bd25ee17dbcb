/**
 * A conversation over HTTP+SSE: what an old client hears, and that it hears all that a new one would
 * (2024-11-05 transports §HTTP with SSE).
 *
 * @module
 */
import {
  Client as Client2,
  SSEClientTransport as SSEClientTransport2,
} from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  ResourceListChangedNotificationSchema,
  ResourceUpdatedNotificationSchema,
  SubscribeRequestSchema,
  ToolListChangedNotificationSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { GENERATIONS } from '../support/factories.js';
import { greeter } from '../support/greeter.js';
import { RawSse } from '../support/raw-sse.js';
import { sseEndpoint } from '../support/sse-endpoint.js';
import { progressIn, teller } from '../support/teller.js';
import { text, told } from '../support/tool-result.js';

const EVENTUALLY = { timeout: 10_000 };
const EVERYTHING = { sampling: {}, elicitation: {}, roots: { listChanged: true } };

/** The official client, connected over HTTP+SSE until the test ends. */
async function oldClient(url: string, prepare: (client: Client) => void = () => {}) {
  const client = new Client({ name: 'old', version: '1.0.0' }, { capabilities: EVERYTHING });
  prepare(client);
  await client.connect(new SSEClientTransport(new URL(url)));
  onTestFinished(() => client.close());
  return client;
}

describe('the stream', () => {
  it('begins with the address, and holds messages without ids: nothing can be resumed', async () => {
    const { sse, router } = await sseEndpoint(greeter().server);
    const client = await RawSse.connect(sse);
    await client.callTool('greet');
    router.mcp.notify.toolsChanged();
    await client.inbox.method('notifications/tools/list_changed');
    expect(client.events.map(({ event }) => event)).toEqual([
      'endpoint',
      ...Array(3).fill('message'),
    ]);
    expect(client.events.flatMap((event) => Object.keys(event))).not.toContain('id');
  });

  it('is kept open with comments', async () => {
    const { sse } = await sseEndpoint(greeter().server, { keepAliveMs: 20 });
    const client = await RawSse.open(sse);
    await expect.poll(() => client.comments, EVENTUALLY).toContain('keep-alive');
  });

  it.each(['2025-11-25', '2025-06-18'])(
    'is not closed early by a handler, at %s either',
    async (version) => {
      const { server, call } = teller();
      const { sse } = await sseEndpoint(server);
      const client = await RawSse.connect(sse, { version });
      const answer = client.callTool('tell');
      const { extra, finish } = await call();
      extra.closeSSEStream?.();
      extra.closeStandaloneSSEStream?.();
      finish('still here');
      expect(told(await answer).value).toBe('still here');
    },
  );
});

describe('the handshake', () => {
  it.each([
    ['2024-11-05', '2024-11-05'],
    ['2025-03-26', '2025-03-26'],
    ['2025-11-25', '2025-11-25'],
    ['2024-10-07', '2025-11-25'],
  ])('answers a client of %s with %s', async (version, protocolVersion) => {
    const { sse } = await sseEndpoint(greeter().server);
    const client = await RawSse.open(sse, { version });
    expect((await client.initialize()).result).toMatchObject({ protocolVersion });
  });

  it('leaves 2024-11-05 unserved at the endpoint', async () => {
    const { newClient } = await sseEndpoint(greeter().server);
    const client = await newClient({ version: '2024-11-05' });
    expect((await client.ask('ping')).error?.data).toMatchObject({ reason: 'unsupported_version' });
  });

  it('tells the server who the client is', async () => {
    const server = new McpServer({ name: 'who', version: '1.0.0' });
    server.registerTool('who', {}, ({ sessionId }) =>
      text([server.server.getClientVersion()?.name, sessionId]),
    );
    const { sse } = await sseEndpoint(server);
    const client = await RawSse.connect(sse);
    expect(told(await client.callTool('who')).value).toEqual(['raw-sse', client.sessionId]);
  });
});

describe('a POST', () => {
  it('is answered with 202 and no body, its request on the stream', async () => {
    const { sse } = await sseEndpoint(greeter().server);
    const client = await RawSse.connect(sse);
    const request = { jsonrpc: '2.0', id: 'a', method: 'tools/call', params: { name: 'greet' } };
    const { status, text: body } = await client.post(request);
    expect([status, body]).toEqual([202, '']);
    expect(await client.inbox.until(({ id }) => id === 'a')).toMatchObject({
      result: { content: [{ text: 'greeter greets world' }] },
    });
  });

  it.each(['2024-11-05', '2025-06-18'])('may name the version %s', async (version) => {
    const { sse } = await sseEndpoint(greeter().server);
    const client = await RawSse.connect(sse);
    const request = { jsonrpc: '2.0', id: 7, method: 'ping' };
    const { status } = await client.post(request, { 'MCP-Protocol-Version': version });
    expect(status).toBe(202);
    expect(await client.inbox.until(({ id }) => id === 7)).toMatchObject({ result: {} });
  });

  it('needs no Accept that makes sense', async () => {
    const { sse } = await sseEndpoint(greeter().server);
    const client = await RawSse.connect(sse);
    const request = { jsonrpc: '2.0', id: 7, method: 'ping' };
    expect((await client.post(request, { Accept: 'text/plain' })).status).toBe(202);
  });
});

describe('the official client', () => {
  it('hears the progress of its call before the answer', async () => {
    const { server, call } = teller();
    const { sse } = await sseEndpoint(server);
    const client = await oldClient(sse);
    const heard: number[] = [];
    const onprogress = ({ progress }: { progress: number }) => heard.push(progress);
    const answer = client.callTool({ name: 'tell' }, undefined, { onprogress });
    const { say, finish } = await call();
    for (const nth of [1, 2, 3]) await say(nth);
    // This client drops progress that it reads in one go with the answer.
    await expect.poll(() => heard, EVENTUALLY).toEqual([1, 2, 3]);
    finish('done');
    expect(await answer).toMatchObject(text('done'));
  });

  it('cancels: the handler’s signal is aborted, and no answer follows', async () => {
    const { server, call } = teller();
    const { sse } = await sseEndpoint(server);
    const client = await oldClient(sse);
    const controller = new AbortController();
    const answer = client.callTool({ name: 'tell' }, undefined, { signal: controller.signal });
    const { extra } = await call();
    const aborted = new Promise((resolve) => extra.signal.addEventListener('abort', resolve));
    controller.abort('enough');
    await expect(answer).rejects.toThrow('enough');
    await aborted;
    expect(await client.ping()).toEqual({});
  });

  it('is asked inside a call: a form, a sample, its roots', async () => {
    const server = new McpServer({ name: 'asking', version: '1.0.0' });
    const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: 'Hi' } }];
    server.registerTool('ask', {}, async () => {
      const { action } = await server.server.elicitInput({
        message: 'Sure?',
        requestedSchema: { type: 'object', properties: {} },
      });
      const { model } = await server.server.createMessage({ messages, maxTokens: 5 });
      const { roots } = await server.server.listRoots();
      return text([action, model, roots]);
    });
    const { sse } = await sseEndpoint(server);
    const content = { type: 'text' as const, text: 'Hello' };
    const client = await oldClient(sse, (inner) => {
      inner.setRequestHandler(ElicitRequestSchema, () => ({ action: 'decline' }));
      inner.setRequestHandler(CreateMessageRequestSchema, () => ({
        role: 'assistant',
        model: 'small',
        content,
      }));
      inner.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///a' }] }));
    });
    expect(told({ result: await client.callTool({ name: 'ask' }) } as never).value).toEqual([
      'decline',
      'small',
      [{ uri: 'file:///a' }],
    ]);
  });

  it('hears that lists changed and that what it follows was updated', async () => {
    const options = { capabilities: { resources: { subscribe: true, listChanged: true } } };
    const server = new McpServer({ name: 'changing', version: '1.0.0' }, options);
    server.registerTool('one', {}, () => text('one'));
    server.server.setRequestHandler(SubscribeRequestSchema, () => ({}));
    server.server.setRequestHandler(UnsubscribeRequestSchema, () => ({}));
    const { sse, router } = await sseEndpoint(server);
    const heard: string[] = [];
    const client = await oldClient(sse, (inner) => {
      for (const schema of [
        ToolListChangedNotificationSchema,
        ResourceListChangedNotificationSchema,
        ResourceUpdatedNotificationSchema,
      ]) {
        inner.setNotificationHandler(schema, ({ method }) => void heard.push(method));
      }
    });
    await client.subscribeResource({ uri: 'a://b' });
    server.registerTool('two', {}, () => text('two'));
    router.mcp.notify.resourcesChanged();
    router.mcp.notify.resourceUpdated('a://other');
    router.mcp.notify.resourceUpdated('a://b');
    await expect
      .poll(() => heard)
      .toEqual([
        'notifications/tools/list_changed',
        'notifications/resources/list_changed',
        'notifications/resources/updated',
      ]);
    expect((await client.listTools()).tools).toHaveLength(2);
  });

  it.each(GENERATIONS)(
    'is served by a factory of %s, with a server of its own',
    async (_, make) => {
      const builder = make();
      const { sse } = await sseEndpoint(builder.factory);
      const [ada, bob] = [await oldClient(sse), await oldClient(sse)];
      const who = async (client: Client) =>
        told({ result: await client.callTool({ name: 'who' }) } as never).value;
      expect(await Promise.all([who(ada), who(bob), who(ada)])).toEqual([
        [0, false],
        [1, false],
        [0, false],
      ]);
      const closed = new Promise((resolve) => builder.events.once('closed', resolve));
      await ada.close();
      expect(await closed).toBe(0);
    },
  );
});

describe('the official client of SDK v2', () => {
  it.each(['legacy', 'auto'] as const)('lists and calls, in mode %s', async (mode) => {
    const { sse } = await sseEndpoint(greeter().server);
    const client = new Client2({ name: 'v2', version: '1.0.0' }, { versionNegotiation: { mode } });
    await client.connect(new SSEClientTransport2(new URL(sse)));
    onTestFinished(() => client.close());
    expect((await client.listTools()).tools).toHaveLength(2);
    const { content } = await client.callTool({ name: 'greet', arguments: { whom: 'v2' } });
    expect(content).toMatchObject([{ text: 'greeter greets v2' }]);
  });
});

describe('two clients with the same ids', () => {
  it('get each their own answers and progress', async () => {
    const { server, call } = teller();
    const { sse } = await sseEndpoint(server);
    const clients = [await RawSse.connect(sse), await RawSse.connect(sse)];
    const params = { name: 'tell', arguments: {}, _meta: { progressToken: 1 } };
    const answers = clients.map((client) => client.ask('tools/call', params));
    for (const [nth, name] of ['ada', 'bob'].entries()) {
      const { say, finish } = await call(nth);
      await say(nth + 10);
      finish(name);
    }
    const values = (await Promise.all(answers)).map((answer) => told(answer).value);
    expect(values.sort()).toEqual(['ada', 'bob']);
    for (const { inbox } of clients) {
      expect(progressIn(inbox.all)).toHaveLength(1);
      expect(inbox.all.filter(({ id }) => id === 1)).toHaveLength(1);
    }
  });

  it('cannot answer for, or cancel, each other', async () => {
    const server = new McpServer({ name: 'asking', version: '1.0.0' });
    const form = { message: '?', requestedSchema: { type: 'object' as const, properties: {} } };
    server.registerTool('ask', {}, async () =>
      text((await server.server.elicitInput(form)).action),
    );
    const { sse } = await sseEndpoint(server);
    const options = { capabilities: { elicitation: {} } };
    const [ada, bob] = [await RawSse.connect(sse, options), await RawSse.connect(sse, options)];
    const answer = ada.callTool('ask');
    const { id } = await ada.inbox.method('elicitation/create');
    const accept = { jsonrpc: '2.0', id, result: { action: 'accept' } };
    const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } };
    expect([(await bob.post(accept)).status, (await bob.post(cancel)).status]).toEqual([202, 202]);
    await ada.post({ ...accept, result: { action: 'decline' } });
    expect(told(await answer).value).toBe('decline');
    expect(bob.inbox.all).toHaveLength(1);
  });
});

it('serves old and new clients from one server at once', async () => {
  const { sse, router, newClient } = await sseEndpoint(greeter().server);
  const [old, recent] = [await RawSse.connect(sse), await newClient()];
  const stream = await recent.listen();
  expect(await router.mcp.sessions.count()).toBe(2);
  expect((await old.callTool('greet')).result).toEqual(
    (await recent.callTool('greet').response)?.result,
  );
  router.mcp.notify.toolsChanged();
  await old.inbox.method('notifications/tools/list_changed');
  await stream.inbox.method('notifications/tools/list_changed');
});
