/**
 * A client whose server is killed under it: it hears everything that was kept, and how the call ended.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  LoggingMessageNotificationSchema,
  type McpError,
} from '@modelcontextprotocol/sdk/types.js';

const url = new URL(process.argv[2] ?? 'http://127.0.0.1:3000/api/mcp');
const STEPS = ['step 1 of 4', 'step 2 of 4', 'step 3 of 4'];

const transport = new StreamableHTTPClientTransport(url, {
  reconnectionOptions: {
    initialReconnectionDelay: 200,
    maxReconnectionDelay: 1_000,
    reconnectionDelayGrowFactor: 1.5,
    maxRetries: 50,
  },
});
const client = new Client({ name: 'event-store-keyv-client', version: '1.0.0' });
const heard: unknown[] = [];
client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
  console.log(`heard:    ${params.data}`);
  heard.push(params.data);
  if (heard.length === STEPS.length) crash();
});
await client.connect(transport);

// The official client reconnects by itself, with the id of the last event that it has seen.
const places: string[] = [];
const error = await client
  .callTool({ name: 'report' }, undefined, { onresumptiontoken: (place) => places.push(place) })
  .then(
    () => assert.fail('the call was answered'),
    (reason: McpError) => reason,
  );
console.log(`ended:    ${error.message}`);
assert.equal((error.data as { reason: string }).reason, 'instance_lost');
assert.deepEqual(heard, STEPS);

// Any place will do, as often as one likes: the process that sent these events is gone, its files are not.
const afterFirstStep = places[1] ?? '';
const replayed = await resume(afterFirstStep);
console.log(`replayed: ${replayed.join(', ')}`);
assert.deepEqual(replayed, [...STEPS.slice(1), 'instance_lost']);
await client.close();

/** Kills the server, which gives no answer to that. */
function crash(): void {
  fetch(new URL('/crash', url), { method: 'POST' }).catch(() => {});
}

/** What came after a place; the stream has ended, so the answer does too. */
async function resume(place: string): Promise<string[]> {
  const response = await fetch(url, {
    headers: {
      Accept: 'text/event-stream',
      'Last-Event-ID': place,
      'Mcp-Session-Id': transport.sessionId ?? '',
      'Mcp-Protocol-Version': transport.protocolVersion ?? '',
    },
  });
  assert.equal(response.status, 200);
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: {'));
  return lines.map((line) => {
    const { params, error } = JSON.parse(line.slice('data: '.length));
    return params?.data ?? error?.data.reason;
  });
}
