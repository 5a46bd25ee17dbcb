// Our declarations, read as strictly as TypeScript can and without the browser's types.
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  type Listening,
  type McpRouter,
  type McpRouterOptions,
  mcpRouter,
  memoryStore,
  OptionError,
  type ServerFactory,
  serve,
} from 'express-mcp-router';

const info = { name: 'consumer', version: '1.0.0' };
const factory: ServerFactory = async ({ headers, params }) =>
  headers.authorization === params.id ? new Server(info) : new McpServer(info);

const options: McpRouterOptions = {
  baseUrl: 'https://api.example.com/v1',
  responseMode: 'json',
  session: { idleMs: 60_000 },
  store: memoryStore(),
};

const routers: McpRouter[] = [
  mcpRouter(new McpServer(info), options),
  mcpRouter(new Server(info), {}),
  mcpRouter(factory, { stateless: true, cors: false }),
];

export async function start(): Promise<Listening | string> {
  try {
    return await serve(new McpServer(info), { ...options, port: 0 });
  } catch (error) {
    return error instanceof OptionError ? error.code : `${routers.length} routers`;
  }
}
