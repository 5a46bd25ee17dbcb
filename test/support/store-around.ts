/**
 * A store whose sessions go through something that a test puts in between.
 *
 * Knows: the port of stores. Does not know: what is put in between.
 *
 * @module
 */
import { memoryStore, type SessionHooks, type SessionStore, type Store } from 'express-mcp-router';

/** What is put in between. */
export interface Around {
  readonly store?: Store;
  sessions?(sessions: SessionStore): SessionStore;
  hooks?(hooks: SessionHooks): SessionHooks;
}

/** @param around - by default a memory store with nothing in between. */
export function storeAround({
  store = memoryStore(),
  sessions = (same) => same,
  hooks = (same) => same,
}: Around): Store {
  return {
    name: 'around',
    isShared: store.isShared,
    open: (endpoint) => {
      const opened = store.open({ ...endpoint, hooks: hooks(endpoint.hooks) });
      return { sessions: sessions(opened.sessions), close: () => opened.close() };
    },
  };
}
