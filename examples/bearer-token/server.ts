/**
 * Fixed bearer tokens: one from the environment without a line of code, and several with names.
 *
 * @module
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { mcpRouter, staticTokens } from 'express-mcp-router';

if (process.env.MCP_AUTH_TOKEN === undefined) {
  console.error('Set MCP_AUTH_TOKEN first, or /mcp would be open: openssl rand -hex 32');
  process.exit(1);
}

/** In an app of yours these come from where its secrets are. */
const TEAM = staticTokens({
  'ada-5f0e3c1d9b7a48269c': { clientId: 'notebook', subject: 'ada', scopes: ['team'] },
  'bot-1c8d7e6f5a4b39281d': { clientId: 'bot' },
});

const server = new McpServer({ name: 'bearer-token', version: '1.0.0' });
server.registerTool('who', { description: 'Whose token is this?' }, ({ authInfo }) => ({
  content: [{ type: 'text', text: String(authInfo?.extra?.sub ?? authInfo?.clientId) }],
}));

const app = express();
app.use(mcpRouter(server));
app.use('/team', mcpRouter(server, { auth: TEAM, requiredScopes: ['team'] }));

const listener = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
await once(listener, 'listening');
const { port } = listener.address() as AddressInfo;
console.log(`MCP endpoint   http://127.0.0.1:${port}/mcp`);
console.log(`MCP endpoint   http://127.0.0.1:${port}/team/mcp`);
