/**
 * The path answers with and without a trailing slash, without a redirect; `/mcp` does not exist.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const url = new URL(process.argv[2] ?? 'http://127.0.0.1:3000/tools/assistant');

for (const spelling of [url, new URL(`${url}/`)]) {
  const client = new Client({ name: 'custom-path-client', version: '1.0.0' });
  const requestInit = { redirect: 'error' } as const;
  await client.connect(new StreamableHTTPClientTransport(spelling, { requestInit }));
  const { content } = await client.callTool({ name: 'now', arguments: {} });
  const [{ text }] = content as [{ text: string }];
  assert.ok(!Number.isNaN(Date.parse(text)));
  console.log(`${spelling} says it is ${text}`);
  await client.close();
}

const { status } = await fetch(new URL('mcp', url), { method: 'POST' });
assert.equal(status, 404);
console.log('/tools/mcp is a 404');
