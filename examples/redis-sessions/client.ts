/**
 * One session, answered by two processes in turn; it asks nothing of the proxy between.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  type CallToolResult,
  ElicitRequestSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';

const url = new URL(process.argv[2] ?? 'http://127.0.0.1:3000/mcp');
const transport = new StreamableHTTPClientTransport(url);
const client = new Client(
  { name: 'redis-sessions-client', version: '1.0.0' },
  { capabilities: { elicitation: {} } },
);
client.setRequestHandler(ElicitRequestSchema, () => ({
  action: 'accept',
  content: { name: 'Ada' },
}));
const changes = new EventTarget();
client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
  changes.dispatchEvent(new Event('change'));
});
await client.connect(transport);

const names = new Set<string>();
for (let nth = 0; nth < 6; nth += 1) names.add(await textOf('who'));
console.log(
  `answered by ${[...names].sort().join(' and ')}, in session ${transport.sessionId?.slice(0, 8)}…`,
);
assert.deepEqual([...names].sort(), ['A', 'B']);

// The question goes out on the stream of the call; the answer is a request of its own, and nginx sends it to
// whichever instance is next.
const signatures = new Set<string>();
for (let nth = 0; nth < 4; nth += 1) {
  signatures.add(await textOf('sign'));
  // One more request, so that the next question is the other instance's.
  await client.ping();
}
console.log([...signatures].sort().join('; '));
assert.deepEqual([...signatures].sort(), ['Ada, signed at A', 'Ada, signed at B']);

// Whoever announces it, the client hears it.
for (const instance of ['first', 'second']) {
  const changed = once(changes, 'change');
  const answer = await fetch(new URL('/announce', url), { method: 'POST' });
  const { announcedBy } = (await answer.json()) as { announcedBy: string };
  await changed;
  console.log(`heard the ${instance} announcement, by ${announcedBy}`);
}
await client.close();

async function textOf(name: string): Promise<string> {
  const { content } = (await client.callTool({ name })) as CallToolResult;
  const [block] = content;
  assert.equal(block?.type, 'text');
  return block.text;
}
