/**
 * npm's `fastmcp`, HTTP streaming, stateless.
 *
 * @module
 */
import { createServer } from 'node:http';
import { FastMCP } from 'fastmcp';
import { portOf } from './listen.mjs';
import { SERVER_INFO, toolShelf } from './tools.mjs';

/** @param {{ tools: number, json: boolean }} options */
export async function stateless({ tools, json }) {
  const server = new FastMCP(SERVER_INFO);
  for (const { name, description, inputSchema } of toolShelf(tools)) {
    const execute = async ({ a, b }) => String(a + b);
    server.addTool({ name, description, parameters: inputSchema, execute });
  }
  const port = await freePort();
  const httpStream = {
    port,
    host: '127.0.0.1',
    endpoint: '/mcp',
    stateless: true,
    enableJsonResponse: json,
  };
  await server.start({ transportType: 'httpStream', httpStream });
  return { port };
}

/** FastMCP does not tell which port it got, so it is given one that was free a moment ago. */
async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  const port = await portOf(probe);
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
