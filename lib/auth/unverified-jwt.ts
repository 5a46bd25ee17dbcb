/**
 * What a JWT says before anybody has verified it: enough to choose the key, and nothing else.
 *
 * Knows: the compact form of RFC 7519. Does not know: keys.
 *
 * @module
 */
import type { Claims } from './claims.js';

/** Header and claims that anybody may have written. */
export interface UnverifiedJwt {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Claims;
}

const MAX_CHARACTERS = 16_384;
const COMPACT = /^([\w-]+)\.([\w-]+)\.[\w-]*$/;

/** Undefined when it is not a JWT. */
export function readUnverified(token: string): UnverifiedJwt | undefined {
  if (token.length > MAX_CHARACTERS) return undefined;
  const [, header, claims] = (COMPACT.exec(token) ?? []).map(decoded);
  return isObject(header) && isObject(claims) ? { header, claims } : undefined;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function decoded(part: string | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(part ?? '', 'base64url').toString());
  } catch {
    return undefined;
  }
}
