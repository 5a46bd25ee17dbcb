/**
 * The door for tests: contracts that stores of other hands can be held against.
 *
 * @module
 */
export { type ContractCase, eventStoreContract } from './events/contract.js';
export type { EventStore } from './events/port.js';
