/**
 * The memory log's limits: events, bytes and time, for one stream and for all.
 *
 * @module
 */
import { memoryEventStore } from 'express-mcp-router';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { EventLog, StreamLog } from '../../lib/events/port.js';

type Options = Parameters<typeof memoryEventStore>[0];

const opened: EventLog[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const log of opened.splice(0)) await log.close();
});

function logWith(options: Options): EventLog {
  const log = memoryEventStore(options);
  opened.push(log);
  return log;
}

/** What a reader who has seen nothing is given: texts, and the numbers of events that are gone. */
async function readAll(stream: StreamLog): Promise<(string | number)[]> {
  const seen: (string | number)[] = [];
  await stream.replay('0', {
    missed: (count) => void seen.push(count),
    event: (_position, json) => seen.push(json) > 0,
  });
  return seen;
}

/** Texts `first`, `first + 1`, … */
const append = (stream: StreamLog, first: number, last: number, size = 1) => {
  for (let nth = first; nth <= last; nth += 1) {
    stream.append(String(nth).padEnd(size, '.'), false);
  }
};

describe('the memory log', () => {
  it('keeps maxEventsPerStream events of a stream, and responses beyond that', async () => {
    const stream = logWith({ maxEventsPerStream: 4 }).open({ session: 's', stream: 'p' }, [
      'a',
      'b',
    ]);
    stream.append('first response', true);
    append(stream, 2, 9);
    stream.append('last response', true);
    expect(await readAll(stream)).toEqual(['first response', 6, '8', '9', 'last response']);
  });

  it('keeps maxBytesPerStream bytes of a stream, and a response that is larger', async () => {
    const log = logWith({ maxBytesPerStream: 10_000 });
    const stream = log.open({ session: 's', stream: 'p' }, [1]);
    append(stream, 1, 9, 2_000);
    stream.append('x'.repeat(50_000), true);
    const seen = await readAll(stream);
    expect(seen[0]).toBe(9);
    expect(seen[1]).toHaveLength(50_000);
  });

  it('counts bytes, not characters', async () => {
    const log = logWith({ maxBytesPerStream: 4_000 });
    const stream = log.open({ session: 's', stream: 'p' }, []);
    for (let nth = 0; nth < 4; nth += 1) stream.append('€'.repeat(500), false);
    expect(await readAll(stream)).toEqual([2, expect.any(String), expect.any(String)]);
  });

  it('reduces finished streams to their responses when maxBytes is reached, the oldest first', async () => {
    const log = logWith({ maxBytes: 40_000 });
    const open = log.open({ session: 's', stream: 'open' }, []);
    append(open, 1, 5, 2_000);
    const streams = ['p1', 'p2', 'p3'].map((name) => {
      const stream = log.open({ session: 's', stream: name }, [1]);
      append(stream, 1, 4, 2_000);
      stream.append('response', true);
      stream.finish();
      return stream;
    });
    append(log.open({ session: 's', stream: 'p4' }, []), 1, 4, 2_000);
    const read = await Promise.all(streams.map(readAll));
    expect(read.map((seen) => seen.length)).toEqual([2, 5, 5]);
    expect(read[0]).toEqual([4, 'response']);
    expect(await readAll(open)).toHaveLength(5);
  });

  it('gives up responses of finished streams when there is nothing else, the oldest first', () => {
    const log = logWith({ maxBytes: 20_000 });
    const names = ['p1', 'p2', 'p3', 'p4'];
    for (const name of names) {
      const stream = log.open({ session: 's', stream: name }, [1]);
      stream.append('x'.repeat(6_000), true);
      stream.finish();
    }
    const kept = names.filter((stream) => log.find({ session: 's', stream }));
    expect(kept).toEqual(['p2', 'p3', 'p4']);
  });

  it('lets a stream pay for itself when there is nothing else to give up', async () => {
    const log = logWith({ maxBytes: 20_000 });
    const quiet = log.open({ session: 'a', stream: 'p' }, []);
    append(quiet, 1, 2, 2_000);
    const loud = log.open({ session: 'b', stream: 'p' }, []);
    append(loud, 1, 100, 2_000);
    expect(await readAll(quiet)).toHaveLength(2);
    expect((await readAll(loud))[0]).toBeGreaterThan(90);
  });

  it('forgets events after ttlMs, and a finished stream ttlMs after its end', async () => {
    vi.useFakeTimers();
    const log = logWith({ ttlMs: 10_000 });
    const open = log.open({ session: 's', stream: 'open' }, []);
    const done = log.open({ session: 's', stream: 'done' }, []);
    append(open, 1, 1);
    done.append('response', true);
    vi.advanceTimersByTime(6_000);
    append(open, 2, 2);
    done.finish();
    vi.advanceTimersByTime(6_000);
    append(open, 3, 3);
    expect(await readAll(open)).toEqual([1, '2', '3']);
    expect(log.find({ session: 's', stream: 'done' })).toBeDefined();
    vi.advanceTimersByTime(20_000);
    expect(log.find({ session: 's', stream: 'done' })).toBeUndefined();
    expect(await readAll(open)).toEqual([3]);
  });

  it('forgets a stream that was finished, went on and was finished again', () => {
    vi.useFakeTimers();
    const log = logWith({ ttlMs: 10_000 });
    const key = { session: 's', stream: 'g' };
    const stream = log.open(key, []);
    append(stream, 1, 1);
    stream.finish();
    append(stream, 2, 2);
    vi.advanceTimersByTime(30_000);
    expect(log.find(key)).toBeDefined();
    stream.finish();
    vi.advanceTimersByTime(30_000);
    expect(log.find(key)).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('has no timer when something is written after its end', () => {
    vi.useFakeTimers();
    const log = logWith({});
    const stream = log.open({ session: 's', stream: 'g' }, []);
    log.close();
    append(stream, 1, 1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps what is written to a stream after it was forgotten for its age', async () => {
    vi.useFakeTimers();
    const log = logWith({ ttlMs: 10_000, maxEventsPerStream: 2 });
    const key = { session: 's', stream: 'g' };
    const stream = log.open(key, []);
    append(stream, 1, 1);
    stream.finish();
    vi.advanceTimersByTime(30_000);
    expect(log.find(key)).toBeUndefined();
    append(stream, 2, 4);
    expect(log.find(key)).toBeDefined();
    expect(await readAll(stream)).toEqual([2, '3', '4']);
    log.drop(key.session);
    append(stream, 5, 5);
    expect(log.find(key)).toBeUndefined();
  });

  it('has no timer when it has no stream', () => {
    vi.useFakeTimers();
    const log = logWith({ ttlMs: 1_000 });
    log.open({ session: 's', stream: 'p' }, []).finish();
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(3_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each<[Options, string]>([
    [{ ttlMs: 0 }, 'ttlMs: expected a positive integer, got 0.'],
    [{ maxBytes: 1.5 }, 'maxBytes: expected a positive integer, got 1.5.'],
    [{ maxEventsPerStream: -1 }, 'maxEventsPerStream: expected a positive integer, got -1.'],
    [{ maxBytesPerStream: Number.NaN }, 'maxBytesPerStream: expected a positive integer, got NaN.'],
    [{ ttlMs: 3e9 }, 'ttlMs: expected at most 2147483647 milliseconds, got 3000000000.'],
  ])('refuses %j', (options, message) => {
    expect(() => memoryEventStore(options)).toThrowError(
      expect.objectContaining({ code: 'ERR_MCP_OPTION', message }),
    );
  });
});
