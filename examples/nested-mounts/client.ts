/**
 * Every mount answers with its own server, and a session of one tenant is worth nothing to another.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const [inner, acme, globex] = urlsFromArguments();

assert.equal((await ask(inner)).owner, 'inner');
assert.equal((await ask(globex)).owner, 'globex');
const { owner, sessionId } = await ask(acme);
assert.equal(owner, 'acme');

const atTheWrongTenant = await fetch(globex, {
  method: 'POST',
  headers: {
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
    'Mcp-Session-Id': sessionId,
  },
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
});
assert.equal(atTheWrongTenant.status, 404);
console.log("acme's session does not exist at globex");

async function ask(url: string): Promise<{ owner: string; sessionId: string }> {
  const client = new Client({ name: 'nested-mounts-client', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL(url));
  await client.connect(transport);
  const { content } = await client.callTool({ name: 'whose', arguments: {} });
  const [{ text }] = content as [{ text: string }];
  console.log(`${url} belongs to ${text}`);
  const sessionId = transport.sessionId ?? '';
  await client.close();
  return { owner: text, sessionId };
}

function urlsFromArguments(): [string, string, string] {
  const [first, second, third] = process.argv.slice(2);
  const outer = 'http://127.0.0.1:3000/outer';
  return [
    first ?? `${outer}/inner/mcp`,
    second ?? `${outer}/tenants/acme/mcp`,
    third ?? `${outer}/tenants/globex/mcp`,
  ];
}
