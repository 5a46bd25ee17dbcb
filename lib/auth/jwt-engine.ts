/**
 * `express-oauth2-jwt-bearer` as a function of a token and a key.
 *
 * Taken from it: signatures, and the checks of `alg`, `iss`, `exp`, `nbf` and, when strict, of all that
 * RFC 9068 requires. Kept from it: the environment, the network, the app's request, and its challenges.
 *
 * Knows: the engine and what it would read by itself. Does not know: where keys come from, audiences.
 *
 * @module
 */
import { auth } from 'express-oauth2-jwt-bearer';
import type { Claims } from './claims.js';
import type { Jwk, KeySet } from './key-set.js';

/** Algorithms for public keys, and for shared secrets. */
export const ASYMMETRIC = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES256K',
  'ES384',
  'ES512',
  'EdDSA',
] as const;
export const SYMMETRIC = ['HS256', 'HS384', 'HS512'] as const;

/** What a token is checked against. */
export interface EngineOptions {
  readonly issuer: string;
  /** A public key, a set of them, or a shared secret. */
  readonly key: Jwk | KeySet | string;
  readonly algorithms: readonly string[];
  readonly clockToleranceSeconds: number;
  /** RFC 9068 to the letter: `typ` is `at+jwt`, and `sub`, `client_id`, `iat` and `jti` are there. */
  readonly strict: boolean;
}

/** What the engine found. `why` says nothing of the token but names of headers and claims. */
export type Checked =
  | { readonly ok: true; readonly claims: Claims }
  | { readonly ok: false; readonly why: string };

/** Checks one token; never rejects. */
export type Engine = (token: string) => Promise<Checked>;

type Handler = (
  request: EngineRequest,
  response: object,
  next: (error?: unknown) => void,
) => Promise<void>;
type EngineRequest = object & { readonly auth?: { readonly payload: Claims } };

export function jwtEngine(options: EngineOptions): Engine {
  const { issuer, key, algorithms, clockToleranceSeconds, strict } = options;
  const handler = auth({
    issuer,
    ...(typeof key === 'string'
      ? { secret: key, tokenSigningAlg: SYMMETRIC[0] }
      : { publicKey: key as never, secret: '', tokenSigningAlg: '' }),
    // An empty text is absent for the engine, and keeps it from looking into the environment.
    issuerBaseURL: '',
    jwksUri: '',
    audience: issuer,
    clockTolerance: clockToleranceSeconds,
    strict,
    dpop: { enabled: false },
    mtls: { enabled: false },
    validators: {
      alg: (alg) => algorithms.some((allowed) => allowed === alg),
      // The audience is the resource of the request at hand; it is checked after the engine.
      aud: false,
    },
  }) as unknown as Handler;
  return (token) =>
    new Promise((resolve) => {
      const request: EngineRequest = requestWith(token);
      const finish = (error?: unknown) => {
        const claims = request.auth?.payload;
        if (error === undefined && claims !== undefined) resolve({ ok: true, claims });
        else resolve({ ok: false, why: reasonOf(error) });
      };
      handler(request, {}, finish).catch(finish);
    });
}

/** All that the engine looks at: a header, and neither query nor body. */
const requestWith = (token: string) => ({
  method: 'POST',
  protocol: 'https',
  originalUrl: '/',
  headers: { authorization: `Bearer ${token}` },
  query: {},
  get: () => 'localhost',
  is: () => false,
});

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : 'it is not valid');
