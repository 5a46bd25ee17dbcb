/**
 * A client that starts with little, sees little, and asks for more when a tool needs it.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { extractWWWAuthenticateParams } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  StreamableHTTPClientTransport,
  StreamableHTTPError,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const url = new URL(process.argv[2] ?? 'http://127.0.0.1:3000/api/mcp');

let token = 'of-ada-for-reading-only';
let wanted: string | undefined;
const client = new Client({ name: 'tool-scopes-client', version: '1.0.0' });
await client.connect(new StreamableHTTPClientTransport(url, { fetch: withToken }));

assert.deepEqual(await toolNames(), ['read_note']);
console.log('The reader sees one tool');

await assert.rejects(
  client.callTool({ name: 'delete_note', arguments: {} }),
  (error) => error instanceof StreamableHTTPError && error.code === 403,
);
assert.equal(wanted, 'notes:read notes:write notes:delete');
console.log(`403, and all that is missing in one answer: ${wanted}`);

// A client with an authorization server sends its user there now, with `wanted` for a scope.
token = 'of-ada-for-everything-else';
const { content } = await client.callTool({ name: 'delete_note', arguments: {} });
assert.deepEqual(content, [{ type: 'text', text: 'delete_note: done' }]);
assert.deepEqual(await toolNames(), ['read_note', 'write_note', 'delete_note']);
console.log('With more scope the same session goes on, and sees everything');
await client.close();

async function withToken(input: string | URL, init?: RequestInit): Promise<Response> {
  const headers = new Headers(init?.headers);
  headers.set('Authorization', `Bearer ${token}`);
  const response = await fetch(input, { ...init, headers });
  wanted = extractWWWAuthenticateParams(response).scope;
  return response;
}

async function toolNames(): Promise<string[]> {
  const { tools } = await client.listTools();
  return tools.map(({ name }) => name);
}
