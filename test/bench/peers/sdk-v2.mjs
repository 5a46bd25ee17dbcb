/**
 * The official SDK, line 2: `createMcpHandler` in Express, through its own Node adapter.
 *
 * @module
 */
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import express from 'express';
import { portOf } from './listen.mjs';
import { SERVER_INFO, toolShelf, withTools } from './tools.mjs';

/** @param {{ tools: number }} options */
export async function handler({ tools }) {
  const shelf = toolShelf(tools);
  const mcp = toNodeHandler(createMcpHandler(() => withTools(new McpServer(SERVER_INFO), shelf)));
  const app = express();
  app.all('/mcp', (req, res) => mcp(req, res));
  return { port: await portOf(app.listen(0, '127.0.0.1')) };
}
