/**
 * Sessions in memory whose time passes when a test says so.
 *
 * Knows: the port of session stores, to which every caller tells the time. Does not know: who uses it.
 *
 * @module
 */
import type { SessionStore, Store } from 'express-mcp-router';
import { storeAround } from '../support/store-around.js';
import { type Delay, delayedSessions } from './delays.js';

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
    find: (address, now) => memory.find(address, now + passed),
    admit: (record, now) => {
      record.lastSeenAt = now + passed;
      return memory.admit(record, now + passed);
    },
    touch: (record, phase, now) => memory.touch(record, phase, now + passed),
    end: (address, until, now) => memory.end(address, until, now + passed),
    ended: (address, now) => memory.ended(address, now + passed),
    count: () => memory.count(),
  });
  const sessions = (memory: SessionStore) =>
    delay === undefined ? aging(memory) : delayedSessions(aging(memory), delay);
  return {
    store: storeAround({ sessions }),
    pass: (ms) => {
      passed += ms;
    },
  };
}
