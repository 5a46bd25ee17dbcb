/**
 * Two servers in one app, and one of them at two mounts.
 *
 * @module
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { mcpRouter } from 'express-mcp-router';
import { z } from 'zod';

const shelf = ['Moby-Dick'];
const books = new McpServer({ name: 'books', version: '1.0.0' });
books.registerTool('list_books', { description: 'The books on the shelf' }, () => ({
  content: [{ type: 'text', text: shelf.join('\n') }],
}));
books.registerTool(
  'add_book',
  { description: 'Puts a book on the shelf', inputSchema: { title: z.string() } },
  ({ title }) => {
    shelf.push(title);
    return { content: [{ type: 'text', text: `Added ${title}.` }] };
  },
);

const weather = new McpServer({ name: 'weather', version: '1.0.0' });
weather.registerTool(
  'forecast',
  { description: 'Tomorrow, in a word', inputSchema: { city: z.string() } },
  ({ city }) => ({ content: [{ type: 'text', text: `${city}: sunny` }] }),
);

const app = express();
app.use('/books', mcpRouter(books));
app.use('/weather', mcpRouter(weather));
app.use('/partners/books', mcpRouter(books, { stateless: true }));

const listener = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
await once(listener, 'listening');
const { port } = listener.address() as AddressInfo;
for (const mount of ['books', 'weather', 'partners/books']) {
  console.log(`MCP endpoint   http://127.0.0.1:${port}/${mount}/mcp`);
}
