/**
 * Each endpoint lists its own tools; what changes through one mount is seen through the other.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const [books, weather, partners] = await Promise.all(urlsFromArguments().map(connect));
assert.ok(books && weather && partners);

assert.deepEqual(await toolNames(books), ['list_books', 'add_book']);
assert.deepEqual(await toolNames(weather), ['forecast']);
assert.deepEqual(await toolNames(partners), ['list_books', 'add_book']);

await books.callTool({ name: 'add_book', arguments: { title: 'Ulysses' } });
const { content } = await partners.callTool({ name: 'list_books', arguments: {} });
const [{ text }] = content as [{ text: string }];
assert.match(text, /Ulysses/);
console.log('A book added at /books is on the shelf at /partners/books');

await Promise.all([books, weather, partners].map((client) => client.close()));

async function connect(url: string): Promise<Client> {
  const client = new Client({ name: 'several-servers-client', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}

async function toolNames(client: Client): Promise<string[]> {
  const { tools } = await client.listTools();
  const names = tools.map(({ name }) => name);
  console.log(`${client.getServerVersion()?.name}: ${names.join(', ')}`);
  return names;
}

function urlsFromArguments(): string[] {
  const given = process.argv.slice(2);
  if (given.length > 0) return given;
  return ['books', 'weather', 'partners/books'].map(
    (mount) => `http://127.0.0.1:3000/${mount}/mcp`,
  );
}
