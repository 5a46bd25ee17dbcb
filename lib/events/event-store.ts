/**
 * What can be given as an event store.
 *
 * Knows: how the kinds are told apart. Does not know: how any of them works.
 *
 * @module
 */
import { OptionError, told } from '../errors.js';
import type { EventLog, EventStore, SdkEventStore } from './port.js';
import { sdkEventLog } from './sdk.js';

/**
 * The log of an event store.
 *
 * @throws OptionError `ERR_MCP_OPTION` when it is neither kind.
 */
export function eventLogOf(store: EventStore): EventLog {
  if (has(store, 'open', 'find', 'drop', 'close')) return store as EventLog;
  if (has(store, 'storeEvent', 'replayEventsAfter')) return sdkEventLog(store as SdkEventStore);
  throw new OptionError(
    `eventStore: expected keyvEventStore(…), an EventStore of the SDK or false, got ${told(store)}.`,
  );
}

function has(value: unknown, ...methods: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return methods.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}
