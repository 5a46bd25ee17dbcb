/**
 * Streams that break off and go on: ids, replay, live tail, and what a wrong id gets.
 *
 * @see 2025-11-25 basic/transports §Resumability and Redelivery
 *
 * @module
 */
import { EmptyResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { memoryEventStore } from 'express-mcp-router';
import { describe, expect, it } from 'vitest';
import { endpoint } from '../support/endpoint.js';
import type { RawCall, RawStream } from '../support/raw-client.js';
import { progressIn, type Telling, teller } from '../support/teller.js';
import { told } from '../support/tool-result.js';

/** A call of `tell` whose stream is open and has said `said` things. */
async function telling(said: number, options = {}, clientOptions = {}) {
  const { server, call } = teller();
  const { client, router } = await endpoint(server, options);
  const ada = await client(clientOptions);
  const post = ada.callTool('tell', {}, { id: 'c', progressToken: 't' });
  const tool = await call();
  for (let nth = 1; nth <= said; nth += 1) await tool.say(nth);
  await post.inbox.until(({ params }) => params?.progress === said);
  return { ada, post, tool, call, router, client };
}

const lastId = ({ events }: RawCall | RawStream): string => events.at(-1)?.id ?? 'none';

/** Finishes the call and returns all that the stream brought until then. */
async function rest(tool: Telling, stream: RawStream) {
  tool.finish();
  await stream.ended;
  return stream.inbox.all;
}

describe('a stream of a POST', () => {
  it('begins with an id without data and a retry time (2025-11-25, SEP-1699)', async () => {
    const { post } = await telling(1, { retryIntervalMs: 2_500 });
    expect(post.events[0]).toEqual({ id: expect.any(String), retry: '2500', data: '' });
  });

  it('numbers its events, and every id names the stream', async () => {
    const { post } = await telling(2);
    const ids = post.events.map(({ id }) => id?.split('.') ?? []);
    expect(ids.map(([, , position]) => position)).toEqual(['0', '1', '2']);
    expect(new Set(ids.map(([stream, epoch]) => `${stream} ${epoch}`)).size).toBe(1);
  });

  it.each([0, 1, 2, 3])(
    'goes on after event %i, with what was missed and what comes',
    async (n) => {
      const { ada, post, tool } = await telling(3);
      post.disconnect();
      await tool.say(4);
      const stream = await ada.listen(post.events[n]?.id);
      await tool.say(5);
      const messages = await rest(tool, stream);
      expect(progressIn(messages)).toEqual([1, 2, 3, 4, 5].slice(n));
      expect(told(messages.at(-1)).value).toBe('told');
    },
  );

  it('is replayed to its end when the call ended while nobody listened', async () => {
    const { ada, post, tool } = await telling(2);
    post.disconnect();
    tool.finish();
    await expect.poll(async () => (await ada.resume(lastId(post))).text).toContain('told');
    const again = await ada.resume(post.events[0]?.id ?? '');
    expect(again.text.match(/"progress":\d/g)).toEqual(['"progress":1', '"progress":2']);
    expect(again.text).toContain('told');
  });

  it('answers 204 when all of it was read, so that clients stop asking', async () => {
    const { ada, post, tool } = await telling(1);
    tool.finish();
    await post.response;
    const { status, text } = await ada.resume(lastId(post));
    expect({ status, text }).toEqual({ status: 204, text: '' });
  });

  it('is taken over from a connection that only seems to live', async () => {
    const { ada, post, tool } = await telling(1);
    const second = await ada.listen(lastId(post));
    await tool.say(2);
    expect(progressIn(await rest(tool, second))).toEqual([2]);
    await post.response;
    expect(progressIn(post.inbox.all)).toEqual([1]);
  });

  it('gives each of its events to one of several readers at once, and all to the last', async () => {
    const { ada, post, tool } = await telling(40);
    post.disconnect();
    const ids = post.events.map(({ id }) => id ?? '');
    const readers = await Promise.all([
      ada.listen(ids[0]),
      ada.listen(ids[10]),
      ada.listen(ids[20]),
    ]);
    await tool.say(41);
    tool.finish();
    await Promise.all(readers.map(({ ended }) => ended));
    const whole = readers.filter(({ inbox }) => inbox.all.some((it) => 'result' in it));
    expect(whole).toHaveLength(1);
    for (const { inbox } of readers) {
      const seen = progressIn(inbox.all);
      expect(seen).toEqual(seen.map((_, index) => Number(seen[0]) + index));
    }
  });

  it('is not replayed on the standalone stream, nor the other way round (L19)', async () => {
    const { ada, post, tool } = await telling(1);
    const standalone = await ada.listen();
    post.disconnect();
    await tool.say(2);
    const stream = await ada.listen(lastId(post));
    expect(progressIn(await rest(tool, stream))).toEqual([2]);
    expect(progressIn(standalone.inbox.all)).toEqual([]);
  });

  it('carries a question that was asked while nobody listened', async () => {
    const { ada, post, tool } = await telling(1, {}, { capabilities: { elicitation: {} } });
    post.disconnect();
    const asked = tool.extra.sendRequest({ method: 'ping' }, EmptyResultSchema);
    const stream = await ada.listen(lastId(post));
    const question = await stream.inbox.method('ping');
    expect(await ada.answer(question.id, {})).toBe(202);
    expect(await asked).toEqual({});
    await rest(tool, stream);
  });
});

describe('a client before 2025-11-25', () => {
  const old = { version: '2025-06-18' };

  it('gets ids and no event without data: it would read it as JSON', async () => {
    const { post } = await telling(2, {}, old);
    expect(post.events.map(({ data }) => data === '')).toEqual([false, false]);
    expect(post.events.every(({ id }) => id !== undefined)).toBe(true);
  });

  it('resumes by these ids', async () => {
    const { ada, post, tool } = await telling(2, {}, old);
    post.disconnect();
    const stream = await ada.listen(post.events[0]?.id);
    expect(progressIn(await rest(tool, stream))).toEqual([2]);
  });
});

describe('eventStore: false', () => {
  it('sends no ids, and refuses to resume', async () => {
    const { ada, post } = await telling(2, { eventStore: false });
    expect(post.events.map(({ id }) => id)).toEqual([undefined, undefined]);
    expect((await ada.resume('p1.AAAAAAAAAAA.1')).status).toBe(400);
  });
});

describe('an id that is not one', () => {
  const forged = (id: string): string[] => {
    const [stream = '', epoch = '', position = ''] = id.split('.');
    const flipped = epoch.startsWith('A') ? `B${epoch.slice(1)}` : `A${epoch.slice(1)}`;
    return [
      `${stream}.${flipped}.${position}`,
      `${stream}x.${epoch}.${position}`,
      ...['-1', '99', '9007199254740993', '1e1', '01', '+1', '*', '$', ''].map(
        (wrong) => `${stream}.${epoch}.${wrong}`,
      ),
      `${stream}.${epoch}.${'9'.repeat(600)}`,
      `${stream}.${position}`,
      `${id}.${position}`,
      `${id}, ${id}`,
      'x'.repeat(8_000),
      'return redis.call("keys","*")',
      '0',
    ];
  };

  it('is refused with 400 and nothing is replayed, whatever it is', async () => {
    const { ada, post, tool } = await telling(3);
    for (const id of forged(lastId(post))) {
      const { status, text } = await ada.resume(id);
      expect([id.slice(0, 40), status]).toEqual([id.slice(0, 40), 400]);
      expect(JSON.parse(text).error.data.reason).toBe('unknown_event');
    }
    await tool.say(4);
    await post.inbox.until(({ params }) => params?.progress === 4);
  });

  it('is refused when it is another session’s, in either direction', async () => {
    const { ada, post, client } = await telling(3);
    const eve = await client();
    const hers = await eve.listen();
    expect((await eve.resume(lastId(post))).status).toBe(400);
    expect((await ada.resume(lastId(hers))).status).toBe(400);
  });

  it('is refused when another endpoint issued it', async () => {
    const { post } = await telling(1);
    const other = await telling(1);
    expect((await other.ada.resume(lastId(post))).status).toBe(400);
  });

  it('is 404 for a session that has ended, before anybody looks at it', async () => {
    const { ada, post } = await telling(1);
    await ada.delete();
    expect((await ada.resume(lastId(post))).status).toBe(404);
  });
});

describe('a stream that lost events', () => {
  it('says how many, gives what is left, and never loses a response', async () => {
    const eventStore = memoryEventStore({ maxEventsPerStream: 5 });
    const { ada, post, tool } = await telling(1, { eventStore });
    post.disconnect();
    for (let nth = 2; nth <= 20; nth += 1) await tool.say(nth);
    const stream = await ada.listen(post.events[0]?.id);
    const messages = await rest(tool, stream);
    const gap = stream.events.find(({ event }) => event === 'gap');
    expect(JSON.parse(gap?.data ?? '')).toEqual({ reason: 'events_lost', count: 15 });
    expect(progressIn(messages)).toEqual([16, 17, 18, 19, 20]);
    expect(told(messages.at(-1)).value).toBe('told');
  });
});
