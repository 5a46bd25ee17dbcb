/**
 * Four processes behind one port that share their sessions: whichever answers, it is the same conversation.
 *
 * This program runs five times: once as the primary, which only watches, and in each worker.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { serve } from 'express-mcp-router';
import { redisStore } from 'express-mcp-router/redis';

const server = new McpServer({ name: 'desk', version: '1.0.0' });

server.registerTool('who', { description: 'Names the process that answers' }, () => ({
  content: [{ type: 'text', text: `process ${process.pid}` }],
}));

await serve(server, {
  workers: 4,
  store: redisStore(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'),
  secret: 'an example; yours comes from the environment',
});
