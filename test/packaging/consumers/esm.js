// An ES module in JavaScript, as a user would write it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { InMemoryEventStore } from '@modelcontextprotocol/sdk/examples/shared/inMemoryEventStore.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { mcpRouter } from 'express-mcp-router';
import { redisStore } from 'express-mcp-router/redis';
import { eventStoreContract } from 'express-mcp-router/testing';
import { z } from 'zod';

const server = new McpServer({ name: 'consumer', version: '1.0.0' });
server.registerTool('add', { inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => ({
  content: [{ type: 'text', text: String(a + b) }],
}));

const mcp = mcpRouter(server);
const listener = express().use('/api', mcp).listen(0, '127.0.0.1');
await once(listener, 'listening');

const url = new URL(`http://127.0.0.1:${listener.address().port}/api/mcp`);
const client = new Client({ name: 'consumer', version: '1.0.0' });
await client.connect(new StreamableHTTPClientTransport(url));
const { content } = await client.callTool({ name: 'add', arguments: { a: 2, b: 3 } });
assert.deepEqual(content, [{ type: 'text', text: '5' }]);
console.log('called', content[0].text);

for (const { run } of eventStoreContract(() => new InMemoryEventStore()).slice(-1)) await run();

assert.equal(redisStore('redis://127.0.0.1:6379').name, 'redis');

await client.close();
await mcp.mcp.close();
listener.close();
