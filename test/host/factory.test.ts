/**
 * Servers from a factory: whose they are, how long they live, when they are built again.
 *
 * @module
 */
import { once } from 'node:events';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SetLevelRequestSchema, SubscribeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { ConnectableServer } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { endpoint } from '../support/endpoint.js';
import { type Builder, GENERATIONS } from '../support/factories.js';
import { RawClient } from '../support/raw-client.js';
import { RecordedLogger } from '../support/recorded-logger.js';
import { text, told } from '../support/tool-result.js';

const user = (name: string, scopes?: string) => ({
  headers: { 'X-User': name, ...(scopes && { 'X-Scopes': scopes }) },
});

/** Number of the server that answers. */
async function servedBy(client: RawClient): Promise<unknown> {
  const { value } = told(await client.callTool('who').response);
  return (value as unknown[])[0];
}

/** The same session, used with other headers. */
function again(client: RawClient, url: URL, options: { headers: Record<string, string> }) {
  const other = new RawClient(url, { ...options, name: client.name });
  other.sessionId = client.sessionId;
  onTestFinished(() => other.close());
  return other;
}

const closing = (builder: Builder) => once(builder.events, 'closed');

describe.each(GENERATIONS)('a factory of %s', (_generation, makeBuilder) => {
  it('builds one server for each session, and keeps it', async () => {
    const builder = makeBuilder();
    const { client } = await endpoint(builder.factory);
    const [ada, bob] = [await client(), await client()];
    expect(await servedBy(ada)).toBe(0);
    expect(await servedBy(bob)).toBe(1);
    expect(await servedBy(ada)).toBe(0);
    expect(builder.built).toHaveLength(2);
  });

  it('is told about the client', async () => {
    const builder = makeBuilder();
    const { client } = await endpoint(builder.factory);
    const capabilities = { elicitation: {} };
    const ada = await client({ name: 'ada', capabilities, ...user('ada', 'read write') });
    expect(builder.built[0]?.context).toMatchObject({
      authInfo: { clientId: 'app', scopes: ['read', 'write'] },
      principal: expect.stringMatching(/^[\w-]{43}$/),
      sessionId: ada.sessionId,
      clientInfo: { name: 'ada', version: '1.0.0' },
      capabilities,
      headers: { 'x-user': 'ada' },
      era: 'legacy',
      params: {},
    });
  });

  it('builds one server for each principal without sessions, one for each anonymous request', async () => {
    const builder = makeBuilder();
    const { client } = await endpoint(builder.factory, { stateless: true });
    const [ada, bob] = [await client(user('ada')), await client(user('bob'))];
    const servers = [await servedBy(ada), await servedBy(ada), await servedBy(bob)];
    expect(servers).toEqual([0, 0, 1]);
    expect(builder.closed).toEqual([]);
    const anonymous = await client();
    const first = await servedBy(anonymous);
    expect(await servedBy(anonymous)).not.toBe(first);
    await expect.poll(() => builder.closed).toHaveLength(3);
    expect(builder.closed).not.toContain(0);
  });

  it('builds once for requests that come at once', async () => {
    const builder = makeBuilder();
    const slow = async (context: Parameters<Builder['factory']>[0]) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return builder.factory(context);
    };
    const { url } = await endpoint(slow, { stateless: true });
    const clients = Array.from({ length: 8 }, () => new RawClient(url, user('ada')));
    onTestFinished(() => clients.forEach((client) => void client.close()));
    expect(await Promise.all(clients.map(servedBy))).toEqual(Array(8).fill(0));
    expect(builder.built).toHaveLength(1);
  });

  it('builds anew when the principal’s scopes change, and closes the old server', async () => {
    const builder = makeBuilder();
    const { client, url } = await endpoint(builder.factory);
    const ada = await client(user('ada', 'read'));
    expect(await servedBy(ada)).toBe(0);
    const closed = closing(builder);
    expect(await servedBy(again(ada, url, user('ada', 'read write')))).toBe(1);
    expect(await closed).toEqual([0]);
    expect(await servedBy(again(ada, url, user('ada', 'write read')))).toBe(1);
  });

  it('builds anew when the server has closed itself', async () => {
    const builder = makeBuilder();
    const { client } = await endpoint(builder.factory);
    const ada = await client();
    await builder.built[0]?.server.close();
    expect(await servedBy(ada)).toBe(1);
  });

  it('closes a session’s server with the session', async () => {
    const builder = makeBuilder();
    const { client } = await endpoint(builder.factory);
    const ada = await client();
    const closed = closing(builder);
    await ada.delete();
    expect(await closed).toEqual([0]);
  });

  it('closes every server with the endpoint', async () => {
    const builder = makeBuilder();
    const { client, router } = await endpoint(builder.factory);
    await Promise.all([client(), client(), client()]);
    await router.mcp.close();
    expect(builder.closed.toSorted()).toEqual([0, 1, 2]);
  });

  it('asks the client on the call’s own stream', async () => {
    const { client } = await endpoint(makeBuilder().factory);
    const onRequest = () => ({ action: 'accept', content: {} });
    const ada = await client({ capabilities: { elicitation: {} }, onRequest });
    const call = ada.callTool('ask');
    expect(told(await call.response).value).toBe('accept');
    expect(call.inbox.methods).toEqual(['elicitation/create', undefined]);
  });

  it('tells a change of one session’s tools to that session alone', async () => {
    const builder = makeBuilder();
    const { client, router } = await endpoint(builder.factory);
    const streams = [await (await client()).listen(), await (await client()).listen()];
    builder.built[0]?.grow('more');
    router.mcp.notify.promptsChanged();
    const fence = 'notifications/prompts/list_changed';
    await Promise.all(streams.map(({ inbox }) => inbox.method(fence)));
    expect(streams.map(({ inbox }) => inbox.methods)).toEqual([
      ['notifications/tools/list_changed', fence],
      [fence],
    ]);
  });

  it('lets go of the servers used longest ago, but not of one with an open stream', async () => {
    const builder = makeBuilder();
    const { client, url } = await endpoint(builder.factory, { session: { perAddress: 5_000 } });
    const pinned = await client();
    await pinned.listen();
    const visitor = new RawClient(url);
    onTestFinished(() => visitor.close());
    for (let visits = 0; visits < 1_001; visits += 1) {
      visitor.sessionId = undefined;
      await visitor.initialize();
    }
    await expect.poll(() => builder.closed).toEqual([1, 2]);
    expect(await servedBy(pinned)).toBe(0);
  });
});

