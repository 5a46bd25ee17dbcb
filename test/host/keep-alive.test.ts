/**
 * The one timer of all open streams: comments, and the end of readers that stopped reading.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventSink } from '../../lib/host/exchange.js';
import { KeepAlive, STALLED_MS } from '../../lib/host/keep-alive.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A connection whose reader has been behind for `behindMs`. */
function connection(behindMs: number) {
  const events: string[] = [];
  const sink: EventSink = {
    behindMs,
    write: (frames) => events.push(frames),
    drained: () => Promise.resolve(),
    end: () => void events.push('end'),
    destroy: () => void events.push('destroy'),
  };
  return { sink, events };
}

describe('keep-alive', () => {
  it('comments on every open stream, at its interval', () => {
    const keepAlive = new KeepAlive(1_000);
    const { sink, events } = connection(0);
    keepAlive.add(sink);
    vi.advanceTimersByTime(2_500);
    expect(events).toEqual([': keep-alive\n\n', ': keep-alive\n\n']);
  });

  it('cuts a reader that has not read everything for too long', () => {
    const keepAlive = new KeepAlive(1_000);
    const stalled = connection(STALLED_MS + 1);
    const slow = connection(STALLED_MS - 1);
    keepAlive.add(stalled.sink);
    keepAlive.add(slow.sink);
    vi.advanceTimersByTime(1_000);
    expect([stalled.events, slow.events]).toEqual([['destroy'], [': keep-alive\n\n']]);
  });

  it('has no timer without a stream', () => {
    const keepAlive = new KeepAlive(1_000);
    const { sink } = connection(0);
    keepAlive.add(sink);
    expect(vi.getTimerCount()).toBe(1);
    keepAlive.delete(sink);
    expect(vi.getTimerCount()).toBe(0);
  });
});
