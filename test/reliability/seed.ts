/**
 * Where the fuzzers begin: `RELIABILITY_SEED`, or a new number each time, which a failure tells.
 *
 * @module
 */
const given = process.env.RELIABILITY_SEED;

/** Seed of this run. */
export const SEED = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);

if (!Number.isSafeInteger(SEED)) {
  throw new Error(`RELIABILITY_SEED: expected an integer, got ${JSON.stringify(given)}.`);
}
