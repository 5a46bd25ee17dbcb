/**
 * One server for new clients at `/api/mcp` and for old ones at `/api/sse`.
 *
 * @module
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { mcpRouter } from 'express-mcp-router';
import { z } from 'zod';

const notes: string[] = [];
const server = new McpServer({ name: 'notice-board', version: '1.0.0' });

server.registerTool(
  'pin_note',
  { description: 'Pins a note to the board', inputSchema: { text: z.string().max(200) } },
  ({ text }) => {
    notes.push(text);
    return { content: [{ type: 'text', text: `${notes.length} on the board` }] };
  },
);

server.registerTool('read_notes', { description: 'Reads the board' }, () => ({
  content: notes.map((text) => ({ type: 'text', text })),
}));

server.registerTool(
  'clear_board',
  { description: 'Takes all notes off, if the user agrees' },
  async () => {
    const { action } = await server.server.elicitInput({
      message: `Take ${notes.length} notes off the board?`,
      requestedSchema: { type: 'object', properties: {} },
    });
    if (action === 'accept') notes.length = 0;
    return { content: [{ type: 'text', text: `${notes.length} on the board` }] };
  },
);

const app = express();
app.use('/api', mcpRouter(server, { legacySse: true }));

const listener = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
await once(listener, 'listening');
const { port } = listener.address() as AddressInfo;
console.log(`MCP endpoint   http://127.0.0.1:${port}/api/mcp`);
console.log(`HTTP+SSE       http://127.0.0.1:${port}/api/sse (deprecated)`);
