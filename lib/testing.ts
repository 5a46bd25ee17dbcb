/**
 * The door for tests: contracts that stores of other hands can be held against.
 *
 * @module
 */
export { type ContractCase, eventStoreContract } from './events/contract.js';
export { sharedEventLogContract } from './events/contract-shared.js';
export type { Opened, SharingInstance } from './events/contract-shared-bench.js';
export type { EventStore } from './events/port.js';
export { sharedStoreContract, storeContract } from './store/contract.js';
export type { Store } from './store/port.js';
