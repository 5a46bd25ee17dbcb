/**
 * The official SDK, line 1, as its examples host it: `simpleStatelessStreamableHttp` and
 * `jsonResponseStreamableHttp`, without their logging.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import { portOf } from './listen.mjs';
import { SERVER_INFO, toolShelf, withInlineTools, withTools } from './tools.mjs';

/**
 * A new server and transport for every request.
 *
 * @param {{ tools: number, json: boolean, inline?: boolean }} options - `inline`: schemas are made per
 * request too, as in the SDK's example.
 */
export async function perRequest({ tools, json, inline = false }) {
  const shelf = toolShelf(tools);
  const createServer = () =>
    inline
      ? withInlineTools(new McpServer(SERVER_INFO), tools)
      : withTools(new McpServer(SERVER_INFO), shelf);
  const app = createMcpExpressApp();
  app.post('/mcp', async (req, res) => {
    const server = createServer();
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: undefined,
      enableJsonResponse: json,
    });
    res.on('close', () => {
      transport.close();
      server.close();
    });
    await server.connect(transport);
    await transport.handleRequest(req, res, req.body);
  });
  return { port: await portOf(app.listen(0, '127.0.0.1')) };
}

/** A server and transport for every session, kept in a map. @param {{ tools: number, json: boolean }} options */
export async function cachedSessions({ tools, json }) {
  const shelf = toolShelf(tools);
  /** @type {Map<string, { server: McpServer, transport: StreamableHTTPServerTransport }>} */
  const sessions = new Map();
  const app = createMcpExpressApp();
  app.all('/mcp', async (req, res) => {
    const session = sessions.get(req.headers['mcp-session-id'] ?? '');
    if (session !== undefined) return session.transport.handleRequest(req, res, req.body);
    if (!isInitializeRequest(req.body)) return res.status(404).end();
    const server = withTools(new McpServer(SERVER_INFO), shelf);
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      enableJsonResponse: json,
      onsessioninitialized: (id) => {
        sessions.set(id, { server, transport });
      },
    });
    await server.connect(transport);
    await transport.handleRequest(req, res, req.body);
  });
  const port = await portOf(app.listen(0, '127.0.0.1'));
  const broadcast = () => {
    for (const { server } of sessions.values()) server.sendToolListChanged();
  };
  return { port, broadcast };
}
