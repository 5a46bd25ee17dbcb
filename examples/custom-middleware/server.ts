/**
 * Handlers of your own in front of the endpoint, and routes of your own beside it.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express, { type RequestHandler } from 'express';
import { mcpRouter } from 'express-mcp-router';

const server = new McpServer({ name: 'dice', version: '1.0.0' });
server.registerTool('roll', { description: 'A number from 1 to 6' }, () => ({
  content: [{ type: 'text', text: String(1 + Math.floor(Math.random() * 6)) }],
}));

const requestId: RequestHandler = (_req, res, next) => {
  res.set('X-Request-Id', randomUUID());
  next();
};

const log: { id: string; method: string; status: number; ms: number }[] = [];

const requestLog: RequestHandler = (req, res, next) => {
  const start = performance.now();
  res.once('close', () => {
    const ms = Math.round(performance.now() - start);
    const id = String(res.get('X-Request-Id'));
    log.push({ id, method: req.method, status: res.statusCode, ms });
  });
  next();
};

const app = express();
app.use(mcpRouter(server, { middleware: [requestId, requestLog] }));
app.get('/requests', (_req, res) => {
  res.json(log);
});

const listener = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
await once(listener, 'listening');
const { port } = listener.address() as AddressInfo;
console.log(`MCP endpoint   http://127.0.0.1:${port}/mcp
Request log    http://127.0.0.1:${port}/requests`);
