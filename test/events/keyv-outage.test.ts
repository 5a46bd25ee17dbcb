/**
 * A Keyv whose store fails: what is read then, and what becomes of what is written.
 *
 * @module
 */
import { keyvEventStore } from 'express-mcp-router';
import Keyv, { type KeyvOptions } from 'keyv';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BreakableStore } from '../support/event-stores.js';
import { answer, note, notes, read, toLast } from '../support/streams.js';

const KEY = { session: 'a1', stream: 'b2' };

function breakable(options: Partial<KeyvOptions> = {}) {
  const store = new BreakableStore();
  const errors: unknown[] = [];
  const keyv = new Keyv({ store, ...options });
  const log = keyvEventStore(keyv, { onError: (error) => errors.push(error) });
  return { store, keyv, log, errors };
}

/** Nothing is left to be written, and everything that was is in the store alone. */
async function written({ store }: { store: BreakableStore }, count: number): Promise<void> {
  await expect.poll(() => store.map.size, { interval: 5 }).toBe(count);
}

describe.each(['rejects', 'hides'] as const)('a store that %s its failures', (fault) => {
  const options: [string, Partial<KeyvOptions>][] = [
    ['by default', {}],
    ['with throwOnErrors', { throwOnErrors: true }],
  ];

  it.each(options)('makes find reject, not forget, %s', async (_name, option) => {
    const { store, log } = breakable(option);
    store.fault = fault;
    await expect(log.find(KEY)).rejects.toThrow();
    store.fault = undefined;
    expect(await log.find(KEY)).toBeUndefined();
  });

  it.each(options)('makes a replay reject, and not tell of gaps, %s', async (_name, option) => {
    const broken = breakable(option);
    const stream = broken.log.open(KEY, [1]);
    await toLast(stream, notes(3));
    await written(broken, 4);
    broken.store.fault = fault;
    await expect(read(stream, '0')).rejects.toThrow();
    broken.store.fault = undefined;
    expect((await read(stream, '0')).texts).toEqual(notes(3));
  });

  it.each(options)('gets what it missed when it is back, %s', async (_name, option) => {
    const broken = breakable(option);
    broken.store.fault = fault;
    const stream = broken.log.open(KEY, [1]);
    expect(await toLast(stream, notes(3))).toEqual(['1', '2', '3']);
    await expect.poll(() => broken.store.done.length).toBeGreaterThan(3);
    expect((await read(stream, '1')).texts).toEqual(notes(3).slice(1));
    broken.store.fault = undefined;
    await written(broken, 4);
    const next = keyvEventStore(new Keyv({ store: broken.store }));
    expect((await read((await next.find(KEY))?.log, '0')).texts).toEqual(notes(3));
    expect(broken.errors).toEqual([]);
  });
});

describe('an outage that lasts', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('costs what waited: told to onError, missing in replays, and no more', async () => {
    const { store, log, errors } = breakable();
    const stream = log.open(KEY, [1]);
    await toLast(stream, notes(2));
    await vi.advanceTimersByTimeAsync(0);
    store.fault = 'rejects';
    await toLast(stream, [note(3), note(4)]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(errors).toHaveLength(2);
    const tries = store.done.filter((done) => done === 'set keyv:mcp:a1:b2:e3');
    expect(tries.length).toBeGreaterThan(1);
    expect(tries.length).toBeLessThan(10);
    store.fault = undefined;
    await stream.append(answer(1), true);
    await vi.advanceTimersByTimeAsync(0);
    expect((await read(stream, '0')).order).toEqual(['1', '2', 'missed 2', '5']);
  });

  it('is told at the end of a stream, when its newest events were lost', async () => {
    const { store, log } = breakable();
    const stream = log.open(KEY, [1]);
    await vi.advanceTimersByTimeAsync(0);
    store.fault = 'rejects';
    await toLast(stream, notes(2));
    await vi.advanceTimersByTimeAsync(60_000);
    store.fault = undefined;
    expect((await read(stream, '0')).order).toEqual(['missed 2']);
  });

  it('holds one value for each slot of a ring, the newest', async () => {
    const { store, log } = breakable();
    store.fault = 'rejects';
    const stream = log.open(KEY, [1]);
    await toLast(stream, notes(1_000));
    await vi.advanceTimersByTimeAsync(0);
    store.fault = undefined;
    store.done.length = 0;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(store.done).toHaveLength(101);
    expect((await read(stream, '0')).texts).toEqual(notes(1_000).slice(-100));
  });

  it('ends a wait for a store that hangs, reading and writing', async () => {
    const { store, log, errors } = breakable();
    store.fault = 'hangs';
    log.open({ session: 'c3', stream: 'd4' }, [1]);
    const finding = expect(log.find(KEY)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await vi.advanceTimersByTimeAsync(5_000);
    await finding;
    const closing = log.close();
    await vi.advanceTimersByTimeAsync(60_000);
    await closing;
    expect(errors).toHaveLength(1);
  });

  it('keeps nothing waiting beyond 64 MiB, responses excepted', async () => {
    const { store, log, errors } = breakable();
    store.fault = 'hangs';
    const large = JSON.stringify({ text: 'x'.repeat(8_388_608) });
    const streams = Array.from({ length: 10 }, (_, index) =>
      log.open({ session: 'a', stream: `s${index}` }, [1]),
    );
    for (const stream of streams) await stream.append(large, index(stream) === 9);
    expect(errors.length).toBeGreaterThan(0);
    expect((await read(streams[9], '0')).texts).toEqual([large]);

    function index(stream: unknown): number {
      return streams.indexOf(stream as never);
    }
  });
});

describe('errors of a Keyv', () => {
  it('are told when they belong to no operation', async () => {
    const { store, log, errors } = breakable();
    await log.find(KEY);
    const error = new Error('the connection was lost');
    store.emit('error', error);
    expect(errors).toEqual([error]);
    expect(await log.find(KEY)).toBeUndefined();
  });

  it('do not stop the process when onError throws, or is not there', async () => {
    const store = new BreakableStore();
    const onError = () => {
      throw new Error('from the listener');
    };
    for (const options of [{ onError }, {}]) {
      const log = keyvEventStore(new Keyv({ store }), options);
      await log.find(KEY);
      expect(() => store.emit('error', new Error('the connection was lost'))).not.toThrow();
      await log.close();
    }
  });

  it('are not listened to any more after close, which leaves the Keyv open', async () => {
    const { keyv, log, errors } = breakable();
    await log.find(KEY);
    await log.close();
    keyv.emit('error', new Error('later'));
    expect([errors, keyv.listeners('error')]).toEqual([[], []]);
    expect(await log.find(KEY)).toBeUndefined();
    expect(keyv.listeners('error')).toHaveLength(1);
  });
});
