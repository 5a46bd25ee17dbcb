/**
 * Ada may write, Bob may only read, and nobody else gets in.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  StreamableHTTPClientTransport,
  StreamableHTTPError,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const url = new URL(process.argv[2] ?? 'http://127.0.0.1:3000/mcp');

const ada = await connect('key-of-ada');
const bob = await connect('key-of-bob');
assert.deepEqual(await toolNames(ada), ['read_notes', 'write_note']);
assert.deepEqual(await toolNames(bob), ['read_notes']);

await ada.callTool({ name: 'write_note', arguments: { text: 'Bob reads this' } });
const { content } = await bob.callTool({ name: 'read_notes', arguments: {} });
const [{ text }] = content as [{ text: string }];
assert.match(text, /^Ada: Bob reads this$/m);

const refused = await bob.callTool({ name: 'write_note', arguments: { text: 'Me too' } });
assert.equal(refused.isError, true);
console.log('Bob cannot call what he does not see');

await assert.rejects(
  connect('key-of-eve'),
  (error) => error instanceof StreamableHTTPError && error.code === 401,
);
console.log('Eve is not let in');

await ada.close();
await bob.close();

async function connect(key: string): Promise<Client> {
  const client = new Client({ name: 'per-user-tools-client', version: '1.0.0' });
  const requestInit = { headers: { Authorization: `Bearer ${key}` } };
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit }));
  return client;
}

async function toolNames(client: Client): Promise<string[]> {
  const { tools } = await client.listTools();
  const names = tools.map(({ name }) => name);
  console.log(`${client.getServerVersion()?.name}: ${names.join(', ')}`);
  return names;
}
