/**
 * One client whose requests alternate between two instances, as behind a load balancer.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const urls = process.argv.length > 2 ? process.argv.slice(2) : defaultUrls();

let requests = 0;
const roundRobin = (_url: string | URL, init?: RequestInit) => {
  const url = urls[requests % urls.length] ?? '';
  requests += 1;
  return fetch(url, init);
};

const client = new Client({ name: 'stateless-client', version: '1.0.0' });
const transport = new StreamableHTTPClientTransport(new URL(urls[0] ?? ''), { fetch: roundRobin });
await client.connect(transport);
assert.equal(transport.sessionId, undefined);

const answers: string[] = [];
for (const text of ['one', 'two', 'three', 'four']) {
  const { content } = await client.callTool({ name: 'shout', arguments: { text } });
  const [answer] = content as [{ text: string }];
  console.log(answer.text);
  answers.push(answer.text);
}

assert.deepEqual(
  answers.map((answer) => answer.replace(/ \(.*/, '')),
  ['ONE!', 'TWO!', 'THREE!', 'FOUR!'],
);
for (const instance of ['A', 'B']) {
  assert.ok(answers.some((answer) => answer.includes(`instance ${instance}`)));
}
await client.close();

function defaultUrls(): string[] {
  return ['http://127.0.0.1:3000/mcp', 'http://127.0.0.1:3001/mcp'];
}
