/**
 * A protected endpoint in an app as they are: helmet, parsers, routes, and a page for every other path.
 *
 * @module
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { jwtAuth, mcpRouter, wellKnownRouter } from 'express-mcp-router';
import helmet from 'helmet';

const app = express();
const listener = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
await once(listener, 'listening');
const { port } = listener.address() as AddressInfo;
const origin = `http://127.0.0.1:${port}`;

const mcp = mcpRouter(new McpServer({ name: 'behind-helmet', version: '1.0.0' }), {
  baseUrl: `${origin}/api`,
  auth: jwtAuth({ issuer: 'https://login.example.com/' }),
});

app.use(helmet(), wellKnownRouter(mcp));
app.use(express.json(), express.urlencoded({ extended: true }));
app.use('/api', mcp, mcp.mcp.errorHandler);
app.get('/api/todos', (_req, res) => {
  res.json([]);
});
app.use((_req, res) => {
  res.type('html').send('<!doctype html><title>The app</title>');
});

console.log(`MCP endpoint   ${mcp.mcp.url}`);
