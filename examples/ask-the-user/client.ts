/**
 * Two users are asked at the same time: one answers, one declines.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema, type ElicitResult } from '@modelcontextprotocol/sdk/types.js';

const url = new URL(process.argv[2] ?? 'http://127.0.0.1:3000/api/mcp');

const [accepted, declined] = await Promise.all([
  book(4, { action: 'accept', content: { time: '20:30' } }),
  book(2, { action: 'decline' }),
]);
assert.equal(accepted, 'A table for 4 is booked at 20:30.');
assert.equal(declined, 'Nothing was booked.');

async function book(guests: number, answer: ElicitResult): Promise<string> {
  const client = new Client(
    { name: 'ask-the-user-client', version: '1.0.0' },
    { capabilities: { elicitation: { form: {} } } },
  );
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
    assert.equal(params.message, `A table for ${guests}: when will you come?`);
    console.log(`asked:    ${params.message}\nanswered: ${answer.action}`);
    return answer;
  });
  await client.connect(new StreamableHTTPClientTransport(url));
  const { content } = await client.callTool({ name: 'book_table', arguments: { guests } });
  const [{ text }] = content as [{ text: string }];
  console.log(`result:   ${text}`);
  await client.close();
  return text;
}
