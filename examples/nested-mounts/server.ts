/**
 * Routers inside routers, and one mount that serves every tenant.
 *
 * @module
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express, { Router } from 'express';
import { mcpRouter } from 'express-mcp-router';

function createServer(owner: string): McpServer {
  const server = new McpServer({ name: `${owner} server`, version: '1.0.0' });
  server.registerTool('whose', { description: 'Whose server this is' }, () => ({
    content: [{ type: 'text', text: owner }],
  }));
  return server;
}

const outer = Router();
outer.use('/inner', mcpRouter(createServer('inner')));
outer.use(
  '/tenants/:tenant',
  mcpRouter(({ params }) => createServer(params.tenant ?? 'nobody')),
);

const app = express();
app.use('/outer', outer);

const listener = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
await once(listener, 'listening');
const { port } = listener.address() as AddressInfo;
for (const path of ['inner', 'tenants/acme', 'tenants/globex']) {
  console.log(`MCP endpoint   http://127.0.0.1:${port}/outer/${path}/mcp`);
}
