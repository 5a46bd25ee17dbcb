/**
 * A session store that holds back an operation until the test lets it go.
 *
 * Knows: the port of session stores. Does not know: who uses it.
 *
 * @module
 */
import type { SessionStore, Store } from 'express-mcp-router';
import { storeAround } from './store-around.js';

type Operation = 'find' | 'touch' | 'ended';

/** A look-up that is done and whose answer is held back, or a touch that is not done yet. */
export interface Halt {
  readonly reached: Promise<void>;
  go(): void;
}

/** The store, and how its next operation of a kind is held back. */
export interface HaltingStore {
  readonly store: Store;
  halt(operation: Operation): Halt;
}

export function haltingStore(): HaltingStore {
  const halts = new Map<Operation, () => Promise<void>>();
  const take = (operation: Operation) => {
    const held = halts.get(operation);
    halts.delete(operation);
    return held;
  };
  const answered = <T>(operation: Operation, answer: T | Promise<T>): T | Promise<T> =>
    take(operation)?.().then(() => answer) ?? answer;
  const halting = (memory: SessionStore): SessionStore => ({
    find: (...asked) => answered('find', memory.find(...asked)),
    ended: (...asked) => answered('ended', memory.ended(...asked)),
    touch: (...asked) =>
      take('touch')?.().then(() => memory.touch(...asked)) ?? memory.touch(...asked),
    admit: (...asked) => memory.admit(...asked),
    end: (...asked) => memory.end(...asked),
    count: () => memory.count(),
  });
  return {
    store: storeAround({ sessions: halting }),
    halt: (operation) => {
      let reached = () => {};
      let go = () => {};
      const isReached = new Promise<void>((resolve) => {
        reached = resolve;
      });
      const isLetGo = new Promise<void>((resolve) => {
        go = resolve;
      });
      halts.set(operation, () => {
        reached();
        return isLetGo;
      });
      return { reached: isReached, go };
    },
  };
}
