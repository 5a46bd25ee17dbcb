/**
 * A tool that takes its time: it reports, and lets its connection go while it works.
 *
 * @module
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as work } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { mcpRouter } from 'express-mcp-router';
import { z } from 'zod';

const server = new McpServer({ name: 'importer', version: '1.0.0' });

server.registerTool(
  'import_records',
  {
    description: 'Imports records, and reports after each',
    inputSchema: { records: z.int().min(1).max(1_000) },
  },
  async ({ records }, { _meta, sendNotification, closeSSEStream }) => {
    for (let done = 1; done <= records; done += 1) {
      await work(20);
      if (_meta?.progressToken !== undefined) {
        const params = { progressToken: _meta.progressToken, progress: done, total: records };
        await sendNotification({ method: 'notifications/progress', params });
      }
      // The client comes back for what it missed; no proxy's time-out can end the call.
      if (done % 20 === 0) closeSSEStream?.();
    }
    return { content: [{ type: 'text', text: `${records} records are imported.` }] };
  },
);

const app = express();
app.use('/api', mcpRouter(server, { retryIntervalMs: 200 }));

const listener = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
await once(listener, 'listening');
const { port } = listener.address() as AddressInfo;
console.log(`MCP endpoint   http://127.0.0.1:${port}/api/mcp`);
