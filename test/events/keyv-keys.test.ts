/**
 * What is in the Keyv: which keys, for how long, and what is left when a session ends.
 *
 * @module
 */
import { type KeyvEventStoreOptions, keyvEventStore } from 'express-mcp-router';
import Keyv from 'keyv';
import { KeyvFile } from 'keyv-file';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BreakableStore, temporaryFolder } from '../support/event-stores.js';
import { answer, note, notes, read, toLast } from '../support/streams.js';
import { optionErrorOf } from '../support/thrown.js';

const KEY = { session: 'a1', stream: 'b2' };

const names = (map: ReadonlyMap<unknown, unknown>) => [...map.keys()].sort();

describe('the keys', () => {
  it('begin with the prefix, inside the namespace of the Keyv', async () => {
    const map = new Map();
    const keyv = new Keyv({ store: map, namespace: 'app' });
    const log = keyvEventStore(keyv, { prefix: 'v2.events' });
    await toLast(log.open(KEY, [1]), notes(1));
    await log.close();
    expect(names(map)).toEqual(['app:v2.events:a1:b2:e1', 'app:v2.events:a1:b2:s']);
  });

  it('keep two logs with different prefixes apart', async () => {
    const keyv = new Keyv();
    const [one, two] = ['one', 'two'].map((prefix) => keyvEventStore(keyv, { prefix }));
    await toLast(one?.open(KEY, [1]) as never, notes(1));
    await one?.close();
    expect(await two?.find(KEY)).toBeUndefined();
  });

  it.each([
    { session: '*', stream: 'b2' },
    { session: 'a1', stream: '' },
    { session: 'a1', stream: 'b2:s' },
    { session: 'a1', stream: '../b2' },
    { session: 'a1', stream: 'b'.repeat(129) },
  ])('are not looked up for names that no stream has: %j', async (key) => {
    const store = new BreakableStore();
    expect(await keyvEventStore(new Keyv({ store })).find(key)).toBeUndefined();
    expect(store.done).toEqual([]);
  });

  it('hold the message as its text', async () => {
    const keyv = new Keyv();
    const log = keyvEventStore(keyv);
    await toLast(log.open(KEY, [1]), [note(1)]);
    await log.close();
    expect(await keyv.get('mcp:a1:b2:e1')).toMatchObject({ number: 1, json: note(1) });
  });

  it('are gone when the session ends, and do not come back', async () => {
    const map = new Map();
    const log = keyvEventStore(new Keyv({ store: map }), { maxEventsPerStream: 3 });
    const other = log.open({ session: 'c3', stream: 'b2' }, []);
    await toLast(other, notes(1));
    for (const stream of ['b2', 'b3']) {
      const dropped = log.open({ session: 'a1', stream }, [1]);
      await toLast(dropped, notes(5));
      await dropped.append(answer(1), true);
      dropped.finish();
    }
    const open = log.open({ session: 'a1', stream: 'b4' }, [1]);
    await toLast(open, notes(2));
    await vi.waitFor(() => expect(map.size).toBe(2 + 2 * 5 + 3));
    await log.drop('a1');
    await open.append(answer(1), true);
    open.finish();
    await toLast(log.open({ session: 'a1', stream: 'b5' }, [1]), notes(1));
    await log.close();
    expect(names(map)).toEqual(['keyv:mcp:c3:b2:e1', 'keyv:mcp:c3:b2:s']);
    expect((await read(other, '0')).texts).toEqual(notes(1));
  });

  it('are gone too when their first write was still on its way', async () => {
    const map = new Map();
    const log = keyvEventStore(new Keyv({ store: map }));
    const stream = log.open(KEY, [1]);
    await toLast(stream, notes(3));
    await log.drop(KEY.session);
    expect(await read(stream, '0')).toMatchObject({ isPlace: false, texts: [] });
    await log.close();
    expect(names(map)).toEqual([]);
  });
});

