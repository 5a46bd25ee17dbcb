/**
 * A deadline for what somebody else's store has to do.
 *
 * Knows: timers. Does not know: stores.
 *
 * @module
 */

/** Longest wait for one answer of a store, milliseconds: later is an outage. */
export const STORE_DEADLINE_MS = 5_000;

/** What `work` resolves with; rejects with the code `ETIMEDOUT` when that takes longer than `ms`. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`The event store gave no answer within ${ms} ms.`);
      reject(Object.assign(error, { code: 'ETIMEDOUT' }));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
