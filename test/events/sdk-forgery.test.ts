/**
 * Forged positions, and stores of the SDK's kind that answer them in every way there is (SEC-18).
 *
 * @module
 */
import { keyvEventStore, type SdkEventStore } from 'express-mcp-router';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventLogOf } from '../../lib/events/event-store.js';
import { sdkEventLog } from '../../lib/events/sdk.js';
import { ListStore } from '../support/event-stores.js';
import { notes, read, toLast } from '../support/streams.js';
import { optionErrorOf } from '../support/thrown.js';

const MINE = { session: 'a1', stream: 'b2' };
const OTHERS = { session: 'c3', stream: 'b2' };

const positionOf = (eventId: string) => Buffer.from(eventId).toString('base64url');

/** A store with a stream of mine and one of somebody else's, written by a process that is gone. */
async function filled(): Promise<{ store: ListStore; mine: string; others: string }> {
  const store = new ListStore();
  const log = sdkEventLog(store);
  const [mine, others] = await Promise.all([
    log.open(MINE, [1]).prime(),
    log.open(OTHERS, [1]).prime(),
  ]);
  await toLast(log.open(OTHERS, [1]), notes(3, 'others'));
  return { store, mine, others };
}

/** The store with some of its methods replaced. */
const changed = (store: ListStore, methods: Partial<SdkEventStore>): SdkEventStore => ({
  storeEvent: (...all) => store.storeEvent(...(all as Parameters<ListStore['storeEvent']>)),
  getStreamIdForEventId: (id) => store.getStreamIdForEventId(id),
  replayEventsAfter: (id, to) => store.replayEventsAfter(id, to),
  ...methods,
});

const foundIn = async (store: SdkEventStore) => (await sdkEventLog(store).find(MINE))?.log;

describe('a place in another’s stream', () => {
  it.each<[string, Partial<SdkEventStore>]>([
    ['says of which stream an event is', {}],
    ['only says so after a replay', { getStreamIdForEventId: undefined }],
    ['says mine, but replays the other', { getStreamIdForEventId: async () => 'a1:b2' }],
    ['does not know', { getStreamIdForEventId: async () => undefined }],
    ['says nothing', { getStreamIdForEventId: async () => '' }],
  ])('hands over nothing where a store %s', async (_what, methods) => {
    const { store, others } = await filled();
    const stream = await foundIn(changed(store, methods));
    expect(await read(stream, others)).toMatchObject({ isPlace: false, order: [] });
  });

  it('is not even asked about when the stream is this process’s own', async () => {
    const { store, others } = await filled();
    const asked = vi.fn();
    const spied = changed(store, { replayEventsAfter: asked, getStreamIdForEventId: asked });
    const stream = sdkEventLog(spied).open({ session: 'd4', stream: 'e5' }, []);
    expect(await read(stream, others)).toMatchObject({ isPlace: false, order: [] });
    expect(asked).not.toHaveBeenCalled();
  });

  it('hands over nothing when the store mixes streams up in a replay', async () => {
    const { store } = await filled();
    const mixing = changed(store, {
      replayEventsAfter: async (_id, { send }) => {
        for (const { id, message } of store.events) await send(id, message);
        return 'd4:e5';
      },
    });
    const stream = sdkEventLog(mixing).open({ session: 'd4', stream: 'e5' }, []);
    const prime = await stream.prime();
    await toLast(stream, notes(2));
    expect((await read(stream, prime)).texts).toEqual(notes(2));
  });
});

describe('a place that the store does not know', () => {
  const unknown = positionOf('a1:b2/999');

  it.each<[string, () => unknown]>([
    ['resolves with an empty id', async () => ''],
    ['resolves with nothing', async () => undefined],
    ['resolves with null', async () => null],
    ['answers at once', () => ''],
    ['rejects', async () => Promise.reject(new Error('no such event'))],
    ['rejects with nothing', async () => Promise.reject(undefined)],
    [
      'throws',
      () => {
        throw new Error('no such event');
      },
    ],
  ])('is no place where it %s', async (_what, answer) => {
    const { store } = await filled();
    for (const getStreamIdForEventId of [undefined, answer as never]) {
      const methods = { getStreamIdForEventId, replayEventsAfter: answer as never };
      const stream = await foundIn(changed(store, methods));
      expect(await read(stream, unknown)).toMatchObject({ isPlace: false, order: [] });
    }
  });

  it.each([
    '',
    '=',
    '*',
    positionOf('a1:b2/0').slice(0, -1),
    `${positionOf('a1:b2/0')}=`,
    `${positionOf('a1:b2/0').slice(0, -1)}B`,
    Buffer.from([0xff, 0xfe]).toString('base64url'),
    positionOf('x'.repeat(385)),
    'A'.repeat(8_192),
  ])('does not reach the store when it was made of no id: %s', async (position) => {
    const asked = vi.fn();
    const store = changed(new ListStore(), {
      getStreamIdForEventId: asked,
      replayEventsAfter: asked,
    });
    expect(await read(await foundIn(store), position)).toMatchObject({ isPlace: false });
    expect(asked).not.toHaveBeenCalled();
  });
});

describe('an outage', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const down = (code?: string, cause?: unknown) => async () =>
    Promise.reject(Object.assign(new Error('down', { cause }), { code }));

  it.each([
    ['of the network', down('ECONNREFUSED')],
    ['of the network, further down', down(undefined, { code: 'ECONNRESET' })],
  ])('%s is told from a place that is not known', async (_what, failing) => {
    const { store, mine } = await filled();
    for (const methods of [{ replayEventsAfter: failing }, { getStreamIdForEventId: failing }]) {
      await expect(read(await foundIn(changed(store, methods)), mine)).rejects.toThrow('down');
    }
  });

  it('is whatever fails over a place that the store has given itself', async () => {
    const store = new ListStore();
    const stream = sdkEventLog(changed(store, { replayEventsAfter: down() })).open(MINE, [1]);
    await expect(read(stream, await stream.prime())).rejects.toThrow('down');
  });

  it('is no answer within five seconds, when storing and when replaying', async () => {
    const hanging = changed(new ListStore(), {
      storeEvent: () => new Promise(() => {}),
      getStreamIdForEventId: () => new Promise(() => {}),
    });
    const log = sdkEventLog(hanging);
    const found = await log.find(MINE);
    const waits = [
      expect(log.open(OTHERS, []).prime()).rejects.toMatchObject({ code: 'ETIMEDOUT' }),
      expect(read(found?.log, positionOf('a'))).rejects.toMatchObject({ code: 'ETIMEDOUT' }),
    ];
    await vi.advanceTimersByTimeAsync(5_000);
    await Promise.all(waits);
  });
});

describe('as an event store', () => {
  it('a log is itself, and a store of the SDK’s kind is wrapped', () => {
    const log = sdkEventLog(new ListStore());
    expect(eventLogOf(log)).toBe(log);
    expect(eventLogOf(new ListStore()).name).toBe('sdk');
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['true', true],
    ['a text', 'memory'],
    ['an empty object', {}],
    ['a list', []],
    ['a function', keyvEventStore],
    ['half of a store', { storeEvent: () => {} }],
    ['no methods', { storeEvent: 1, replayEventsAfter: 2 }],
  ])('%s is refused', (_what, value) => {
    const message = optionErrorOf(() => eventLogOf(value as SdkEventStore));
    expect(message).toMatch(/^eventStore: expected .*, got /);
  });
});
