/**
 * Asks eight things at once, and looks who answers.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const url = new URL(process.argv[2] ?? 'http://127.0.0.1:8000/mcp');
const client = new Client({ name: 'stateless-workers-client', version: '1.0.0' });
await client.connect(new StreamableHTTPClientTransport(url));

const ask = async () => {
  const call = { name: 'count_primes', arguments: { below: 200_000 } };
  const { content } = await client.callTool(call);
  const [answer] = content as [{ text: string }];
  return answer.text;
};
// A connection stays with its worker. Calls at the same time need connections of their own.
const answers = await Promise.all(Array.from({ length: 8 }, ask));
for (const answer of answers) console.log(answer);

assert.ok(answers.every((answer) => answer.startsWith('17984 primes')));
assert.equal(new Set(answers).size, 4);
await client.close();
