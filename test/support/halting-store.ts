/**
 * A session store that holds back its answer until the test lets it go.
 *
 * Knows: the port of session stores. Does not know: who uses it.
 *
 * @module
 */
import { memoryStore, type Store } from 'express-mcp-router';

type SessionStore = ReturnType<Store['sessions']>;
type Operation = 'find' | 'touch' | 'ended';

/** An operation that is done, and whose answer is held back. */
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
  const reach = <T>(operation: Operation, answer: T | Promise<T>): T | Promise<T> => {
    const held = halts.get(operation);
    halts.delete(operation);
    return held === undefined ? answer : held().then(() => answer);
  };
  const halting = (memory: SessionStore): SessionStore => ({
    find: (...asked) => reach('find', memory.find(...asked)),
    touch: (...asked) => reach('touch', memory.touch(...asked)),
    ended: (...asked) => reach('ended', memory.ended(...asked)),
    admit: (...asked) => memory.admit(...asked),
    end: (...asked) => memory.end(...asked),
    count: () => memory.count(),
    close: () => memory.close(),
  });
  return {
    store: { name: 'halting', sessions: (...asked) => halting(memoryStore().sessions(...asked)) },
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
