/**
 * JWTs of an identity provider, verified here: signature, issuer, audience, times, scopes.
 *
 * @module
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { jwtAuth, mcpRouter } from 'express-mcp-router';
import { localIssuer } from './issuer.js';

const app = express();
const listener = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
await once(listener, 'listening');
const { port } = listener.address() as AddressInfo;
const origin = `http://127.0.0.1:${port}`;

const issuer = `${origin}/issuer`;
app.use('/issuer', await localIssuer(issuer));

const server = new McpServer({ name: 'jwt', version: '1.0.0' });
server.registerTool('who', { description: 'What does the token say?' }, ({ authInfo }) => ({
  content: [{ type: 'text', text: `${authInfo?.clientId}: ${authInfo?.scopes.join(', ')}` }],
}));

app.use(
  '/api',
  mcpRouter(server, {
    baseUrl: `${origin}/api`,
    auth: jwtAuth({ issuer, jwksUri: `${issuer}/jwks` }),
    requiredScopes: ['greet'],
  }),
);

console.log(`MCP endpoint   ${origin}/api/mcp`);
