/**
 * Two instances that share nothing: any of them answers any request.
 *
 * They live in one process here so that one command starts them; on two machines nothing changes.
 *
 * @module
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { mcpRouter } from 'express-mcp-router';
import { z } from 'zod';

async function startInstance(name: string, wanted: number): Promise<void> {
  const server = new McpServer({ name: 'shouter', version: '1.0.0' });
  server.registerTool(
    'shout',
    { description: 'Says it louder', inputSchema: { text: z.string() } },
    ({ text }) => ({
      content: [{ type: 'text', text: `${text.toUpperCase()}! (instance ${name})` }],
    }),
  );

  const app = express();
  app.use(mcpRouter(server, { stateless: true }));

  const listener = app.listen(wanted, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  console.log(`MCP endpoint   http://127.0.0.1:${port}/mcp`);
}

const first = Number(process.env.PORT ?? 3000);
await startInstance('A', first);
await startInstance('B', first === 0 ? 0 : first + 1);
