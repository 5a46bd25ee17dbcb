/**
 * A robot that knows nothing but URLs finds out where each tenant's tokens come from. One tenant's token
 * is worth nothing to the other.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { discoverOAuthServerInfo } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  StreamableHTTPClientTransport,
  StreamableHTTPError,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const [acme, globex] = urlsFromArguments();

const token = await tokenFor(acme);
assert.equal(await ownerOf(acme, token), 'acme');
assert.equal(await ownerOf(globex, await tokenFor(globex)), 'globex');

await assert.rejects(
  ownerOf(globex, token),
  (error) => error instanceof StreamableHTTPError && error.code === 401,
);
console.log("acme's token is refused at globex");

async function tokenFor(url: string): Promise<string> {
  const { resourceMetadata, authorizationServerMetadata } = await discoverOAuthServerInfo(url);
  assert.equal(resourceMetadata?.resource, url);
  const response = await fetch(authorizationServerMetadata?.token_endpoint ?? '', {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'robot',
      client_secret: 'of-the-robot',
      resource: resourceMetadata.resource,
    }),
  });
  const { access_token: issued } = (await response.json()) as { access_token: string };
  console.log(`${authorizationServerMetadata?.issuer} issued a token for ${url}`);
  return issued;
}

async function ownerOf(url: string, bearer: string): Promise<string> {
  const client = new Client({ name: 'several-tenants-client', version: '1.0.0' });
  const requestInit = { headers: { Authorization: `Bearer ${bearer}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  const { content } = await client.callTool({ name: 'whose', arguments: {} });
  const [{ text }] = content as [{ text: string }];
  await client.close();
  return text;
}

function urlsFromArguments(): [string, string] {
  const [first, second] = process.argv.slice(2);
  const tenants = 'http://127.0.0.1:3000/t';
  return [first ?? `${tenants}/acme/mcp`, second ?? `${tenants}/globex/mcp`];
}
