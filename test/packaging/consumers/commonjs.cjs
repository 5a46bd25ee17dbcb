// CommonJS in JavaScript, as a user would write it.
const assert = require('node:assert/strict');
const { once } = require('node:events');
const { Client } = require('@modelcontextprotocol/sdk/client/index.js');
const {
  StreamableHTTPClientTransport,
} = require('@modelcontextprotocol/sdk/client/streamableHttp.js');
const {
  InMemoryEventStore,
} = require('@modelcontextprotocol/sdk/examples/shared/inMemoryEventStore.js');
const { McpServer } = require('@modelcontextprotocol/sdk/server/mcp.js');
const express = require('express');
const { mcpRouter } = require('express-mcp-router');
const { redisStore } = require('express-mcp-router/redis');
const { eventStoreContract } = require('express-mcp-router/testing');
const { z } = require('zod');

const server = new McpServer({ name: 'consumer', version: '1.0.0' });
server.registerTool('add', { inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => ({
  content: [{ type: 'text', text: String(a + b) }],
}));

async function main() {
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
}

main();