describe('a session whose server is built again', () => {
  it('is where it was: initialized, its level, its subscriptions', async () => {
    const heard: string[][] = [];
    const factory = () => {
      const own: string[] = [];
      heard.push(own);
      const capabilities = { logging: {}, resources: { subscribe: true } };
      const { server } = new McpServer({ name: 'b', version: '1.0.0' }, { capabilities });
      server.oninitialized = () => void own.push('initialized');
      server.setRequestHandler(SetLevelRequestSchema, ({ params }) => {
        own.push(params.level);
        return {};
      });
      server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
        own.push(params.uri);
        return {};
      });
      return server;
    };
    const { client, url } = await endpoint(factory);
    const ada = await client(user('ada', 'read'));
    await ada.ask('logging/setLevel', { level: 'warning' });
    await ada.ask('resources/subscribe', { uri: 'news://today' });
    await again(ada, url, user('ada', 'write')).ask('ping');
    expect(heard[1]).toEqual(['initialized', 'warning', 'news://today']);
    expect(heard[0]).toEqual(heard[1]);
  });
});

describe('a factory at fault', () => {
  const create = () => {
    const server = new McpServer({ name: 'late', version: '1.0.0' });
    server.registerTool('who', {}, () => text([0]));
    return server;
  };

  /** What a client’s `initialize` gets. */
  async function initialized(url: URL) {
    const client = new RawClient(url);
    onTestFinished(() => client.close());
    return client.initialize();
  }

  it('that returns one server twice is refused with ERR_MCP_SERVER_CONNECTED', async () => {
    const logger = new RecordedLogger();
    const server = create();
    const { client, url } = await endpoint(() => server, { logger });
    const ada = await client();
    expect((await initialized(url)).error?.code).toBe(-32603);
    expect(logger.codes).toEqual(['ERR_MCP_SERVER_CONNECTED']);
    expect(await servedBy(ada)).toBe(0);
  });

  it('that rejects is asked again by the next client', async () => {
    const logger = new RecordedLogger();
    let attempts = 0;
    const factory = async () => {
      attempts += 1;
      if (attempts === 1) throw Object.assign(new Error('secret detail'), { code: 'E_DATABASE' });
      return create();
    };
    const { client, url, router } = await endpoint(factory, { logger });
    const answer = await initialized(url);
    expect(answer.error?.data).toMatchObject({ reason: 'internal' });
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(logger.codes).toEqual(['E_DATABASE']);
    expect(await router.mcp.sessions.count()).toBe(0);
    expect(await servedBy(await client())).toBe(0);
  });

  it('that rejects for a principal is asked again by the next request', async () => {
    let attempts = 0;
    const factory = async () => {
      attempts += 1;
      if (attempts === 1) throw new Error('not yet');
      return create();
    };
    const { url } = await endpoint(factory, { stateless: true });
    const ada = new RawClient(url, user('ada'));
    onTestFinished(() => ada.close());
    expect((await ada.callTool('who').response)?.error?.code).toBe(-32603);
    expect(await servedBy(ada)).toBe(0);
  });

  it.each([
    ['nothing', undefined],
    ['a string', 'server'],
    ['a number', 7],
  ])('that returns %s is told so', async (_what, value) => {
    const logger = new RecordedLogger();
    const { url } = await endpoint(() => value as unknown as ConnectableServer, { logger });
    expect((await initialized(url)).error?.code).toBe(-32603);
    expect(logger.codes).toEqual(['ERR_MCP_OPTION']);
  });
});
