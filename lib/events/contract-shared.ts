/**
 * What a log that several instances share promises beside what every event store does.
 *
 * Knows: the port. Does not know: the stores, how instances speak to each other.
 *
 * @module
 */

import type { ContractCase } from './contract.js';
import { ADOPTION } from './contract-adoption.js';
import type { Opened, SharedCases } from './contract-shared-bench.js';
import { SHARING } from './contract-sharing.js';

/**
 * The contract of shared event logs: `for (const { name, run } of sharedEventLogContract(open)) test(name, run);`
 *
 * A case uses sessions of its own, so that all may be over the same data.
 *
 * @param openTwo - two instances over one log for one case, which are closed after it.
 */
export function sharedEventLogContract(openTwo: () => Promise<Opened>): ContractCase[] {
  return [SHARING, ADOPTION].flatMap((cases: SharedCases) =>
    Object.entries(cases).map(([name, work]) => ({
      name,
      run: async () => {
        const opened = await openTwo();
        try {
          await work(...opened);
        } finally {
          await Promise.all(opened.map(({ log }) => log.close()));
        }
      },
    })),
  );
}
