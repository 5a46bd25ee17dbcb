/**
 * `@hono/mcp` as its README shows it: one server, one transport without sessions.
 *
 * @module
 */
import { StreamableHTTPTransport } from '@hono/mcp';
import { serve } from '@hono/node-server';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { Hono } from 'hono';
import { portOf } from './listen.mjs';
import { SERVER_INFO, toolShelf, withTools } from './tools.mjs';

/** @param {{ tools: number, json: boolean }} options */
export async function shared({ tools, json }) {
  const server = withTools(new McpServer(SERVER_INFO), toolShelf(tools));
  const transport = new StreamableHTTPTransport({ enableJsonResponse: json });
  const app = new Hono();
  app.all('/mcp', async (context) => {
    if (!server.isConnected()) await server.connect(transport);
    return transport.handleRequest(context);
  });
  const listening = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  return { port: await portOf(listening) };
}
