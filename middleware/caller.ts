/**
 * Who calls, as an earlier middleware of the app has established it.
 *
 * Knows: `req.auth` in the SDK's `AuthInfo` shape, as `requireBearerAuth` leaves it.
 * Does not know: how a token is verified.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { principalOf } from '../lib/crypto/principal.js';

/** A caller; both members are undefined for an anonymous one. */
export interface Caller {
  readonly authInfo: AuthInfo | undefined;
  readonly principal: string | undefined;
}

const ANONYMOUS: Caller = { authInfo: undefined, principal: undefined };

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);

/** Reads `req.auth`; anything that is not an `AuthInfo` is an anonymous caller. */
export function callerOf(request: IncomingMessage): Caller {
  const { auth } = request as { auth?: unknown };
  if (!isAuthInfo(auth)) return ANONYMOUS;
  const { iss, sub } = auth.extra ?? {};
  // Without a subject only the token itself tells two users of one client apart.
  const subject = textOf(sub) ?? `token ${auth.token}`;
  return { authInfo: auth, principal: principalOf(textOf(iss) ?? '', subject, auth.clientId) };
}

function isAuthInfo(value: unknown): value is AuthInfo {
  if (typeof value !== 'object' || value === null) return false;
  const { token, clientId, scopes } = value as Partial<AuthInfo>;
  return typeof token === 'string' && typeof clientId === 'string' && Array.isArray(scopes);
}
