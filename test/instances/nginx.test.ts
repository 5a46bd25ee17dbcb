/**
 * Two instances behind a real nginx that sends every request to the next one.
 *
 * @module
 */
import {
  Client as Client2,
  StreamableHTTPClientTransport as Transport2,
} from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasNginx, nginx } from '../support/nginx.js';
import { lacksRedis, useRedis } from '../support/redis.js';
import { text } from '../support/tool-result.js';
import { type Twins, twins } from '../support/two-instances.js';

const INFO = { name: 'official', version: '1.0.0' };
const CAN_ASK = { capabilities: { elicitation: {} } };
const FORM = {
  message: 'Your name?',
  requestedSchema: { type: 'object' as const, properties: { name: { type: 'string' as const } } },
};
const ACCEPTED = { action: 'accept' as const, content: { name: 'Ada' } };

/** A server that tells which of the instances it is. */
function numbered(): () => McpServer {
  let count = 0;
  return () => {
    count += 1;
    const nth = count;
    const server = new McpServer(INFO, { capabilities: { logging: {} } });
    server.registerTool('which', {}, () => text(nth));
    server.registerTool('ask', {}, async () => text(await server.server.elicitInput(FORM)));
    server.registerTool('report', {}, async ({ _meta, sendNotification }) => {
      for (let progress = 1; progress <= 5; progress += 1) {
        const params = { progressToken: _meta?.progressToken ?? '', progress };
        await sendNotification({ method: 'notifications/progress', params });
      }
      return text('reported');
    });
    return server;
  };
}

/** nginx as anybody would configure it: one server after the other, and the name that the client has used. */
async function balanced({ a, b }: Twins): Promise<URL> {
  const origin = await nginx(
    'location / { proxy_pass http://instances; proxy_set_header Host $host; }',
    `upstream instances { server ${a.url.host}; server ${b.url.host}; }`,
  );
  return new URL('/mcp', origin);
}

const saidBy = (result: unknown): unknown =>
  JSON.parse((result as { content: [{ text: string }] }).content[0].text);

const isSkipped = lacksRedis('two instances behind nginx') || !hasNginx;

describe.skipIf(isSkipped)('a client behind a round robin of nginx', () => {
  const redis = useRedis();

  it('of the first generation calls both, hears progress and is asked', async () => {
    const url = await balanced(await twins(redis.url, numbered()));
    const client = new Client1(INFO, CAN_ASK);
    onTestFinished(() => client.close());
    client.setRequestHandler(ElicitRequestSchema, () => ACCEPTED);
    await client.connect(new Transport1(url));
    const which: unknown[] = [];
    for (let nth = 0; nth < 6; nth += 1)
      which.push(saidBy(await client.callTool({ name: 'which' })));
    expect(new Set(which)).toEqual(new Set([1, 2]));
    expect(saidBy(await client.callTool({ name: 'ask' }))).toEqual(ACCEPTED);
    const progress: number[] = [];
    const onprogress = (told: { progress: number }) => void progress.push(told.progress);
    await client.callTool({ name: 'report' }, undefined, { onprogress });
    expect(progress).toEqual([1, 2, 3, 4, 5]);
  });

  it('of the second generation calls both, hears progress and is asked', async () => {
    const url = await balanced(await twins(redis.url, numbered()));
    const client = new Client2(INFO, CAN_ASK);
    onTestFinished(() => client.close());
    client.setRequestHandler('elicitation/create', () => ACCEPTED);
    await client.connect(new Transport2(url));
    const which: unknown[] = [];
    for (let nth = 0; nth < 6; nth += 1)
      which.push(saidBy(await client.callTool({ name: 'which' })));
    expect(new Set(which)).toEqual(new Set([1, 2]));
    expect(saidBy(await client.callTool({ name: 'ask' }))).toEqual(ACCEPTED);
    const progress: number[] = [];
    const onprogress = (told: { progress: number }) => void progress.push(told.progress);
    await client.callTool({ name: 'report' }, { onprogress });
    expect(progress).toEqual([1, 2, 3, 4, 5]);
  });
});
