/**
 * An endpoint whose users log in at an authorization server somewhere else.
 *
 * @module
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { jwtAuth, mcpRouter, wellKnownRouter } from 'express-mcp-router';
import { authorizationServer } from './authorization-server.js';

const app = express();
const listener = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
await once(listener, 'listening');
const { port } = listener.address() as AddressInfo;
const issuer = await authorizationServer();

const server = new McpServer({ name: 'remote-authorization-server', version: '1.0.0' });
server.registerTool('greet', { description: 'Greets whoever has logged in' }, ({ authInfo }) => ({
  content: [{ type: 'text', text: `Hello ${authInfo?.extra?.sub}` }],
}));

const mcp = mcpRouter(server, {
  baseUrl: `http://127.0.0.1:${port}/api`,
  auth: jwtAuth({ issuer }),
  requiredScopes: ['greet'],
});
app.use(wellKnownRouter(mcp));
app.use('/api', mcp);

console.log(`Authorization  ${issuer}`);
console.log(`MCP endpoint   ${mcp.mcp.url}`);
