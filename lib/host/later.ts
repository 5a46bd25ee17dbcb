/**
 * Values that may have to be waited for.
 *
 * With the memory store and a shared server nothing on a call's way has to wait, and a promise costs
 * more than most of the steps between; so the steps go on at once when they can.
 *
 * Knows: nothing of MCP.
 *
 * @module
 */

/** A value, or the promise of one. */
export type Later<T> = T | Promise<T>;

/** Goes on with `value` at once when it is there. */
export function andThen<T, U>(value: Later<T>, next: (value: T) => Later<U>): Later<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** Does `work`, then `cleanUp`, whether it succeeded or not. */
export function finallyDo<T>(work: () => Later<T>, cleanUp: () => void): Later<T> {
  let value: Later<T>;
  try {
    value = work();
  } catch (error) {
    cleanUp();
    throw error;
  }
  if (value instanceof Promise) return value.finally(cleanUp);
  cleanUp();
  return value;
}
