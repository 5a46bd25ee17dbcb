/**
 * Whom the running code is working for.
 *
 * Knows: how a client and its call follow a handler through its asynchronous work.
 * Does not know: how messages are routed by it.
 *
 * @module
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Call } from './call.js';
import type { Client } from './client.js';

/** The client that the running code serves, and the call it belongs to. */
export interface Context {
  readonly client: Client;
  /** Absent while a notification is being handled. */
  readonly call: Call | undefined;
}

/** Every handler runs inside one of these. */
export const context = new AsyncLocalStorage<Context>();
