/**
 * One event store of the SDK's kind behind two endpoints: neither shows the other's events (SEC-18).
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { endpoint } from '../support/endpoint.js';
import { ListStore } from '../support/event-stores.js';
import { progressIn, teller } from '../support/teller.js';
import { told } from '../support/tool-result.js';

const secret = 'a key that is long enough for every one of us';

/** A client of a new endpoint over `eventStore`, in a call that has reported once. */
async function reporting(eventStore: ListStore) {
  const { server, call } = teller();
  const { client } = await endpoint(server, { eventStore, secret });
  const ada = await client();
  const post = ada.callTool('tell', {}, { progressToken: 't' });
  const tool = await call();
  await tool.say(1);
  await post.inbox.until(({ params }) => params?.progress === 1);
  return { ada, post, tool, ids: post.events.flatMap(({ id }) => id ?? []) };
}

describe('an SDK event store that two endpoints share', () => {
  it('refuses the other’s ids with 400, and hands over nothing', async () => {
    const store = new ListStore();
    const one = await reporting(store);
    const other = await reporting(store);
    for (const [reader, ids] of [[one.ada, other.ids] as const, [other.ada, one.ids] as const]) {
      for (const id of ids) {
        const { status, text } = await reader.resume(id);
        expect([status, text.includes('progress')]).toEqual([400, false]);
      }
    }
  });

  it('refuses an id of its own stream that names the other’s event', async () => {
    const store = new ListStore();
    const one = await reporting(store);
    const other = await reporting(store);
    const [stream = '', epoch = ''] = (one.ids[0] ?? '').split('.');
    const [, , position = ''] = (other.ids[0] ?? '').split('.');
    const { status, text } = await one.ada.resume(`${stream}.${epoch}.${position}`);
    expect([status, text.includes('progress')]).toEqual([400, false]);
  });

  it('resumes each one’s own', async () => {
    const store = new ListStore();
    for (const { ada, post, tool, ids } of [await reporting(store), await reporting(store)]) {
      post.disconnect();
      await tool.say(2);
      const stream = await ada.listen(ids[0]);
      tool.finish();
      await stream.ended;
      expect(progressIn(stream.inbox.all)).toEqual([1, 2]);
      expect(told(stream.inbox.all.at(-1)).value).toBe('told');
    }
  });
});
