/**
 * The MCP server that the experiments are made with.
 *
 * Knows: the v1 SDK. Does not know: experiments.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';

/**
 * `echo` returns its argument; `emit` sends each value as a log message before it returns; `flood` reports
 * progress without a pause, and `flooded` tells how many floods are over; `linger` reports now and then,
 * `ask` elicits.
 */
export function createServer(): McpServer {
  const capabilities = { logging: {}, resources: { subscribe: true } };
  const server = new McpServer({ name: 'reliability', version: '1.0.0' }, { capabilities });
  const value = z.unknown();
  server.registerTool('echo', { inputSchema: { value } }, (args) => ({
    content: [{ type: 'text', text: JSON.stringify(args.value) ?? '' }],
  }));
  const values = z.array(value);
  server.registerTool('emit', { inputSchema: { values } }, async (args, { sendNotification }) => {
    for (const data of args.values) {
      await sendNotification({ method: 'notifications/message', params: { level: 'info', data } });
    }
    return { content: [{ type: 'text', text: String(args.values.length) }] };
  });
  let floods = 0;
  const size = { messages: z.int(), bytes: z.int() };
  server.registerTool('flood', { inputSchema: size }, async ({ messages, bytes }, extra) => {
    const progressToken = extra._meta?.progressToken ?? '';
    for (let progress = 1; progress <= messages; progress += 1) {
      const params = { progressToken, progress, message: 'x'.repeat(bytes) };
      await extra.sendNotification({ method: 'notifications/progress', params });
    }
    floods += 1;
    return { content: [{ type: 'text', text: 'over' }] };
  });
  const linger = { reports: z.int(), everyMs: z.int() };
  server.registerTool('linger', { inputSchema: linger }, async ({ reports, everyMs }, extra) => {
    const progressToken = extra._meta?.progressToken ?? '';
    for (let progress = 1; progress <= reports; progress += 1) {
      const params = { progressToken, progress };
      await extra.sendNotification({ method: 'notifications/progress', params });
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
    return { content: [{ type: 'text', text: 'over' }] };
  });
  const requestedSchema = { type: 'object' as const, properties: {} };
  server.registerTool('ask', {}, async () => {
    const { action } = await server.server.elicitInput({ message: '?', requestedSchema });
    return { content: [{ type: 'text', text: action }] };
  });
  server.registerTool('flooded', {}, () => ({ content: [{ type: 'text', text: String(floods) }] }));
  server.registerPrompt('greet', {}, () => ({ messages: [] }));
  server.registerResource('news', 'news://today', {}, ({ href }) => ({
    contents: [{ uri: href, text: 'none' }],
  }));
  return server;
}
