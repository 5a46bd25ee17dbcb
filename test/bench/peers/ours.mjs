/**
 * This package, with default guards and CORS.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { jwtAuth, mcpRouter, serve } from '../../../dist/lib/index.js';
import { redisStore } from '../../../dist/lib/redis.js';
import { BASE_URL, ISSUER, SECRET } from '../load/token.mjs';
import { portOf } from './listen.mjs';
import { startRedis } from './redis.mjs';
import { SERVER_INFO, toolShelf, withTools } from './tools.mjs';

/**
 * One server for all clients.
 *
 * @param {{ tools: number, stateless?: boolean, secret?: string, manySessions?: boolean, isProtected?: boolean }} options -
 * `manySessions` lifts the limits that keep one address from opening them; `isProtected` asks for a token.
 */
export async function shared(options) {
  const { tools, stateless = false, secret, manySessions = false, isProtected = false } = options;
  const server = withTools(new McpServer(SERVER_INFO), toolShelf(tools));
  const session = manySessions ? { max: 200_000, perAddress: 200_000 } : undefined;
  const gate = isProtected ? GATE : {};
  const router = mcpRouter(server, { stateless, secret, session, ...gate });
  return { port: await mounted(router), broadcast: () => server.sendToolListChanged() };
}

const GATE = {
  baseUrl: BASE_URL,
  auth: jwtAuth({ issuer: ISSUER, secret: SECRET }),
  requiredScopes: ['mcp'],
};

/** The direct server, with no app around it. @param {{ tools: number }} options */
export async function direct({ tools }) {
  const server = withTools(new McpServer(SERVER_INFO), toolShelf(tools));
  const { port } = await serve(server, { port: 0, print: false });
  return { port, broadcast: () => server.sendToolListChanged() };
}

/** One server for all clients, whose sessions are in Redis. @param {{ tools: number }} options */
export async function overRedis({ tools }) {
  const server = withTools(new McpServer(SERVER_INFO), toolShelf(tools));
  const store = redisStore(await startRedis());
  const router = mcpRouter(server, { store, secret: SECRET });
  await router.mcp.ready();
  return { port: await mounted(router), broadcast: () => server.sendToolListChanged() };
}

/** A server for every client. @param {{ tools: number, stateless?: boolean }} options */
export async function factory({ tools, stateless = false }) {
  const shelf = toolShelf(tools);
  const router = mcpRouter(() => withTools(new McpServer(SERVER_INFO), shelf), { stateless });
  return { port: await mounted(router), broadcast: () => router.mcp.notify.toolsChanged() };
}

/** @param {import('express').RequestHandler} router */
function mounted(router) {
  const app = express();
  app.use('/', router);
  return portOf(app.listen(0, '127.0.0.1'));
}
