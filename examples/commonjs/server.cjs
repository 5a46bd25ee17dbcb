/**
 * The same in CommonJS: `require` finds the package on Node 20.19 and newer.
 */
const { McpServer } = require('@modelcontextprotocol/sdk/server/mcp.js');
const express = require('express');
const { mcpRouter } = require('express-mcp-router');
const { z } = require('zod');

const server = new McpServer({ name: 'greeter', version: '1.0.0' });

server.registerTool(
  'greet',
  { description: 'Says hello', inputSchema: { name: z.string() } },
  ({ name }) => ({ content: [{ type: 'text', text: `Hello, ${name}!` }] }),
);

const app = express();
app.use('/api', mcpRouter(server));

const listener = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
listener.once('listening', () => {
  console.log(`MCP endpoint   http://127.0.0.1:${listener.address().port}/api/mcp`);
});
