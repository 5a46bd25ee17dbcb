/**
 * The official client of SDK v2, as it connects on its own and as it negotiates.
 *
 * @module
 */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { endpoint, type TestEndpoint } from '../support/endpoint.js';
import { GENERATIONS } from '../support/factories.js';

const INFO = { name: 'v2-client', version: '1.0.0' };
const FORM = {
  message: 'Your name?',
  requestedSchema: { type: 'object' as const, properties: { name: { type: 'string' as const } } },
};

type Mode = 'legacy' | 'auto';

function greeting(): McpServer {
  const server = new McpServer(INFO, { capabilities: { logging: {} } });
  server.registerTool('greet', { inputSchema: { whom: z.string() } }, ({ whom }) => ({
    content: [{ type: 'text', text: `Hello ${whom}` }],
  }));
  server.registerTool('ask', {}, async () => {
    const { content } = await server.server.elicitInput(FORM);
    return { content: [{ type: 'text', text: `Hello ${content?.name}` }] };
  });
  server.registerTool('count', {}, async ({ sendNotification, _meta }) => {
    const progressToken = _meta?.progressToken ?? 0;
    for (const progress of [1, 2]) {
      await sendNotification({
        method: 'notifications/progress',
        params: { progressToken, progress },
      });
    }
    return { content: [] };
  });
  return server;
}

/** A connected client; `listening` resolves when its GET stream is open. */
async function connect({ url }: TestEndpoint, mode: Mode) {
  let opened = () => {};
  const listening = new Promise<void>((resolve) => {
    opened = resolve;
  });
  const observed: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (init?.method === 'GET' && response.ok) opened();
    return response;
  };
  const client = new Client(INFO, {
    capabilities: { elicitation: {} },
    versionNegotiation: { mode },
  });
  const transport = new StreamableHTTPClientTransport(url, { fetch: observed });
  await client.connect(transport);
  onTestFinished(() => client.close());
  return { client, transport, listening };
}

describe.each<Mode>(['legacy', 'auto'])('the v2 client in mode %s', (mode) => {
  it.each([
    ['with sessions', false],
    ['stateless', true],
  ])('lists and calls tools, %s', async (_how, stateless) => {
    const { client } = await connect(await endpoint(greeting(), { stateless }), mode);
    expect(client.getNegotiatedProtocolVersion()).toBe('2025-11-25');
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual([
      'greet',
      'ask',
      'count',
    ]);
    const { content } = await client.callTool({ name: 'greet', arguments: { whom: 'Ada' } });
    expect(content).toEqual([{ type: 'text', text: 'Hello Ada' }]);
  });

  it('opens a session and ends it', async () => {
    const running = await endpoint(greeting());
    const { transport } = await connect(running, mode);
    expect(await running.router.mcp.sessions.count()).toBe(1);
    await transport.terminateSession();
    expect(await running.router.mcp.sessions.count()).toBe(0);
  });

  it('answers an elicitation', async () => {
    const { client } = await connect(await endpoint(greeting()), mode);
    client.setRequestHandler('elicitation/create', () => ({
      action: 'accept',
      content: { name: 'Ada' },
    }));
    const { content } = await client.callTool({ name: 'ask' });
    expect(content).toEqual([{ type: 'text', text: 'Hello Ada' }]);
  });

  it('hears progress', async () => {
    const { client } = await connect(await endpoint(greeting()), mode);
    const heard: number[] = [];
    await client.callTool(
      { name: 'count' },
      { onprogress: ({ progress }) => heard.push(progress) },
    );
    expect(heard).toEqual([1, 2]);
  });

  it('hears of changed tools', async () => {
    const server = greeting();
    const { client, listening } = await connect(await endpoint(server), mode);
    const heard = new Promise<string>((resolve) => {
      client.setNotificationHandler('notifications/tools/list_changed', ({ method }) =>
        resolve(method),
      );
    });
    await listening;
    server.registerTool('more', {}, () => ({ content: [] }));
    expect(await heard).toBe('notifications/tools/list_changed');
  });

  it.each(GENERATIONS)('is served by a factory of %s', async (_generation, makeBuilder) => {
    const { client } = await connect(await endpoint(makeBuilder().factory), mode);
    const { content } = await client.callTool({ name: 'who' });
    expect(content).toEqual([{ type: 'text', text: '[0,false]' }]);
  });
});
