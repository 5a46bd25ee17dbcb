/**
 * What the claims of a verified token say, whoever issued it.
 *
 * Knows: RFC 7519, RFC 9068 and RFC 7662, and the dialects of well-known identity providers.
 * Does not know: signatures, how the claims were got.
 *
 * @module
 */
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';

export type Claims = Readonly<Record<string, unknown>>;

/** Where issuers put the client, best first. */
const CLIENT_CLAIMS = ['client_id', 'azp', 'cid', 'appid', 'sub'];

/** Claims that only ID tokens carry (OpenID Connect Core §2, §3.3.2.11). */
const ID_TOKEN_CLAIMS = ['nonce', 'at_hash', 'c_hash', 's_hash'];

/** Header types of access tokens; `JWT` and none say nothing either way. */
const ACCESS_TOKEN_TYPE = /^(application\/)?at\+jwt$/i;
const ANY_TOKEN_TYPE = /^(application\/)?(at\+)?jwt$/i;

/** Claims that nobody can write into: they are shared by the requests of one token. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  Object.values(value).forEach(frozen);
  return Object.freeze(value);
}

/** A text that is not empty. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Scopes from `scope`, else `scp`: a text or an array. */
export function scopesOf({ scope, scp }: Claims): string[] {
  const value = scope ?? scp;
  const list = Array.isArray(value) ? value : String(value ?? '').split(' ');
  return [...new Set(list.filter((one): one is string => typeof one === 'string' && one !== ''))];
}

/** True when the token is for one of `expected`, exactly. */
export function isFor({ aud }: Claims, expected: readonly string[]): boolean {
  return [aud].flat().some((one) => typeof one === 'string' && expected.includes(one));
}

/** The audiences that stand for a resource: its URL, and the same with a slash at its end. */
export const audiencesOf = (resource: string): readonly string[] => [resource, `${resource}/`];

/**
 * Why a token is not one to call with; undefined when it is.
 *
 * @param type - `typ` of its header, if it has one.
 */
export function useFault(claims: Claims, type?: unknown): string | undefined {
  if (type !== undefined && !ANY_TOKEN_TYPE.test(String(type))) return 'it is not an access token';
  if (isIdToken(claims, type)) return 'it is an ID token or a refresh token';
  // RFC 9449 §7.1: whoever only bears a token that is bound to a key has not proved to hold the key.
  return claims.cnf === undefined ? undefined : 'it is bound to a key';
}

function isIdToken(claims: Claims, type: unknown): boolean {
  const { token_use: use, typ } = claims;
  if (ACCESS_TOKEN_TYPE.test(String(type))) return false;
  // Amazon Cognito says it in `token_use`, Keycloak in the claim `typ`.
  if (typeof use === 'string') return use !== 'access' && use !== 'access_token';
  if (typeof typ === 'string') return !/^(bearer|(at\+)?jwt)$/i.test(typ);
  return ID_TOKEN_CLAIMS.some((name) => claims[name] !== undefined);
}

/** The SDK's view of a token; `extra` holds `iss`, `sub` and all `claims`. */
export function authInfoOf(claims: Claims, token: string, resource: string | undefined): AuthInfo {
  const { exp, iss, sub } = claims;
  const clientId = CLIENT_CLAIMS.map((name) => textOf(claims[name])).find(Boolean);
  return {
    token,
    clientId: clientId ?? 'unknown',
    scopes: scopesOf(claims),
    ...(typeof exp === 'number' && { expiresAt: exp }),
    ...(resource !== undefined && { resource: new URL(resource) }),
    extra: {
      ...(textOf(iss) !== undefined && { iss }),
      ...(textOf(sub) !== undefined && { sub }),
      claims,
    },
  };
}
