/**
 * What every event store promises, as cases for any test runner.
 *
 * Knows: the subjects. Does not know: how a store keeps anything.
 *
 * @module
 */
import type { Cases, Work } from './contract-bench.js';
import { ISOLATION } from './contract-isolation.js';
import { ORDER } from './contract-order.js';
import { eventLogOf } from './event-store.js';
import type { EventStore } from './port.js';

/** One promise: `run` rejects with an `AssertionError` when it is not kept. */
export interface ContractCase {
  readonly name: string;
  run(): Promise<void>;
}

/**
 * The contract of event stores: `for (const { name, run } of eventStoreContract(open)) test(name, run);`
 *
 * A case uses streams of its own, so the stores may all be over the same data. One that keeps less than 16
 * events of a stream fails.
 *
 * @param open - a store for one case, which is closed after it.
 */
export function eventStoreContract(open: () => EventStore | Promise<EventStore>): ContractCase[] {
  return [ORDER, ISOLATION].flatMap((cases: Cases) =>
    Object.entries(cases).map(([name, work]) => ({ name, run: () => runWith(open, work) })),
  );
}

async function runWith(open: () => EventStore | Promise<EventStore>, work: Work): Promise<void> {
  const log = eventLogOf(await open());
  try {
    await work(log);
  } finally {
    await log.close();
  }
}
