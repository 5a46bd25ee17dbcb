/**
 * The verdicts of a gate, in short.
 *
 * Knows: their shapes. Does not know: when each is due.
 *
 * @module
 */
import type { Verdict } from './port.js';

/** A caller who is known. */
export type Valid = Extract<Verdict, { readonly kind: 'valid' }>;

/** When a caller may ask again after an outage. */
const RETRY_AFTER_SECONDS = 5;

export const MISSING: Verdict = { kind: 'missing' };

/** @param why - for the log; never the token, nor a part of it. */
export const invalid = (why: string): Verdict => ({ kind: 'invalid', why });

export const unavailable = (cause: unknown): Verdict => ({
  kind: 'unavailable',
  cause,
  retryAfterSeconds: RETRY_AFTER_SECONDS,
});
