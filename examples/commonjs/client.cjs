/**
 * Calls the CommonJS server from CommonJS.
 */
const assert = require('node:assert/strict');
const { Client } = require('@modelcontextprotocol/sdk/client/index.js');
const {
  StreamableHTTPClientTransport,
} = require('@modelcontextprotocol/sdk/client/streamableHttp.js');

async function main() {
  const url = new URL(process.argv[2] ?? 'http://127.0.0.1:3000/api/mcp');
  const client = new Client({ name: 'commonjs-client', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(url));

  const { content } = await client.callTool({ name: 'greet', arguments: { name: 'CommonJS' } });
  assert.deepEqual(content, [{ type: 'text', text: 'Hello, CommonJS!' }]);
  console.log(content[0].text);
  await client.close();
}

main();
