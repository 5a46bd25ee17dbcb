/**
 * Readers that do not read: they cost their buffer, are cut off, and may come back.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { type McpRouterOptions, memoryEventStore } from 'express-mcp-router';
import { describe, expect, it } from 'vitest';
import { endpoint } from '../support/endpoint.js';
import { begin } from '../support/http-client.js';
import { text, told } from '../support/tool-result.js';

/** A server whose tool reports `messages` times `bytes` without a pause. */
function chatterbox(messages: number, bytes: number) {
  const server = new McpServer({ name: 'chatterbox', version: '1.0.0' });
  let isDone = false;
  let done = () => {};
  const whenDone = new Promise<void>((resolve) => {
    done = resolve;
  });
  server.registerTool('chatter', {}, async ({ _meta, sendNotification }) => {
    const progressToken = _meta?.progressToken ?? '';
    for (let progress = 1; progress <= messages; progress += 1) {
      const params = { progressToken, progress, message: 'x'.repeat(bytes) };
      await sendNotification({ method: 'notifications/progress', params });
    }
    isDone = true;
    done();
    return text('done');
  });
  server.registerTool('large', {}, () => text('y'.repeat(3_000_000)));
  return { server, whenDone, isDone: () => isDone };
}

const CHATTER = {
  jsonrpc: '2.0',
  id: 'c',
  method: 'tools/call',
  params: { name: 'chatter', arguments: {}, _meta: { progressToken: 't' } },
};

/** Posts the call and does not read its answer. */
async function unread(options: McpRouterOptions) {
  const { server, whenDone } = chatterbox(4_000, 10_000);
  const { url, client } = await endpoint(server, options);
  const ada = await client();
  const headers = { 'Mcp-Session-Id': ada.sessionId };
  const answer = await begin(url, { body: CHATTER, headers });
  answer.pause();
  await whenDone;
  return answer;
}

/** Reads to the end; what was read, and the error that ended it. */
function readOn(answer: IncomingMessage): Promise<{ read: string; error: Error | undefined }> {
  let read = '';
  return new Promise((resolve) => {
    answer.once('error', (error) => resolve({ read, error }));
    answer.once('end', () => resolve({ read, error: undefined }));
    answer.setEncoding('utf8').on('data', (chunk) => {
      read += chunk;
    });
    answer.resume();
  });
}

describe('a reader that stops reading', () => {
  it('holds nobody up, and goes on with a gap on the same connection', async () => {
    const eventStore = memoryEventStore({ maxEventsPerStream: 50 });
    const { read, error } = await readOn(await unread({ eventStore }));
    const gaps = [...read.matchAll(/"count":(\d+)/g)].map(([, count]) => Number(count));
    const received = [...read.matchAll(/"progress":(\d+)/g)].length;
    expect(error).toBeUndefined();
    expect(gaps.length).toBeGreaterThan(0);
    expect(received + gaps.reduce((sum, count) => sum + count, 0)).toBe(4_000);
    expect(read).toContain('"result"');
  });

  it('is cut off at unsentBytes where nothing is kept', async () => {
    const { read, error } = await readOn(await unread({ eventStore: false }));
    expect(error).toBeInstanceOf(Error);
    expect(read.length).toBeLessThan(20_000_000);
    expect(read).not.toContain('"result"');
  });

  it('is given an answer that is larger than its buffer', async () => {
    const { server } = chatterbox(0, 0);
    const { client } = await endpoint(server, {
      responseMode: 'sse',
      limits: { unsentBytes: 100_000 },
    });
    const ada = await client();
    const first = await ada.callTool('large').response;
    expect(JSON.stringify(first).length).toBeGreaterThan(3_000_000);
    const post = ada.callTool('large');
    await post.response;
    const again = await ada.resume(post.events[0]?.id ?? '');
    expect(again.text.length).toBeGreaterThan(3_000_000);
  });
});

describe('a handler that sends without a pause', () => {
  it('lets others be served meanwhile', async () => {
    const { server, isDone } = chatterbox(20_000, 10);
    const { client } = await endpoint(server);
    const ada = await client();
    const bob = await client();
    const chatter = ada.callTool('chatter', {}, { progressToken: 't' });
    await chatter.head;
    await bob.ask('ping');
    expect(isDone()).toBe(false);
    expect(told(await chatter.response).value).toBe('done');
  });
});
