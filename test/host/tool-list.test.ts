/**
 * `tools/list` is answered from memory where that cannot be told from asking the server.
 *
 * @module
 */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ListToolsRequestSchema, type Tool } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { endpoint } from '../support/endpoint.js';
import type { RawClient } from '../support/raw-client.js';
import { text } from '../support/tool-result.js';

const INFO = { name: 'listing', version: '1.0.0' };

async function listed(client: RawClient, params?: Record<string, unknown>): Promise<Tool[]> {
  return ((await client.ask('tools/list', params)).result?.tools ?? []) as Tool[];
}

const names = async (client: RawClient) => (await listed(client)).map(({ name }) => name);

function greeting(): McpServer {
  const server = new McpServer(INFO);
  server.registerTool('greet', { description: 'before' }, () => text('hello'));
  return server;
}

type Change = [string, (server: McpServer) => void, (tools: Tool[]) => void];

const CHANGES: Change[] = [
  [
    'a tool is registered',
    (server) => void server.registerTool('wave', {}, () => text('o/')),
    (tools) => expect(tools.map(({ name }) => name)).toEqual(['greet', 'wave']),
  ],
  [
    'two tools are registered in one go',
    (server) => {
      server.registerTool('wave', {}, () => text('o/'));
      server.registerTool('bow', {}, () => text('_o'));
    },
    (tools) => expect(tools).toHaveLength(3),
  ],
];

describe('the kept list', () => {
  it.each(CHANGES)('is right after %s', async (_what, change, check) => {
    const server = greeting();
    const { client } = await endpoint(server);
    const [ada, bob] = [await client(), await client()];
    expect(await names(ada)).toEqual(['greet']);
    expect(await names(bob)).toEqual(['greet']);
    change(server);
    check(await listed(ada));
    check(await listed(bob));
  });

  it('is right after each change of a registered tool', async () => {
    const server = new McpServer(INFO);
    const tool = server.registerTool('greet', { description: 'before' }, () => text('hello'));
    const { client } = await endpoint(server);
    const ada = await client();
    expect(await listed(ada)).toMatchObject([{ name: 'greet', description: 'before' }]);
    tool.update({ description: 'after' });
    expect(await listed(ada)).toMatchObject([{ name: 'greet', description: 'after' }]);
    tool.update({ name: 'salute' });
    expect(await names(ada)).toEqual(['salute']);
    tool.disable();
    expect(await names(ada)).toEqual([]);
    tool.enable();
    expect(await names(ada)).toEqual(['salute']);
    tool.update({ paramsSchema: { whom: z.string() } });
    expect((await listed(ada))[0]?.inputSchema.properties).toHaveProperty('whom');
    server.registerTool('brief', {}, () => text('bye')).remove();
    expect(await names(ada)).toEqual(['salute']);
  });

  it('is right for a call that a change overtakes', async () => {
    const server = greeting();
    server.registerTool('grow', {}, () => {
      server.registerTool('grown', {}, () => text('new'));
      return text('done');
    });
    const { client } = await endpoint(server);
    const ada = await client();
    await names(ada);
    const [, during] = await Promise.all([ada.callTool('grow').response, names(ada)]);
    expect([2, 3]).toContain(during.length);
    expect(await names(ada)).toEqual(['greet', 'grow', 'grown']);
  });

  it('is forgotten by mcp.notify.toolsChanged', async () => {
    const server = greeting();
    const tool = server.registerTool('quiet', {}, () => text('shh'));
    const { client, router } = await endpoint(server);
    const ada = await client();
    expect(await names(ada)).toEqual(['greet', 'quiet']);
    tool.enabled = false;
    router.mcp.notify.toolsChanged();
    expect(await names(ada)).toEqual(['greet']);
  });

  it('carries each request’s own id and the same result', async () => {
    const { client } = await endpoint(greeting());
    const ada = await client();
    const answers = [];
    for (const id of ['a', 7, 'a"\n']) answers.push(await ada.ask('tools/list', undefined, { id }));
    expect(answers.map(({ id }) => id)).toEqual(['a', 7, 'a"\n']);
    expect(answers[1]?.result).toEqual(answers[0]?.result);
    expect(answers[2]?.result).toEqual(answers[0]?.result);
  });

  it('answers a request with progress token and one without alike', async () => {
    const { client } = await endpoint(greeting());
    const ada = await client();
    const first = await ada.ask('tools/list', {}, { progressToken: 1 });
    const second = await ada.ask('tools/list', {}, { progressToken: 2, id: 'x' });
    expect(second).toEqual({ ...first, id: 'x' });
  });

  it('is not given to a request with a cursor', async () => {
    const { client } = await endpoint(greeting());
    const ada = await client();
    await names(ada);
    expect((await ada.ask('tools/list', { cursor: 7 })).error?.code).toBeDefined();
  });
});

