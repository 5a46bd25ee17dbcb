/**
 * The demo: an official client works with the to-do list, and the API's own routes see it.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  type CallToolResult,
  ResourceUpdatedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { Todo } from './todos.js';

const url = new URL(process.argv[2] ?? 'http://127.0.0.1:3000/api/mcp');
const client = new Client({ name: 'demo', version: '1.0.0' });

await client.connect(new StreamableHTTPClientTransport(url)).catch((error) => {
  if (error.cause?.code !== 'ECONNREFUSED') throw error;
  console.error(`Nothing listens at ${url}. Start the server first: npm start`);
  process.exit(1);
});
const { name, version } = client.getServerVersion() ?? {};
console.log(`Connected to ${name} ${version} at ${url}\n`);

const { tools } = await client.listTools();
const { resources } = await client.listResources();
const { prompts } = await client.listPrompts();
for (const offered of tools) show('tool', offered.name, offered.description);
for (const offered of resources) show('resource', offered.uri, offered.description);
for (const offered of prompts) show('prompt', offered.name, offered.description);
assert.deepEqual(
  tools.map((tool) => tool.name),
  ['list_todos', 'add_todo', 'complete_todo'],
);

const { todo: added } = await call<{ todo: Todo }>('add_todo', { title: 'Try the demo' });
assert.deepEqual(added, { id: added.id, title: 'Try the demo', done: false });

const { todo: completed } = await call<{ todo: Todo }>('complete_todo', { id: added.id });
assert.deepEqual(completed, { ...added, done: true });

const { todos: open } = await call<{ todos: Todo[] }>('list_todos', { openOnly: true });
assert.ok(open.every(({ id, done }) => id !== added.id && !done));

const unknown = await callTool('complete_todo', { id: 0 });
assert.equal(unknown.isError, true);

console.log(`\nGET /api/todos/${added.id}  (the API's own route sees what the tools did)`);
const seen = await fetch(new URL(`todos/${added.id}`, url));
assert.deepEqual(await seen.json(), completed);
console.log(`  ${JSON.stringify(completed)}`);

console.log('\nDELETE /api/todos/:id  (a client that follows the list hears what a route did)');
const heard = new Promise<string>((resolve) => {
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) =>
    resolve(params.uri),
  );
});
await client.subscribeResource({ uri: 'todos://all' });
const removed = await fetch(new URL(`todos/${added.id}`, url), { method: 'DELETE' });
assert.equal(removed.status, 204);
assert.equal(await heard, 'todos://all');
console.log(`  notifications/resources/updated ${await heard}`);

await client.close();
console.log('\nEvery step was asserted.');

/** Calls a tool; shows the call and the answer. */
async function callTool(tool: string, args: Record<string, unknown>): Promise<CallToolResult> {
  const result = (await client.callTool({ name: tool, arguments: args })) as CallToolResult;
  console.log(`\n${tool} ${JSON.stringify(args)}${result.isError ? '  (refused)' : ''}`);
  for (const part of result.content) {
    if (part.type === 'text') console.log(part.text.replaceAll(/^/gm, '  '));
  }
  return result;
}

/** Calls a tool that has to succeed; returns its structured content. */
async function call<T>(tool: string, args: Record<string, unknown>): Promise<T> {
  const { isError, structuredContent } = await callTool(tool, args);
  assert.ok(!isError && structuredContent !== undefined);
  return structuredContent as T;
}

function show(kind: string, title: string, description = ''): void {
  console.log(`  ${kind.padEnd(10)}${title.padEnd(16)}${description}`);
}
