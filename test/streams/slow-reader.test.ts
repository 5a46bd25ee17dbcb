/**
 * Readers that do not read: they cost their buffer, are cut off, and may come back.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { memoryEventStore } from 'express-mcp-router';
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

describe('a reader that stops reading', () => {
  it('is cut off, holds nobody up, and resumes with what the log has kept', async () => {
    const { server, whenDone } = chatterbox(4_000, 10_000);
    const eventStore = memoryEventStore({ maxEventsPerStream: 50 });
    const { url, client } = await endpoint(server, { eventStore });
    const ada = await client();
    const headers = { 'Mcp-Session-Id': ada.sessionId };
    const answer = await begin(url, { body: CHATTER, headers });
    answer.pause();
    await whenDone;
    let read = '';
    const cut = await new Promise((resolve) => {
      answer.once('error', resolve).once('end', resolve);
      answer
        .resume()
        .setEncoding('utf8')
        .on('data', (chunk) => {
          read += chunk;
        });
    });
    expect(cut).toBeInstanceOf(Error);
    expect(read.length).toBeLessThan(20_000_000);
    const id = [...read.matchAll(/^id: (.*)\n(?:.*\n)+?\n/gm)].at(-1)?.[1];
    const stream = await ada.listen(id);
    await stream.ended;
    const gap = JSON.parse(stream.events.find(({ event }) => event === 'gap')?.data ?? '{}');
    const kept = stream.inbox.all.filter(({ params }) => params !== undefined).length;
    expect(Number(id?.split('.')[2]) + gap.count + kept).toBe(4_000);
    expect(told(stream.inbox.all.at(-1)).value).toBe('done');
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