describe('a list that depends on who asks', () => {
  const listedFor = (server: Server): Tool[] => {
    const who = server.getClientVersion()?.name ?? 'nobody';
    return [{ name: `for-${who}`, inputSchema: { type: 'object' } }];
  };

  it('is never kept: a handler that was put in the McpServer’s place', async () => {
    const server = greeting();
    server.server.setRequestHandler(ListToolsRequestSchema, () => ({
      tools: listedFor(server.server),
    }));
    const { client } = await endpoint(server);
    const [ada, bob] = [await client({ name: 'ada' }), await client({ name: 'bob' })];
    expect(await names(ada)).toEqual(['for-ada']);
    expect(await names(bob)).toEqual(['for-bob']);
    expect(await names(ada)).toEqual(['for-ada']);
  });

  it('is never kept: a handler that filters what the McpServer would answer', async () => {
    const server = new McpServer(INFO);
    filterByName(server);
    server.registerTool('greet', {}, () => text('hello'));
    server.registerTool('secret', {}, () => text('psst'));
    const { client } = await endpoint(server);
    const [ada, bob] = [await client({ name: 'ada' }), await client({ name: 'bob' })];
    expect(await names(ada)).toEqual(['greet', 'secret']);
    expect(await names(bob)).toEqual(['greet']);
    expect(await names(ada)).toEqual(['greet', 'secret']);
  });

  it('is never kept: a low-level Server', async () => {
    const server = new Server(INFO, { capabilities: { tools: {} } });
    server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: listedFor(server) }));
    const { client } = await endpoint(server);
    const [ada, bob] = [await client({ name: 'ada' }), await client({ name: 'bob' })];
    expect(await names(ada)).toEqual(['for-ada']);
    expect(await names(bob)).toEqual(['for-bob']);
  });

  it('is never kept: an McpServer with an empty list', async () => {
    const server = greeting();
    server.server.setRequestHandler(ListToolsRequestSchema, () => ({
      tools: server.server.getClientVersion()?.name === 'ada' ? listedFor(server.server) : [],
    }));
    const { client } = await endpoint(server);
    const [ada, bob] = [await client({ name: 'ada' }), await client({ name: 'bob' })];
    expect(await names(bob)).toEqual([]);
    expect(await names(ada)).toEqual(['for-ada']);
  });
});

/** Wraps handlers as they are set, as middlewares do: the same answer, with fewer tools. */
function filterByName({ server }: McpServer): void {
  const set = server.setRequestHandler.bind(server) as (schema: object, handler: Handler) => void;
  const wrapped = (schema: object, handler: Handler) =>
    set(schema, async (...args) => {
      const { tools, ...others } = await handler(...args);
      const isAda = server.getClientVersion()?.name === 'ada';
      return { ...others, tools: tools?.filter(({ name }) => isAda || name !== 'secret') };
    });
  Object.assign(server, { setRequestHandler: wrapped });
}

type Handler = (...args: unknown[]) => Promise<{ tools?: Tool[] }>;
