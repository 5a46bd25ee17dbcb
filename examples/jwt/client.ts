/**
 * A robot gets a token for the endpoint, and tries what else it could do with tokens.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  StreamableHTTPClientTransport,
  StreamableHTTPError,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const url = new URL(process.argv[2] ?? 'http://127.0.0.1:3000/api/mcp');

const token = await tokenFor(url.href, 'greet wave');
const client = await connect(token);
const { content } = await client.callTool({ name: 'who', arguments: {} });
assert.deepEqual(content, [{ type: 'text', text: 'robot: greet, wave' }]);
console.log('The robot is let in, and the tool knows its scopes');
await client.close();

await refused(401, `${token.slice(0, -8)}AAAAAAAA`);
console.log('A token whose signature is wrong: 401');

await refused(401, await tokenFor('https://other.example.com/mcp', 'greet'));
console.log('A token for another resource: 401');

await refused(403, await tokenFor(url.href, 'wave'));
console.log('A token without the scope: 403');

async function tokenFor(resource: string, scope: string): Promise<string> {
  const response = await fetch(new URL('/issuer/token', url), {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'robot',
      client_secret: 'of-the-robot',
      scope,
      resource,
    }),
  });
  const { access_token: issued } = (await response.json()) as { access_token: string };
  return issued;
}

async function connect(bearer: string): Promise<Client> {
  const connected = new Client({ name: 'jwt-client', version: '1.0.0' });
  const requestInit = { headers: { Authorization: `Bearer ${bearer}` } };
  await connected.connect(new StreamableHTTPClientTransport(url, { requestInit }));
  return connected;
}

async function refused(code: number, bearer: string): Promise<void> {
  await assert.rejects(
    connect(bearer),
    (error) => error instanceof StreamableHTTPError && error.code === code,
  );
}
