// TypeScript, as a user would write it; compiled as an ES module and as CommonJS.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import {
  type FactoryContext,
  healthRouter,
  type McpRouter,
  type McpRouterOptions,
  mcpRouter,
} from 'express-mcp-router';
import { z } from 'zod';

function createServer(context?: FactoryContext): McpServer {
  const server = new McpServer({ name: context?.principal ?? 'consumer', version: '1.0.0' });
  server.registerTool('add', { inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => ({
    content: [{ type: 'text', text: String(a + b) }],
  }));
  return server;
}

async function main(): Promise<void> {
  const options: McpRouterOptions = { mcpPath: '/tools', session: { idleMs: 60_000 } };
  const shared: McpRouter = mcpRouter(createServer());
  const own: McpRouter = mcpRouter((context) => createServer(context), options);
  const app = express().use('/api', shared, own).use(healthRouter(shared, own));
  const listener = app.listen(0, '127.0.0.1');
  await once(listener, 'listening');

  const { port } = listener.address() as AddressInfo;
  for (const path of ['/api/mcp', '/api/tools']) {
    const client = new Client({ name: 'consumer', version: '1.0.0' });
    const url = new URL(`http://127.0.0.1:${port}${path}`);
    await client.connect(new StreamableHTTPClientTransport(url));
    const { content } = await client.callTool({ name: 'add', arguments: { a: 2, b: 3 } });
    assert.deepEqual(content, [{ type: 'text', text: '5' }]);
    await client.close();
  }
  console.log('called', (await shared.mcp.sessions.count()) + (await own.mcp.sessions.count()));

  await Promise.all([shared.mcp.close(), own.mcp.close()]);
  listener.close();
}

main();
