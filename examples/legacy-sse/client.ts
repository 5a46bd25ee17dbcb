/**
 * An old client and a new one at the same board, each over its own transport.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';

const endpoint = new URL(process.argv[2] ?? 'http://127.0.0.1:3000/api/mcp');

const recent = new Client({ name: 'recent', version: '1.0.0' });
await recent.connect(new StreamableHTTPClientTransport(endpoint));

const old = new Client({ name: 'old', version: '1.0.0' }, { capabilities: { elicitation: {} } });
old.setRequestHandler(ElicitRequestSchema, ({ params }) => {
  console.log(`the old client is asked: ${params.message}`);
  return { action: 'accept' };
});
await old.connect(new SSEClientTransport(new URL('sse', endpoint)));

assert.deepEqual(await old.listTools(), await recent.listTools());

await call(old, 'pin_note', { text: 'Written the old way' });
await call(recent, 'pin_note', { text: 'Written the new way' });
for (const client of [old, recent]) {
  assert.deepEqual(await call(client, 'read_notes'), [
    'Written the old way',
    'Written the new way',
  ]);
}

assert.deepEqual(await call(old, 'clear_board'), ['0 on the board']);
assert.deepEqual(await call(recent, 'read_notes'), []);

await old.close();
await recent.close();

async function call(client: Client, name: string, args = {}): Promise<string[]> {
  const { content } = await client.callTool({ name, arguments: args });
  const texts = (content as { text: string }[]).map(({ text }) => text);
  console.log(`${client === old ? 'old' : 'new'} ${name}: ${texts.join(' · ')}`);
  return texts;
}
