/**
 * The official client, given nothing but a URL: it finds the authorization server, registers, sends its
 * user to log in, and calls a tool.
 *
 * @module
 */
import assert from 'node:assert/strict';
import {
  type OAuthClientProvider,
  UnauthorizedError,
} from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type {
  OAuthClientInformationMixed,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import { logIn } from './browser.js';

const url = new URL(process.argv[2] ?? 'http://127.0.0.1:3000/api/mcp');
const CALLBACK = 'http://127.0.0.1/callback';

/** What a client keeps for its user: here in memory. */
class Kept implements OAuthClientProvider {
  readonly redirectUrl = CALLBACK;
  readonly clientMetadata = {
    client_name: 'remote-authorization-server-client',
    redirect_uris: [CALLBACK],
    token_endpoint_auth_method: 'none',
  };
  loginPage: URL | undefined;
  #client: OAuthClientInformationMixed | undefined;
  #tokens: OAuthTokens | undefined;
  #verifier = '';

  clientInformation = () => this.#client;
  saveClientInformation(client: OAuthClientInformationMixed): void {
    this.#client = client;
  }

  tokens = () => this.#tokens;
  saveTokens(tokens: OAuthTokens): void {
    this.#tokens = tokens;
  }

  codeVerifier = () => this.#verifier;
  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  redirectToAuthorization(page: URL): void {
    this.loginPage = page;
  }
}

const authProvider = new Kept();
const client = new Client({ name: 'remote-authorization-server-client', version: '1.0.0' });

const first = new StreamableHTTPClientTransport(url, { authProvider });
await assert.rejects(client.connect(first), UnauthorizedError);
const page = authProvider.loginPage;
assert.ok(page);
assert.notEqual(page.origin, url.origin);
assert.equal(page.searchParams.get('resource'), url.href);
assert.equal(page.searchParams.get('scope'), 'greet');
console.log(`401, and the client knows where its user logs in: ${page.origin}${page.pathname}`);

const cameBack = await logIn(page, 'ada', CALLBACK);
await first.finishAuth(cameBack.get('code') ?? '');
console.log(`The code became a token for ${url}`);

await client.connect(new StreamableHTTPClientTransport(url, { authProvider }));
const { content } = await client.callTool({ name: 'greet', arguments: {} });
assert.deepEqual(content, [{ type: 'text', text: 'Hello ada' }]);
console.log('The tool knows who calls');
await client.close();
