/**
 * The handlers saw every request to the endpoint, and none to the app's own route.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const url = new URL(process.argv[2] ?? 'http://127.0.0.1:3000/mcp');

const ids: (string | null)[] = [];
const noteRequestIds = async (target: string | URL, init?: RequestInit) => {
  const response = await fetch(target, init);
  if (init?.method === 'POST') ids.push(response.headers.get('X-Request-Id'));
  return response;
};

const client = new Client({ name: 'custom-middleware-client', version: '1.0.0' });
await client.connect(new StreamableHTTPClientTransport(url, { fetch: noteRequestIds }));
const { content } = await client.callTool({ name: 'roll', arguments: {} });
const [{ text }] = content as [{ text: string }];
assert.match(text, /^[1-6]$/);
console.log(`Rolled a ${text}`);

const ownRoute = await fetch(new URL('/requests', url));
assert.equal(ownRoute.headers.get('X-Request-Id'), null);
const log = (await ownRoute.json()) as { id: string; status: number; ms: number }[];
assert.equal(ids.length, 3);
for (const id of ids) {
  const entry = log.find((logged) => logged.id === id);
  assert.ok(entry);
  console.log(`request ${entry.id} was answered ${entry.status} within ${entry.ms} ms`);
}
await client.close();
