/**
 * The login that the app has already guards the endpoint too.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express, { type Request, type RequestHandler } from 'express';
import { fromRequest, mcpRouter } from 'express-mcp-router';

type WithUser = Request & { user?: string };

const PASSWORDS = new Map([
  ['ada', 'lovelace'],
  ['bob', 'builder'],
]);

/** Users by session; stands for express-session and Passport. */
const sessions = new Map<string, string>();

const session: RequestHandler = (req, _res, next) => {
  const [, id = ''] = /\bsid=([\w-]+)/.exec(req.get('cookie') ?? '') ?? [];
  Object.assign(req, { user: sessions.get(id), sid: id });
  next();
};

const server = new McpServer({ name: 'existing-login', version: '1.0.0' });
server.registerTool('who', { description: 'Who is logged in?' }, ({ authInfo }) => ({
  content: [{ type: 'text', text: String(authInfo?.extra?.sub) }],
}));

const app = express();

app.post('/login', express.json(), (req, res) => {
  const { user, password } = req.body ?? {};
  if (!PASSWORDS.has(user) || PASSWORDS.get(user) !== password) return void res.sendStatus(403);
  const id = randomUUID();
  sessions.set(id, user);
  res.cookie('sid', id, { httpOnly: true, sameSite: 'lax' }).sendStatus(204);
});

app.post('/logout', session, (req, res) => {
  sessions.delete((req as Request & { sid: string }).sid);
  res.sendStatus(204);
});

app.use(
  mcpRouter(server, {
    middleware: session,
    auth: fromRequest(({ user }: WithUser) =>
      user === undefined
        ? undefined
        : { token: '', clientId: 'web', scopes: [], extra: { sub: user } },
    ),
  }),
);

const listener = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
await once(listener, 'listening');
const { port } = listener.address() as AddressInfo;
console.log(`MCP endpoint   http://127.0.0.1:${port}/mcp`);
