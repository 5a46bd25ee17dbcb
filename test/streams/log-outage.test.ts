/**
 * A log that takes its time, or is out of reach (DESIGN §8: 503, never a lost answer, never a wrong 404).
 *
 * @module
 */
import { type EventLog, memoryEventStore } from 'express-mcp-router';
import { describe, expect, it } from 'vitest';
import { endpoint } from '../support/endpoint.js';
import { failingLog } from '../support/failing-log.js';
import type { RawCall, RawStream } from '../support/raw-client.js';
import { progressIn, teller } from '../support/teller.js';
import { told } from '../support/tool-result.js';
import { travel } from './broken-network.js';

const lastId = ({ events }: RawCall | RawStream) => events.at(-1)?.id ?? 'none';

async function telling() {
  const { server, call } = teller();
  const control = failingLog();
  const { client } = await endpoint(server, { eventStore: control.log });
  const ada = await client();
  const post = ada.callTool('tell', {}, { id: 'c', progressToken: 't' });
  return { control, ada, post, tool: await call() };
}

/** A memory log that writes responses when the test says so. */
function withHeldResponses() {
  const memory = memoryEventStore();
  let write = () => {};
  const isWritten = new Promise<void>((resolve) => {
    write = resolve;
  });
  const log: EventLog = {
    name: 'held',
    open: (key, requests) => {
      const stream = memory.open(key, requests);
      return {
        prime: () => stream.prime(),
        append: async (json, isResponse) => {
          if (isResponse) await isWritten;
          return stream.append(json, isResponse);
        },
        finish: () => stream.finish(),
        replay: (after, to) => stream.replay(after, to),
      };
    },
    find: (key) => memory.find(key),
    drop: (session) => memory.drop(session),
    close: () => memory.close(),
  };
  return { log, write };
}

describe('a slow log', () => {
  it('keeps everything in order, the response last', async () => {
    const { post, tool } = await telling();
    await Promise.all([1, 2, 3, 4, 5].map((nth) => tool.say(nth)));
    tool.finish();
    expect(told(await post.response).value).toBe('told');
    expect(progressIn(post.inbox.all)).toEqual([1, 2, 3, 4, 5]);
    expect(post.events.map(({ id }) => id?.split('.')[2])).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
    ]);
  });

  it('gives a client that comes back the response that is still being written, not an error', async () => {
    const { log, write } = withHeldResponses();
    const { server, call } = teller();
    const { client } = await endpoint(server, { eventStore: log });
    const ada = await client();
    const post = ada.callTool('tell', {}, { id: 'c', progressToken: 't' });
    const tool = await call();
    await tool.say(1);
    await post.inbox.method('notifications/progress');
    post.disconnect();
    tool.finish();
    const stream = await ada.listen(post.events[0]?.id);
    await stream.inbox.method('notifications/progress');
    write();
    await stream.ended;
    expect(stream.inbox.all.map(({ id }) => id)).toEqual([undefined, 'c']);
    expect(told(stream.inbox.all.at(-1)).value).toBe('told');
  });

  it('is waited for by a handler that waits for its notifications', async () => {
    const { post, tool } = await telling();
    await tool.say(1);
    await post.inbox.until(({ params }) => params?.progress === 1);
    tool.finish();
    await post.response;
  });

  it('has everything written before the connection is closed early', async () => {
    const { ada, post, tool } = await telling();
    void tool.say(1);
    void tool.say(2);
    tool.extra.closeSSEStream?.();
    void tool.say(3);
    await post.response;
    expect(progressIn(post.inbox.all)).toEqual([1, 2]);
    const stream = await ada.listen(post.events.findLast(({ id }) => id)?.id);
    tool.finish();
    await stream.ended;
    expect(progressIn(stream.inbox.all)).toEqual([3]);
  });

  it('misses nothing on a network that breaks', async () => {
    const seen = await travel({
      seed: 5,
      reports: 40,
      everyMs: 1,
      closeAfter: 6,
      cutShare: 0.8,
      options: { eventStore: failingLog().log },
      client: 'v1',
    });
    expect(seen.progress).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(seen.result).toBe('40 reports');
  });
});

describe('a log that is out of reach', () => {
  it('loses the ids, and not the messages', async () => {
    const { control, post, tool } = await telling();
    control.failing.add('append');
    await tool.say(1);
    tool.finish();
    expect(told(await post.response).value).toBe('told');
    expect(progressIn(post.inbox.all)).toEqual([1]);
    expect(post.events.slice(1).map(({ id }) => id)).toEqual([undefined, undefined]);
  });

  it.each(['find', 'replay'] as const)('answers 503 while it cannot %s', async (operation) => {
    const { control, ada, post, tool } = await telling();
    await tool.say(1);
    await post.inbox.until(({ params }) => params?.progress === 1);
    if (operation === 'find') {
      tool.finish();
      await post.response;
    }
    const id = post.events[0]?.id ?? '';
    control.failing.add(operation);
    const { status, text } = await ada.resume(id);
    expect([status, JSON.parse(text).error.data.reason]).toEqual([503, 'store_unavailable']);
    control.failing.clear();
    const stream = await ada.listen(id);
    tool.finish();
    await stream.ended;
    expect(progressIn(stream.inbox.all)).toEqual([1]);
  });

  it('cuts a replay that breaks off, and the client goes on from there', async () => {
    const { control, ada, post, tool } = await telling();
    for (const nth of [1, 2, 3, 4]) await tool.say(nth);
    await post.inbox.until(({ params }) => params?.progress === 4);
    post.disconnect();
    control.failAfter = 2;
    const broken = await ada.listen(post.events[0]?.id);
    await broken.ended;
    expect(progressIn(broken.inbox.all)).toEqual([1, 2]);
    control.failAfter = Number.POSITIVE_INFINITY;
    const stream = await ada.listen(lastId(broken));
    tool.finish();
    await stream.ended;
    expect(progressIn(stream.inbox.all)).toEqual([3, 4]);
  });
});
