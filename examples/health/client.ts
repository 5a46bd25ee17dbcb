/**
 * Sends SIGTERM in the middle of a call: readiness turns red, the call still gets its result.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const url = new URL(process.argv[2] ?? 'http://127.0.0.1:3000/mcp');

assert.equal(await statusOf('/healthz'), 200);
assert.equal(await statusOf('/readyz'), 200);

const client = new Client({ name: 'health-client', version: '1.0.0' });
await client.connect(new StreamableHTTPClientTransport(url));
const baking = client.callTool({ name: 'bake', arguments: {} });

const about = await fetch(new URL('/about', url));
const { pid } = (await about.json()) as { pid: number };
process.kill(pid, 'SIGTERM');
console.log(`SIGTERM sent to ${pid} while it bakes`);

while ((await statusOf('/readyz')) === 200) await wait(10);
assert.equal(await statusOf('/readyz'), 503);
assert.equal(await statusOf('/healthz'), 200);

const { content } = await baking;
assert.deepEqual(content, [{ type: 'text', text: 'A loaf of bread' }]);
console.log('The call that was running got its result');
await client.close();

async function statusOf(path: string): Promise<number> {
  const response = await fetch(new URL(path, url));
  const { status: state } = (await response.json()) as { status: string };
  console.log(`${path} answers ${response.status} ${state}`);
  return response.status;
}
