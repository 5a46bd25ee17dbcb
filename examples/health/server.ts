/**
 * Health checks, and an end that loses no call.
 *
 * @module
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { healthRouter, mcpRouter } from 'express-mcp-router';

const server = new McpServer({ name: 'bakery', version: '1.0.0' });
server.registerTool('bake', { description: 'Takes two seconds' }, async () => {
  await wait(2_000);
  return { content: [{ type: 'text', text: 'A loaf of bread' }] };
});

const app = express();
const mcp = mcpRouter(server);
app.use(mcp);
app.use(healthRouter(mcp));
app.get('/about', (_req, res) => {
  res.json({ pid: process.pid });
});

const listener = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
await once(listener, 'listening');
const { port } = listener.address() as AddressInfo;
console.log(`MCP endpoint   http://127.0.0.1:${port}/mcp
Health         http://127.0.0.1:${port}/healthz
Readiness      http://127.0.0.1:${port}/readyz`);

process.once('SIGTERM', async () => {
  // /readyz is red at once; for a second the load balancer may still send requests.
  await mcp.mcp.drain({ delayMs: 1_000, deadlineMs: 10_000 });
  await mcp.mcp.close();
  listener.close();
  console.log('Every call was answered.');
});
