/**
 * What a client without a token finds out, and what stays the app's.
 *
 * @module
 */
import assert from 'node:assert/strict';
import {
  discoverOAuthProtectedResourceMetadata,
  extractWWWAuthenticateParams,
} from '@modelcontextprotocol/sdk/client/auth.js';

const url = new URL(process.argv[2] ?? 'http://127.0.0.1:3000/api/mcp');

const { resource, authorization_servers: servers } =
  await discoverOAuthProtectedResourceMetadata(url);
assert.equal(resource, url.href);
assert.deepEqual(servers, ['https://login.example.com/']);
console.log(`Tokens for ${resource} are issued by ${servers}`);

const refused = await fetch(url, { method: 'POST' });
const { resourceMetadataUrl } = extractWWWAuthenticateParams(refused);
assert.equal(refused.status, 401);
console.log(`401 without one, and it says where to look: ${resourceMetadataUrl}`);

const document = await fetch(resourceMetadataUrl ?? '', {
  headers: { Origin: 'https://a.example' },
});
assert.equal(document.headers.get('access-control-allow-origin'), '*');
assert.ok(document.headers.has('content-security-policy'));
console.log('Pages of any origin may read it, with the headers of helmet');

const nothing = await fetch(`${url}/.well-known/openid-configuration`);
assert.equal(nothing.status, 404);
assert.match(nothing.headers.get('content-type') ?? '', /json/);
console.log('What is not there is a 404 in JSON, not the page of the app');

const page = await fetch(new URL('/.well-known/openid-configuration', url));
assert.match(await page.text(), /The app/);
console.log('The bare addresses are still the app’s');
