/**
 * Tools that need more than others: each has its scopes, and one scope contains another.
 *
 * @module
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { mcpRouter, staticTokens } from 'express-mcp-router';

const server = new McpServer({ name: 'tool-scopes', version: '1.0.0' });
for (const name of ['read_note', 'write_note', 'delete_note']) {
  server.registerTool(name, { description: `May you ${name.replace('_', ' a ')}?` }, () => ({
    content: [{ type: 'text', text: `${name}: done` }],
  }));
}

// Two tokens of one user, written down here for show; they may as well come from an authorization server.
const ada = { clientId: 'notebook', subject: 'ada' };
const auth = staticTokens({
  'of-ada-for-reading-only': { ...ada, scopes: ['notes:read'] },
  'of-ada-for-everything-else': { ...ada, scopes: ['notes:admin'] },
});

const app = express();
app.use(
  '/api',
  mcpRouter(server, {
    auth,
    requiredScopes: ['notes:read'],
    scopes: {
      tools: { write_note: 'notes:write', 'delete_*': ['notes:write', 'notes:delete'] },
      implies: { 'notes:admin': ['notes:read', 'notes:write', 'notes:delete'] },
    },
  }),
);

const listener = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
await once(listener, 'listening');
const { port } = listener.address() as AddressInfo;
console.log(`MCP endpoint   http://127.0.0.1:${port}/api/mcp`);
