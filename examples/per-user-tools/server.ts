/**
 * Each user gets a server of their own, with the tools that they may use.
 *
 * @module
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express, { type RequestHandler } from 'express';
import { type FactoryContext, mcpRouter } from 'express-mcp-router';
import { z } from 'zod';

const USERS = new Map([
  ['key-of-ada', { name: 'Ada', scopes: ['notes:read', 'notes:write'] }],
  ['key-of-bob', { name: 'Bob', scopes: ['notes:read'] }],
]);

/** The app's own login; what it puts into `req.auth` reaches the function below. */
const login: RequestHandler = (req, res, next) => {
  const token = req.get('authorization')?.replace(/^Bearer /i, '') ?? '';
  const user = USERS.get(token);
  if (user === undefined) {
    res.status(401).set('WWW-Authenticate', 'Bearer').json({ error: 'log in first' });
    return;
  }
  const { name, scopes } = user;
  const auth: AuthInfo = { token, clientId: 'notes', scopes, extra: { sub: name } };
  Object.assign(req, { auth });
  next();
};

const notes: string[] = [];

function createServer({ authInfo }: FactoryContext): McpServer {
  const user = String(authInfo?.extra?.sub);
  const server = new McpServer({ name: `notes for ${user}`, version: '1.0.0' });
  server.registerTool('read_notes', { description: 'Every note' }, () => ({
    content: [{ type: 'text', text: notes.join('\n') }],
  }));
  if (authInfo?.scopes.includes('notes:write')) {
    server.registerTool(
      'write_note',
      { description: 'Adds a note', inputSchema: { text: z.string() } },
      ({ text }) => {
        notes.push(`${user}: ${text}`);
        return { content: [{ type: 'text', text: 'Noted.' }] };
      },
    );
  }
  return server;
}

const app = express();
app.use(mcpRouter(createServer, { middleware: login }));

const listener = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
await once(listener, 'listening');
const { port } = listener.address() as AddressInfo;
console.log(`MCP endpoint   http://127.0.0.1:${port}/mcp`);
