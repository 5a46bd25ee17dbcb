/**
 * Sessions in memory whose time passes when a test says so.
 *
 * Knows: the port of session stores, to which every caller tells the time. Does not know: who uses it.
 *
 * @module
 */
import { memoryStore, type Store } from 'express-mcp-router';
import { type Delay, delayedSessions } from './delays.js';

type SessionStore = ReturnType<Store['sessions']>;

/** The store, and its clock. */
export interface AgingStore {
  readonly store: Store;
  /** Lets time pass, milliseconds. */
  pass(ms: number): void;
}

/** @param delay - how late it answers; without one it answers at once. */
export function agingStore(delay: Delay | undefined): AgingStore {
  let passed = 0;
  const aging = (memory: SessionStore): SessionStore => ({
    find: (id, now) => memory.find(id, now + passed),
    admit: (record, now) => {
      record.lastSeenAt = now + passed;
      return memory.admit(record, now + passed);
    },
    touch: (record, phase, now) => memory.touch(record, phase, now + passed),
    end: (id, until, now) => memory.end(id, until, now + passed),
    ended: (id, now) => memory.ended(id, now + passed),
    count: () => memory.count(),
    close: () => memory.close(),
  });
  const sessions: Store['sessions'] = (limits, hooks) => {
    const store = aging(memoryStore().sessions(limits, hooks));
    return delay === undefined ? store : delayedSessions(store, delay);
  };
  return {
    store: { name: 'aging', sessions },
    pass: (ms) => {
      passed += ms;
    },
  };
}
