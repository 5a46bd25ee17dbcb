/**
 * Deploys a new version in the middle of its own call, and gets the result all the same.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';

const url = new URL(process.argv[2] ?? 'http://127.0.0.1:3000/mcp');

const transport = new StreamableHTTPClientTransport(url);
const client = new Client({ name: 'graceful-deploy-client', version: '1.0.0' });
await client.connect(transport);
const session = transport.sessionId;
const [version, deployer] = (await textOf('version')).split(' ');
assert.equal(version, '1');

const baking = textOf('bake', { minutes: 2 });
await wait(200);
process.kill(Number(deployer), 'SIGHUP');
console.log('deploying while it bakes');

// The session goes on at the new version: the same id, no new handshake.
while ((await textOf('version')).startsWith('1 ')) await wait(20);
console.log('version 2 answers');
assert.equal(transport.sessionId, session);

// The call was begun at version 1, and is ended there.
const bread = await baking;
console.log(bread);
assert.equal(bread, 'A loaf of bread, by version 1');
await client.close();

async function textOf(name: string, args = {}): Promise<string> {
  const { content } = (await client.callTool({ name, arguments: args })) as CallToolResult;
  const [block] = content;
  assert.equal(block?.type, 'text');
  return block.text;
}
