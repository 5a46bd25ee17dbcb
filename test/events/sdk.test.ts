/**
 * Event stores of the SDK's kind: order, forgery, outages, and what they cannot do.
 *
 * @module
 */
import { InMemoryEventStore } from '@modelcontextprotocol/sdk/examples/shared/inMemoryEventStore.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { SdkEventStore, StreamLog } from 'express-mcp-router';
import { eventStoreContract } from 'express-mcp-router/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sdkEventLog } from '../../lib/events/sdk.js';
import { ListStore } from '../support/event-stores.js';
import { answer, note, notes, read, toLast } from '../support/streams.js';

const KEY = { session: 'a1', stream: 'b2' };

const positionOf = (eventId: string) => Buffer.from(eventId).toString('base64url');

/** A stream with three events in a store, read by a log that knows nothing of it. */
async function foreign(store: ListStore): Promise<{ log: StreamLog; prime: string }> {
  const stream = sdkEventLog(store).open(KEY, [1]);
  const prime = await stream.prime();
  await toLast(stream, notes(3));
  const found = await sdkEventLog(store).find(KEY);
  if (found === undefined) throw new Error('the stream is not found');
  return { log: found.log, prime };
}

describe('a store of the SDK’s kind', () => {
  it('is given streams that name their session, a prime, and messages', async () => {
    const store = new ListStore();
    const stream = sdkEventLog(store).open(KEY, [1]);
    await stream.prime();
    await stream.append(answer(1), true);
    expect(store.events.map(({ streamId, message }) => [streamId, message])).toEqual([
      ['a1:b2', {}],
      ['a1:b2', JSON.parse(answer(1))],
    ]);
  });

  it('makes positions of its own ids', async () => {
    const stream = sdkEventLog(new ListStore()).open(KEY, [1]);
    expect(await stream.prime()).toBe(positionOf('a1:b2/0'));
  });

  it('is read after a restart, though nobody can tell what is unanswered', async () => {
    const store = new ListStore();
    const { log, prime } = await foreign(store);
    expect(await sdkEventLog(store).find(KEY)).toMatchObject({ unanswered: undefined });
    expect((await read(log, prime)).texts).toEqual(notes(3));
    await log.append(note(4), false);
    expect((await read(log, prime)).texts).toEqual(notes(4));
  });

  it('is asked for nothing after its session has ended, and given nothing', async () => {
    const store = new ListStore();
    const { prime } = await foreign(store);
    const log = sdkEventLog(store);
    const [open, found] = [log.open({ ...KEY, stream: 'c3' }, [1]), await log.find(KEY)];
    await toLast(open, notes(1));
    await log.drop(KEY.session);
    const count = store.events.length;
    await open.append(answer(1), true);
    expect(store.events).toHaveLength(count);
    expect(await read(found?.log, prime)).toMatchObject({ isPlace: false, texts: [] });
    expect(await log.find(KEY)).toBeUndefined();
  });

  it('counts a response that it did not take as unanswered', async () => {
    const store = new ListStore();
    const log = sdkEventLog(store);
    const stream = log.open(KEY, [1, 2]);
    await stream.append(answer(1), true);
    vi.spyOn(store, 'storeEvent').mockRejectedValueOnce(new Error('down'));
    await expect(stream.append(answer(2), true)).rejects.toThrow('down');
    stream.finish();
    expect(await log.find(KEY)).toMatchObject({ unanswered: [2] });
  });

  it('is written to once at a time on each stream, whatever fails', async () => {
    const store = new ListStore();
    let running = 0;
    const slow: SdkEventStore = {
      storeEvent: async (streamId, message) => {
        running += 1;
        await new Promise(setImmediate);
        expect(running).toBe(1);
        running -= 1;
        if (JSON.stringify(message) === note(2)) throw new Error('down');
        return store.storeEvent(streamId, message as JSONRPCMessage);
      },
      replayEventsAfter: (id, to) => store.replayEventsAfter(id, to),
    };
    const stream = sdkEventLog(slow).open(KEY, [1]);
    const results = await Promise.allSettled([
      stream.prime(),
      ...notes(3).map((text) => stream.append(text, false)),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect((await read(stream, positionOf('a1:b2/0'))).texts).toEqual([note(1), note(3)]);
  });

  it.each([
    ['no text', 7],
    ['an empty id', ''],
    ['an id that is too long', 'x'.repeat(385)],
    ['half a character', '\ud800'],
  ])('that gives %s as an id is an outage', async (_what, id) => {
    const store = { ...new ListStore(), storeEvent: async () => id } as unknown as SdkEventStore;
    await expect(sdkEventLog(store).open(KEY, [1]).append(note(1), false)).rejects.toThrow();
  });

  it('may give ids of up to 384 bytes, in any characters', async () => {
    const id = 'é\u0000/+=_ '.padEnd(382, 'x');
    const store = { ...new ListStore(), storeEvent: async () => id } as unknown as SdkEventStore;
    const position = await sdkEventLog(store).open(KEY, [1]).append(note(1), false);
    expect(position).toMatch(/^[A-Za-z0-9_-]{1,512}$/);
  });
});

describe('order', () => {
  /** Hands over what it has in an order of its own. */
  class ShufflingStore extends ListStore {
    override async replayEventsAfter(
      ...[id, { send }]: Parameters<ListStore['replayEventsAfter']>
    ) {
      const sent: [string, JSONRPCMessage][] = [];
      const owner = await super.replayEventsAfter(id, {
        send: async (...event) => void sent.push(event),
      });
      for (const event of sent.reverse()) await send(...event);
      return owner;
    }
  }

  it('is that of appending for the streams of this process', async () => {
    const stream = sdkEventLog(new ShufflingStore()).open(KEY, [1]);
    const places = [await stream.prime(), ...(await toLast(stream, notes(5)))];
    for (const [index, place] of places.entries()) {
      expect((await read(stream, place)).texts).toEqual(notes(5).slice(index));
    }
  });

  it('is the store’s own for those of another', async () => {
    const { log, prime } = await foreign(new ShufflingStore());
    expect((await read(log, prime)).texts).toEqual(notes(3).reverse());
  });

  it('is kept where the SDK’s example sorts at random, once the clock has moved on', async () => {
    for (let round = 0; round < 20; round += 1) {
      const stream = sdkEventLog(new InMemoryEventStore()).open(KEY, [1]);
      const prime = await stream.prime();
      const before = Date.now();
      await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(before), { interval: 1 });
      const places = [prime, ...(await toLast(stream, notes(5)))];
      for (const [index, place] of places.entries()) {
        expect((await read(stream, place)).texts).toEqual(notes(5).slice(index));
      }
    }
  });

  it('shows what the store has lost as a gap', async () => {
    const store = new ListStore();
    const stream = sdkEventLog(store).open(KEY, [1]);
    const prime = await stream.prime();
    const places = await toLast(stream, notes(6));
    for (const index of [2, 3, 6]) store.events[index] = { ...gone, id: `gone ${index}` };
    const order = ['1', 'missed 2', '4', '5', 'missed 1'];
    const named = order.map((place) => places[Number(place) - 1] ?? place);
    expect((await read(stream, prime)).order).toEqual(named);
  });

  const gone = { streamId: 'gone', message: {} as JSONRPCMessage };

  it('survives more events than are remembered', async () => {
    const stream = sdkEventLog(new ListStore()).open(KEY, [1]);
    const prime = await stream.prime();
    const places = await toLast(stream, notes(1_200));
    expect((await read(stream, prime)).texts).toEqual(notes(1_200));
    expect((await read(stream, String(places[9]))).texts).toEqual(notes(1_200).slice(10));
    expect((await read(stream, String(places[1_100]))).texts).toEqual(notes(1_200).slice(1_101));
  });
});

describe('the SDK’s example, when no two events are of one millisecond', () => {
  beforeEach(() => {
    let now = Date.now();
    vi.spyOn(Date, 'now').mockImplementation(() => {
      now += 1;
      return now;
    });
  });
  afterEach(() => void vi.restoreAllMocks());

  for (const { name, run } of eventStoreContract(() => new InMemoryEventStore())) it(name, run);
});
