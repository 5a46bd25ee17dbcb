/**
 * Servers that cannot be shared, and how the refusal is told.
 *
 * @module
 */
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { RootsListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { McpServer as McpServer2, Server as Server2 } from '@modelcontextprotocol/server';
import { type McpRouterOptions, mcpRouter } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { endpoint } from '../support/endpoint.js';
import { RawClient } from '../support/raw-client.js';
import { RecordedLogger } from '../support/recorded-logger.js';
import { text, told } from '../support/tool-result.js';

const INFO = { name: 'shared', version: '1.0.0' };

/** Both shapes of a v1 server: the object that is passed, and the low-level server in it. */
const SHAPES: [string, () => { server: McpServer | Server; inner: Server }][] = [
  [
    'an McpServer',
    () => {
      const server = new McpServer(INFO);
      server.registerTool('echo', {}, () => text('here'));
      return { server, inner: server.server };
    },
  ],
  [
    'a low-level Server',
    () => {
      const server = new Server(INFO, { capabilities: {} });
      return { server, inner: server };
    },
  ],
];

/** The code that construction throws; undefined when it does not. */
function refusedWith(server: Parameters<typeof mcpRouter>[0], options?: McpRouterOptions) {
  try {
    mcpRouter(server, options);
    return undefined;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

describe.each(SHAPES)('%s', (_shape, make) => {
  it('that is connected elsewhere is refused with ERR_MCP_SERVER_CONNECTED', async () => {
    const { server } = make();
    await server.connect(InMemoryTransport.createLinkedPair()[0]);
    onTestFinished(() => server.close());
    expect(refusedWith(server)).toBe('ERR_MCP_SERVER_CONNECTED');
    expect(refusedWith(server, { dangerouslyShareClientState: true })).toBe(
      'ERR_MCP_SERVER_CONNECTED',
    );
  });

  it('may be mounted twice', () => {
    const { server } = make();
    expect(refusedWith(server)).toBeUndefined();
    expect(refusedWith(server)).toBeUndefined();
  });

  it('may be mounted again after it was closed', async () => {
    const { server } = make();
    const { router } = await endpoint(server);
    await router.mcp.ready();
    await router.mcp.close();
    const { client } = await endpoint(server);
    expect((await (await client()).ask('ping')).result).toEqual({});
  });

  it('with oninitialized is refused with ERR_MCP_SHARED_STATE', () => {
    const { server, inner } = make();
    inner.oninitialized = () => {};
    expect(refusedWith(server)).toBe('ERR_MCP_SHARED_STATE');
  });

  it('that gets oninitialized before its first client is refused then', async () => {
    const { server, inner } = make();
    const logger = new RecordedLogger();
    const { url, router } = await endpoint(server, { logger });
    inner.oninitialized = () => {};
    expect((await router.mcp.ready()).checks).toContainEqual(
      expect.objectContaining({ name: 'server', ok: false, code: 'ERR_MCP_SHARED_STATE' }),
    );
    const client = new RawClient(url);
    onTestFinished(() => client.close());
    expect((await client.request('initialize').head).statusCode).toBe(400);
    expect((await initializeStatus(client)).status).toBe(500);
    expect(logger.codes).toEqual(['ERR_MCP_SHARED_STATE']);
  });

  it('with a handler for roots/list_changed is refused by ready() and by the first request', async () => {
    const { server, inner } = make();
    inner.setNotificationHandler(RootsListChangedNotificationSchema, () => {});
    const logger = new RecordedLogger();
    const { url, router } = await endpoint(server, { logger });
    const { ready, checks } = await router.mcp.ready();
    expect(ready).toBe(false);
    expect(checks).toContainEqual(
      expect.objectContaining({ name: 'server', ok: false, code: 'ERR_MCP_SHARED_STATE' }),
    );
    const client = new RawClient(url);
    onTestFinished(() => client.close());
    expect((await initializeStatus(client)).status).toBe(500);
    expect(logger.codes).toEqual(['ERR_MCP_SHARED_STATE']);
  });

  it('with a fallback notification handler of its own keeps it', async () => {
    const { server, inner } = make();
    const heard: unknown[] = [];
    const fallback = async ({ method }: { method: string }) => {
      heard.push(method);
    };
    inner.fallbackNotificationHandler = fallback;
    const { client } = await endpoint(server);
    await (await client()).notify('notifications/custom');
    expect(inner.fallbackNotificationHandler).toBe(fallback);
    expect(heard).toEqual(['notifications/custom']);
  });

  it('keeps one client’s state if dangerouslyShareClientState says so', async () => {
    const { server, inner } = make();
    const heard: string[] = [];
    inner.oninitialized = () => void heard.push('initialized');
    inner.setNotificationHandler(RootsListChangedNotificationSchema, () => {
      heard.push(inner.getClientVersion()?.name ?? 'nobody');
    });
    const { client } = await endpoint(server, { dangerouslyShareClientState: true });
    const ada = await client({ name: 'ada' });
    await ada.notify('notifications/roots/list_changed');
    await expect.poll(() => heard).toEqual(['initialized', 'ada']);
  });

  it('gets its own methods back when it is closed', async () => {
    const { server, inner } = make();
    const members = ['request', 'getClientCapabilities', 'getClientVersion'] as const;
    const before = members.map((name) => Object.hasOwn(inner, name));
    const { router } = await endpoint(server);
    await router.mcp.ready();
    expect(members.map((name) => Object.hasOwn(inner, name))).toEqual([true, true, true]);
    await router.mcp.close();
    expect(members.map((name) => Object.hasOwn(inner, name))).toEqual(before);
  });
});

/** Status of a right `initialize`. */
async function initializeStatus(client: RawClient) {
  const clientInfo = { name: 'raw', version: '1.0.0' };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  const { head } = client.request('initialize', params);
  const { statusCode: status } = await head;
  return { status };
}

describe('a server of SDK v2', () => {
  it.each([
    ['McpServer', () => new McpServer2(INFO)],
    ['Server', () => new Server2(INFO, { capabilities: {} })],
  ])('is refused as an instance: %s', (_name, make) => {
    expect(refusedWith(make())).toBe('ERR_MCP_SERVER_KIND');
    expect(refusedWith(make(), { dangerouslyShareClientState: true })).toBe('ERR_MCP_SERVER_KIND');
  });
});

describe('something that is no server', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['an object', {}],
    ['a string', 'server'],
  ])('%s is refused', (_what, value) => {
    expect(refusedWith(value as never)).toMatch(/^ERR_MCP_(OPTION|SERVER_KIND)$/);
  });
});

describe('a server that is closed from its side', () => {
  it('answers later calls with 503 and turns ready() red', async () => {
    const server = new McpServer(INFO);
    server.registerTool('echo', {}, () => text('here'));
    const { client, router } = await endpoint(server);
    const ada = await client();
    expect(told(await ada.callTool('echo').response).value).toBe('here');
    await server.close();
    const call = ada.callTool('echo', {}, { id: 'late' });
    expect((await call.head).statusCode).toBe(503);
    expect((await call.response)?.id).toBe('late');
    expect((await router.mcp.ready()).ready).toBe(false);
  });
});
