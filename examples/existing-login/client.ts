/**
 * A session of the app is a session with the endpoint, until its user logs out.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  StreamableHTTPClientTransport,
  StreamableHTTPError,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const url = new URL(process.argv[2] ?? 'http://127.0.0.1:3000/mcp');

const adasCookie = await login('ada', 'lovelace');
const ada = await connect(adasCookie);
const bob = await connect(await login('bob', 'builder'));
assert.deepEqual([await who(ada), await who(bob)], ['ada', 'bob']);
console.log('Ada and Bob are who they logged in as');

const isRefused = (error: unknown) => error instanceof StreamableHTTPError && error.code === 401;
await assert.rejects(connect('sid=made-up'), isRefused);
console.log('A session that does not exist is not let in');

await fetch(new URL('/logout', url), { method: 'POST', headers: { Cookie: adasCookie } });
await assert.rejects(who(ada), isRefused);
assert.equal(await who(bob), 'bob');
console.log('Ada has logged out; Bob has not');

await ada.close();
await bob.close();

async function login(user: string, password: string): Promise<string> {
  const response = await fetch(new URL('/login', url), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ user, password }),
  });
  assert.equal(response.status, 204);
  const [cookie = ''] = response.headers.getSetCookie();
  return cookie.split(';', 1)[0] ?? '';
}

async function connect(cookie: string): Promise<Client> {
  const client = new Client({ name: 'existing-login-client', version: '1.0.0' });
  const requestInit = { headers: { Cookie: cookie } };
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit }));
  return client;
}

async function who(client: Client): Promise<string> {
  const { content } = await client.callTool({ name: 'who', arguments: {} });
  return (content as [{ text: string }])[0].text;
}
