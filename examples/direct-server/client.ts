/**
 * Calls the direct server and looks at its health.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const url = new URL(process.argv[2] ?? 'http://127.0.0.1:8000/mcp');
const client = new Client({ name: 'direct-server-client', version: '1.0.0' });
await client.connect(new StreamableHTTPClientTransport(url));

const { content } = await client.callTool({ name: 'add', arguments: { a: 2, b: 40 } });
assert.deepEqual(content, [{ type: 'text', text: '42' }]);
console.log('2 + 40 = 42');

for (const path of ['/healthz', '/readyz']) {
  const { status } = await fetch(new URL(path, url));
  assert.equal(status, 200);
  console.log(`${path} answers ${status}`);
}

await client.close();