describe('the time that keys live', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const ttlMs = 60_000;

  it('is ttlMs for an event and twice that for the stream', async () => {
    const store = new BreakableStore();
    const log = keyvEventStore(new Keyv({ store }), { ttlMs });
    await toLast(log.open(KEY, [1]), notes(1));
    await vi.advanceTimersByTimeAsync(0);
    expect(Object.fromEntries(store.ttls)).toEqual({
      'keyv:mcp:a1:b2:e1': ttlMs,
      'keyv:mcp:a1:b2:s': 2 * ttlMs,
    });
  });

  it('begins again for a stream that is open, however long it is silent', async () => {
    const map = new Map();
    const stream = keyvEventStore(new Keyv({ store: map }), { ttlMs }).open(KEY, [1]);
    await toLast(stream, notes(1));
    await vi.advanceTimersByTimeAsync(10 * ttlMs);
    const next = keyvEventStore(new Keyv({ store: map }), { ttlMs });
    const found = await next.find(KEY);
    expect(found?.unanswered).toEqual([1]);
    expect(await read(found?.log, '1')).toMatchObject({ isPlace: true, texts: [] });
  });

  it('ends for a stream that has finished', async () => {
    const keyv = new Keyv();
    const log = keyvEventStore(keyv, { ttlMs });
    const stream = log.open(KEY, [1]);
    await stream.append(answer(1), true);
    stream.finish();
    await vi.advanceTimersByTimeAsync(ttlMs + 1);
    expect(await log.find(KEY)).toBeUndefined();
    expect(await keyvEventStore(keyv).find(KEY)).toBeUndefined();
  });

  it('ends for everything when the log is closed: no timer is left', async () => {
    const log = keyvEventStore(new Keyv(), { ttlMs });
    await toLast(log.open(KEY, [1]), notes(1));
    await log.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('what is refused', () => {
  const keyv = new Keyv();

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a URL', 'redis://localhost'],
    ['a Map', new Map()],
    ['a list', [keyv]],
    ['a class', Keyv],
    ['a store for a Keyv', new BreakableStore()],
  ])('as a Keyv: %s', (_name, value) => {
    expect(optionErrorOf(() => keyvEventStore(value as Keyv))).toMatch(
      /^keyv: expected a Keyv, got /,
    );
  });

  it('as a Keyv: the store of one, with the way out', async () => {
    const store = new KeyvFile({ filename: `${await temporaryFolder()}/events.json` });
    const message = optionErrorOf(() => keyvEventStore(store as unknown as Keyv));
    expect(message).toContain('new Keyv({ store })');
  });

  it.each<[string, unknown]>([
    ['maxEventsPerStream', 0],
    ['maxEventsPerStream', -1],
    ['maxEventsPerStream', 1.5],
    ['maxEventsPerStream', 10_001],
    ['maxEventsPerStream', '100'],
    ['maxEventsPerStream', null],
    ['ttlMs', 0],
    ['ttlMs', -1],
    ['ttlMs', 0.5],
    ['ttlMs', Number.NaN],
    ['ttlMs', Number.POSITIVE_INFINITY],
    ['ttlMs', 2_147_483_648],
    ['prefix', ''],
    ['prefix', 7],
    ['prefix', null],
    ['prefix', {}],
    ['prefix', 'a b'],
    ['prefix', 'a*'],
    ['prefix', 'p'.repeat(65)],
    ['onError', 'log'],
    ['onError', []],
  ])('as %s: %j', (name, value) => {
    const message = optionErrorOf(() => keyvEventStore(keyv, { [name]: value }));
    expect(message).toMatch(new RegExp(`^${name}: expected .*, got `));
  });

  it.each(['ttl', 'namespace', 'toString', '__proto__'])('as the name of an option: %s', (name) => {
    const options = Object.fromEntries([[name, 1]]);
    expect(optionErrorOf(() => keyvEventStore(keyv, options))).toContain(`"${name}"`);
  });

  it.each<[unknown]>([[null], [[]], ['mcp'], [7]])('as options: %j', (options) => {
    const make = () => keyvEventStore(keyv, options as KeyvEventStoreOptions);
    expect(optionErrorOf(make)).toMatch(/expected an object, got/);
  });

  it('undefined is not: it means the default', async () => {
    const options = { maxEventsPerStream: undefined, ttlMs: undefined, prefix: undefined };
    const map = new Map();
    const log = keyvEventStore(new Keyv({ store: map }), { ...options, onError: undefined });
    await toLast(log.open(KEY, []), notes(1));
    await log.close();
    expect(names(map)).toContain('keyv:mcp:a1:b2:s');
  });
});
