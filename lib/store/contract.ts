/**
 * What every store promises, as cases for any test runner.
 *
 * Knows: the subjects. Does not know: how a store keeps anything.
 *
 * @module
 */
import { type Cases, newName, openOne, type Work } from './contract-bench.js';
import { CLAIMS } from './contract-claims.js';
import { INSTANCES } from './contract-instances.js';
import { KEEPING } from './contract-keeping.js';
import { LIMITS } from './contract-limits.js';
import { type PairCases, type PairWork, withPair } from './contract-pair.js';
import { SHARING } from './contract-sharing.js';
import type { EndpointStore, Store } from './port.js';

/** One promise: `run` rejects with an `AssertionError` when it is not kept. */
export interface ContractCase {
  readonly name: string;
  run(): Promise<void>;
}

type Open = () => Store | Promise<Store>;

/**
 * The contract of stores: `for (const { name, run } of storeContract(open)) test(name, run);`
 *
 * A case uses endpoints of its own, so that all may be over the same data and run side by side.
 *
 * @param open - a store for one case.
 */
export function storeContract(open: Open): ContractCase[] {
  return [KEEPING, LIMITS].flatMap((cases: Cases) =>
    Object.entries(cases).map(([name, work]) => ({ name, run: () => runWith(open, work) })),
  );
}

/**
 * What a store that instances share promises beside: two of them serve one endpoint.
 *
 * @param open - called for each instance; what it returns are stores over the same data.
 */
export function sharedStoreContract(open: Open): ContractCase[] {
  return [CLAIMS, SHARING, INSTANCES].flatMap((cases: PairCases) =>
    Object.entries(cases).map(([name, work]: [string, PairWork]) => ({
      name,
      run: () => withPair(open, work),
    })),
  );
}

async function runWith(open: Open, work: Work): Promise<void> {
  const store = await open();
  const opened: EndpointStore[] = [];
  try {
    await work((limits = {}, label = newName()) => {
      const busy = new Set<string>();
      const one = openOne(store, { limits, label, busy });
      opened.push(one);
      return { sessions: one.sessions, busy };
    });
  } finally {
    await Promise.all(opened.map((one) => one.close()));
  }
}
