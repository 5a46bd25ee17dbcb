/**
 * Whoever has the right token comes in; the others learn no more than they have to.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  StreamableHTTPClientTransport,
  StreamableHTTPError,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const [, , endpoint = 'http://127.0.0.1:3000/mcp', team = 'http://127.0.0.1:3000/team/mcp'] =
  process.argv;
const token = process.env.MCP_AUTH_TOKEN ?? '';
const ADA = 'ada-5f0e3c1d9b7a48269c';
const BOT = 'bot-1c8d7e6f5a4b39281d';

assert.equal(await who(endpoint, token), 'MCP_AUTH_TOKEN');
assert.equal(await who(team, ADA), 'ada');
console.log('Both tokens are let in, each at its own endpoint');

await refused(401, endpoint, ADA);
await refused(401, team, token);
await refused(403, team, BOT);
console.log('A foreign token gets 401, and one that lacks the scope 403');

const { status, headers } = await fetch(team, { method: 'POST' });
assert.equal(status, 401);
assert.equal(headers.get('www-authenticate'), 'Bearer scope="team"');
console.log('Nobody in particular is asked for a token');

async function who(url: string, bearer: string): Promise<unknown> {
  const client = await connect(url, bearer);
  const { content } = await client.callTool({ name: 'who', arguments: {} });
  await client.close();
  return (content as [{ text: string }])[0].text;
}

async function refused(code: number, url: string, bearer: string): Promise<void> {
  await assert.rejects(
    connect(url, bearer),
    (error) => error instanceof StreamableHTTPError && error.code === code,
  );
}

async function connect(url: string, bearer: string): Promise<Client> {
  const client = new Client({ name: 'bearer-token-client', version: '1.0.0' });
  const requestInit = { headers: { Authorization: `Bearer ${bearer}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  return client;
}
