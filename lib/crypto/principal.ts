/**
 * Who is calling, as one opaque value.
 *
 * Knows: how the members of a verified token become a principal.
 * Does not know: how the token was verified.
 *
 * @module
 */
import { createHash } from 'node:crypto';

/** SHA-256, base64url, of issuer, subject and client; never of the token's bytes alone. */
export function principalOf(issuer: string, subject: string, clientId: string): string {
  return createHash('sha256')
    .update(JSON.stringify([issuer, subject, clientId]))
    .digest('base64url');
}
