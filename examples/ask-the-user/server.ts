/**
 * A tool that asks the user something while it runs.
 *
 * @module
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { mcpRouter } from 'express-mcp-router';
import { z } from 'zod';

const server = new McpServer({ name: 'restaurant', version: '1.0.0' });

server.registerTool(
  'book_table',
  { description: 'Books a table for tonight', inputSchema: { guests: z.int().min(1).max(8) } },
  async ({ guests }) => {
    const answer = await server.server.elicitInput({
      message: `A table for ${guests}: when will you come?`,
      requestedSchema: {
        type: 'object',
        properties: { time: { type: 'string', title: 'Time', enum: ['18:00', '20:30'] } },
        required: ['time'],
      },
    });
    const text =
      answer.action === 'accept'
        ? `A table for ${guests} is booked at ${answer.content?.time}.`
        : 'Nothing was booked.';
    return { content: [{ type: 'text', text }] };
  },
);

const app = express();
app.use('/api', mcpRouter(server));

const listener = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
await once(listener, 'listening');
const { port } = listener.address() as AddressInfo;
console.log(`MCP endpoint   http://127.0.0.1:${port}/api/mcp`);
