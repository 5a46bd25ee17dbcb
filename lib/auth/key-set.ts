/**
 * Public keys, from whatever form they are given in.
 *
 * Knows: PEM, JWK and JWKS, and which keys can verify a signature.
 * Does not know: where keys come from, tokens.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7517 RFC 7517}
 *
 * @module
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { kindOf, refusal } from './checks.js';

/** A JSON Web Key. */
export type Jwk = Readonly<Record<string, unknown>>;

/** Keys to choose from by their `kid`. */
export interface KeySet {
  readonly keys: readonly Jwk[];
}

const KEY_TYPES = ['rsa', 'ec', 'ed25519', 'ed448'];
const MIN_RSA_BITS = 2_048;

/** The keys of a JWKS that can verify; undefined when it is none. */
export function readKeySet(value: unknown): KeySet | undefined {
  const { keys } = (value ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) return undefined;
  return { keys: keys.map(publicJwk).filter((jwk) => jwk !== undefined) };
}

/** True when the set may hold the key that a token names; a token that names none may be any's. */
export const mayHold = ({ keys }: KeySet, kid: unknown): boolean =>
  keys.some((jwk) => kid === undefined || jwk.kid === kid);

/**
 * The option `publicKey`: PEM (a key or a certificate), a JWK, or a JWKS.
 *
 * @throws OptionError for a private key, a secret, an RSA key of fewer than 2048 bits, and for no key.
 */
export function readPublicKey(where: string, value: unknown): Jwk | KeySet {
  if (typeof value === 'string') return readPem(where, value);
  const set = readKeySet(value);
  if (set !== undefined) {
    if (set.keys.length > 0) return set;
    throw refusal(where, 'a set with a public key of RSA, EC or OKP', 'none');
  }
  const jwk = publicJwk(value);
  if (jwk === undefined || 'd' in (value as object)) {
    throw refusal(where, 'PEM, a JWK or a JWKS of a public key', kindOf(value));
  }
  return jwk;
}

function readPem(where: string, pem: string): Jwk {
  const key = /PRIVATE KEY/.test(pem) ? undefined : attempt(() => createPublicKey(pem));
  if (key === undefined || !isUsable(key)) {
    throw refusal(where, 'PEM, a JWK or a JWKS of a public key', `${pem.length} characters`);
  }
  return { ...key.export({ format: 'jwk' }) };
}

/** The public half of a JWK that can verify signatures; undefined for others. */
function publicJwk(value: unknown): Jwk | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const jwk = value as Jwk;
  const { kid, alg, use, key_ops: operations } = jwk;
  if (use !== undefined && use !== 'sig') return undefined;
  if (Array.isArray(operations) && !operations.includes('verify')) return undefined;
  const key = attempt(() => createPublicKey({ key: jwk as never, format: 'jwk' }));
  if (key === undefined || !isUsable(key)) return undefined;
  return {
    ...key.export({ format: 'jwk' }),
    ...(typeof kid === 'string' && { kid }),
    ...(typeof alg === 'string' && { alg }),
  };
}

function isUsable({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  const bits = asymmetricKeyDetails?.modulusLength ?? MIN_RSA_BITS;
  return KEY_TYPES.some((type) => type === asymmetricKeyType) && bits >= MIN_RSA_BITS;
}

function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
