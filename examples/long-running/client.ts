/**
 * One long call over many connections: every report arrives once, in order, and so does the result.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const url = new URL(process.argv[2] ?? 'http://127.0.0.1:3000/api/mcp');
const records = 100;

let streams = 0;
const countedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const resumed = new Headers(init?.headers).has('Last-Event-ID');
  if (resumed && response.status === 200) streams += 1;
  return response;
};

const client = new Client({ name: 'long-running-client', version: '1.0.0' });
await client.connect(new StreamableHTTPClientTransport(url, { fetch: countedFetch }));

const reports: number[] = [];
const { content } = await client.callTool(
  { name: 'import_records', arguments: { records } },
  undefined,
  { onprogress: ({ progress }) => reports.push(progress) },
);
const [{ text }] = content as [{ text: string }];
await client.close();

console.log(`reports:  ${reports.length}, in order\nresumed:  ${streams} times\nresult:   ${text}`);
assert.deepEqual(
  reports,
  Array.from({ length: records }, (_, index) => index + 1),
);
assert.equal(text, '100 records are imported.');
assert.ok(streams >= 2, `expected the stream to be resumed, got ${streams} times`);
