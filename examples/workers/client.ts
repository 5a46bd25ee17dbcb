/**
 * One session over many connections, so that every worker answers in it.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const url = new URL(process.argv[2] ?? 'http://127.0.0.1:8000/mcp');
const transport = new StreamableHTTPClientTransport(url);
const client = new Client({ name: 'workers-client', version: '1.0.0' });
await client.connect(transport);

const ask = async () => {
  const { content } = await client.callTool({ name: 'who', arguments: {} });
  const [answer] = content as [{ text: string }];
  return answer.text;
};
// A connection stays with its worker. Calls at the same time need connections of their own.
const answers = await Promise.all(Array.from({ length: 12 }, ask));
const processes = new Set(answers);
for (const name of processes)
  console.log(`${name} answered in session ${transport.sessionId?.slice(0, 8)}…`);

assert.equal(processes.size, 4);
await client.close();
