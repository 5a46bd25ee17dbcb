/**
 * One protected mount for every tenant: each is a resource of its own, with its own document.
 *
 * @module
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { jwtAuth, mcpRouter, wellKnownRouter } from 'express-mcp-router';
import { localIssuer } from './issuer.js';

const app = express();
const listener = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
await once(listener, 'listening');
const { port } = listener.address() as AddressInfo;
const origin = `http://127.0.0.1:${port}`;

function createServer(tenant: string): McpServer {
  const server = new McpServer({ name: `${tenant} server`, version: '1.0.0' });
  server.registerTool('whose', { description: 'Whose server this is' }, () => ({
    content: [{ type: 'text', text: tenant }],
  }));
  return server;
}

const mcp = mcpRouter(({ params }) => createServer(params.tenant ?? 'nobody'), {
  baseUrl: `${origin}/t/:tenant`,
  auth: jwtAuth({ issuer: await localIssuer() }),
  resourceName: 'Tools of a tenant',
});

app.use(wellKnownRouter(mcp));
app.use('/t/:tenant', mcp);

for (const tenant of ['acme', 'globex']) {
  console.log(`MCP endpoint   ${origin}/t/${tenant}/mcp`);
}
