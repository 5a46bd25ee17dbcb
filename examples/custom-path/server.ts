/**
 * The endpoint at a path of your own: `/tools/assistant` instead of `/tools/mcp`.
 *
 * @module
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { mcpRouter } from 'express-mcp-router';

const server = new McpServer({ name: 'clock', version: '1.0.0' });

server.registerTool('now', { description: 'The time on the server, in UTC' }, () => ({
  content: [{ type: 'text', text: new Date().toISOString() }],
}));

const app = express();
app.use('/tools', mcpRouter(server, { mcpPath: '/assistant' }));

const listener = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
await once(listener, 'listening');
const { port } = listener.address() as AddressInfo;
console.log(`MCP endpoint   http://127.0.0.1:${port}/tools/assistant`);
