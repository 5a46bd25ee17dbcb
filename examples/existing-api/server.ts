/**
 * An Express API that was there before, and the line that makes it speak MCP.
 *
 * @module
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { mcpRouter } from 'express-mcp-router';
import { errorsAsJson, todoRoutes, unknownRoute } from './api.js';
import { ALL_TODOS, todoServer } from './mcp-server.js';
import { todoEvents } from './todos.js';

const DEFAULT_PORT = 3000;

const app = express();

const mcp = mcpRouter(todoServer);
app.use('/api', mcp); // before express.json(): the router reads its own bodies

app.use(express.json());
app.use('/api/todos', todoRoutes);
app.use(unknownRoute);
app.use(errorsAsJson);

// A change by anyone, by route or by tool, reaches every MCP client that follows the list.
todoEvents.on('change', () => mcp.mcp.notify.resourceUpdated(ALL_TODOS));

const wanted = Number(process.env.PORT ?? DEFAULT_PORT);
const listener = app.listen(wanted, '127.0.0.1');
await once(listener, 'listening').catch((error) => {
  if (error.code !== 'EADDRINUSE') throw error;
  console.error(`Port ${wanted} is taken. Choose another: PORT=${wanted + 1} npm start`);
  process.exit(1);
});

const { port } = listener.address() as AddressInfo;
const origin = `http://127.0.0.1:${port}`;
console.log(`To-do API      ${origin}/api/todos
  list         GET    /api/todos?open=true
  add          POST   /api/todos
  read         GET    /api/todos/:id
  complete     POST   /api/todos/:id/complete
  remove       DELETE /api/todos/:id
MCP endpoint   ${origin}/api/mcp

Try it:        npm run demo${port === DEFAULT_PORT ? '' : ` -- ${origin}/api/mcp`}
               claude mcp add --transport http todos ${origin}/api/mcp`);
