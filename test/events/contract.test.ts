/**
 * Every event log, held against the contract of event stores.
 *
 * @module
 */
import {
  type EventStore,
  type KeyvLike,
  keyvEventStore,
  memoryEventStore,
} from 'express-mcp-router';
import { eventStoreContract } from 'express-mcp-router/testing';
import Keyv from 'keyv';
import { describe, it } from 'vitest';
import { keyvOnDisk, ListStore, temporaryFolder } from '../support/event-stores.js';

const sharedKeyv = new Keyv();
const sharedList = new ListStore();

const STORES: Readonly<Record<string, () => EventStore | Promise<EventStore>>> = {
  memory: () => memoryEventStore(),
  'Keyv over a Map': () => keyvEventStore(new Keyv()),
  'Keyv over one Map for all': () => keyvEventStore(sharedKeyv),
  'Keyv with a ring of 16': () => keyvEventStore(new Keyv(), { maxEventsPerStream: 16 }),
  'Keyv without serialization': () => keyvEventStore(new Keyv({ serialize: undefined })),
  'Keyv as it was in 5.0': () => keyvEventStore(early(new Keyv())),
  'Keyv over files': async () => keyvEventStore(keyvOnDisk(await temporaryFolder())),
  'a store of the SDK’s kind': () => new ListStore(),
  'one store of the SDK’s kind for all': () => sharedList,
  'a store that cannot tell streams': () => withoutLookup(new ListStore()),
};

describe.each(Object.entries(STORES))('%s', (_name, open) => {
  for (const { name, run } of eventStoreContract(open)) it(name, run);
});

/** With the members that there were from the first. */
function early(keyv: Keyv): KeyvLike {
  return {
    opts: keyv.opts,
    get: (key) => keyv.get(key),
    set: (...all) => keyv.set(...all),
    delete: (key) => keyv.delete(key),
    on: (...all) => keyv.on(...all),
    off: (...all) => keyv.off(...all),
  } as KeyvLike;
}

function withoutLookup(store: ListStore): EventStore {
  return {
    storeEvent: (streamId, message) => store.storeEvent(streamId, message as never),
    replayEventsAfter: (id, to) => store.replayEventsAfter(id, to),
  };
}
