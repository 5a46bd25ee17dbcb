/**
 * What is known of a caller, in the SDK's shape, and who that makes the caller.
 *
 * Knows: `AuthInfo`, its conventional extras `iss` and `sub`, and the result of `express-oauth2-jwt-bearer`.
 * Does not know: how a token is verified.
 *
 * @module
 */
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { principalOf } from '../crypto/principal.js';
import { authInfoOf, type Claims, textOf } from './claims.js';

/** What `express-oauth2-jwt-bearer` leaves in `req.auth`. */
export interface VerifiedJwt {
  readonly payload: Claims;
  readonly token: string;
}

/** Who calls. */
export interface Identity {
  readonly principal: string;
  /** True when only the token tells this caller from another: the next token is another caller. */
  readonly isToken: boolean;
}

export function isAuthInfo(value: unknown): value is AuthInfo {
  if (typeof value !== 'object' || value === null) return false;
  const { token, clientId, scopes } = value as Partial<AuthInfo>;
  return typeof token === 'string' && typeof clientId === 'string' && Array.isArray(scopes);
}

/** An `AuthInfo`, whichever middleware has left it; undefined for everything else. */
export function readAuthInfo(value: unknown): AuthInfo | undefined {
  if (isAuthInfo(value)) return value;
  const { payload, token } = (value ?? {}) as Partial<VerifiedJwt>;
  if (typeof payload !== 'object' || payload === null || typeof token !== 'string')
    return undefined;
  return authInfoOf(payload, token, undefined);
}

/**
 * Who calls: issuer, subject and client, hashed. Without a subject the token stands for it.
 *
 * @param issuer - who speaks of the subject, where `extra.iss` does not say.
 * @param subject - what the app says it is; else `extra.sub`.
 * @returns undefined when neither a subject nor a token tells callers apart.
 */
export function identityOf(
  authInfo: AuthInfo,
  issuer = '',
  subject?: string,
): Identity | undefined {
  const { token, clientId, extra } = authInfo;
  const speaker = textOf(extra?.iss) ?? issuer;
  const known = subject ?? textOf(extra?.sub);
  if (known !== undefined)
    return { principal: principalOf(speaker, known, clientId), isToken: false };
  if (token === '') return undefined;
  return { principal: principalOf(speaker, `token ${token}`, clientId), isToken: true };
}

/**
 * Why a caller that somebody else has verified may not come in; undefined when it may.
 *
 * @throws TypeError when the end of its token is no number.
 */
export function authInfoFault(
  { expiresAt, resource: meant }: AuthInfo,
  resource: string | undefined,
): string | undefined {
  if (expiresAt !== undefined && !Number.isFinite(expiresAt)) {
    throw new TypeError('expiresAt: expected seconds since 1970, got something else.');
  }
  if (expiresAt !== undefined && expiresAt <= Date.now() / 1_000) return 'it has expired';
  if (meant === undefined || resource === undefined) return undefined;
  return comparable(meant) === comparable(resource) ? undefined : 'it is for another resource';
}

/** The SDK compares resources without their fragment; one trailing slash makes no difference. */
const comparable = (resource: string | URL) =>
  (String(resource).split('#', 1)[0] ?? '').replace(/\/$/, '');
