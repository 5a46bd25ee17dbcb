/**
 * What stands for a token where the token itself must not be kept.
 *
 * Knows: SHA-256. Does not know: whose token it is.
 *
 * @module
 */
import { createHash } from 'node:crypto';

/** SHA-256 of a token, base64url: nothing that is looked up by it can be guessed by the time it takes. */
export const tokenHash = (token: string): string =>
  createHash('sha256').update(token).digest('base64url');
