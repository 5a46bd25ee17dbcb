/**
 * How fast a host of the SDK's server can be at all: one `McpServer` on a bare transport behind
 * `express.json()`. No sessions, no guards, no cancellation, no isolation; not a peer, a ruler.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { portOf } from './listen.mjs';
import { SERVER_INFO, toolShelf, withTools } from './tools.mjs';

/** @param {{ tools: number }} options */
export async function bareTransport({ tools }) {
  /** @type {Map<number, { id: string | number, res: import('express').Response }>} */
  const waiting = new Map();
  let calls = 0;
  /** @type {import('@modelcontextprotocol/sdk/shared/transport.js').Transport} */
  const transport = {
    start: async () => {},
    close: async () => {},
    send: async (message) => {
      if (!('id' in message) || typeof message.id !== 'number') return;
      const { id, res } = waiting.get(message.id) ?? {};
      waiting.delete(message.id);
      res?.json({ ...message, id });
    },
  };
  await withTools(new McpServer(SERVER_INFO), toolShelf(tools)).connect(transport);
  const app = express();
  app.use(express.json());
  app.post('/mcp', (req, res) => {
    calls += 1;
    waiting.set(calls, { id: req.body.id, res });
    transport.onmessage?.({ ...req.body, id: calls }, {});
  });
  return { port: await portOf(app.listen(0, '127.0.0.1')) };
}
