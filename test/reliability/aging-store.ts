/**
 * Sessions in memory whose time passes when a test says so.
 *
 * Knows: the port of session stores, to which every caller tells the time. Does not know: who uses it.
 *
 * @module
 */
import { setImmediate as turn } from 'node:timers/promises';
import { memoryStore, type Store } from 'express-mcp-router';

type SessionStore = ReturnType<Store['sessions']>;

/** The store, and its clock. */
export interface AgingStore {
  readonly store: Store;
  /** Lets time pass, milliseconds. */
  pass(ms: number): void;
}

async function afterTurn<T>(work: () => T): Promise<Awaited<T>> {
  await turn();
  const value = await work();
  await turn();
  return value;
}

/** @param isSlow - every answer takes a turn of the event loop, as over a network. */
export function agingStore(isSlow: boolean): AgingStore {
  let passed = 0;
  const reach = <T>(work: () => T): T | Promise<Awaited<T>> => (isSlow ? afterTurn(work) : work());
  const aging = (memory: SessionStore): SessionStore => ({
    find: (id, now) => reach(() => memory.find(id, now + passed)),
    admit: (record, now) => {
      record.lastSeenAt = now + passed;
      return reach(() => memory.admit(record, now + passed));
    },
    touch: (record, phase, now) => reach(() => memory.touch(record, phase, now + passed)),
    end: (id, until, now) => reach(() => memory.end(id, until, now + passed)),
    ended: (id, now) => reach(() => memory.ended(id, now + passed)),
    count: () => memory.count(),
    close: () => memory.close(),
  });
  return {
    store: {
      name: 'aging',
      sessions: (limits, hooks) => aging(memoryStore().sessions(limits, hooks)),
    },
    pass: (ms) => {
      passed += ms;
    },
  };
}
