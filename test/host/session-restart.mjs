/**
 * A server as a user would run it, in a process of its own: prints its URL and serves until it is
 * stopped. Options come as one JSON argument.
 *
 * @module
 */
import { createServer } from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { mcpRouter } from 'express-mcp-router';

const server = new McpServer({ name: 'restarted', version: '1.0.0' });
server.registerTool('whoami', {}, ({ sessionId }) => ({
  content: [
    {
      type: 'text',
      text: JSON.stringify({
        pid: process.pid,
        sessionId,
        client: server.server.getClientVersion()?.name,
        capabilities: server.server.getClientCapabilities(),
      }),
    },
  ],
}));

const web = createServer(express().use(mcpRouter(server, JSON.parse(process.argv[2] ?? '{}'))));
web.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${web.address().port}/mcp`));
