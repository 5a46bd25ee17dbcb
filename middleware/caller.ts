/**
 * Who calls: whom the gate has let in, else whom an earlier middleware of the app has established.
 *
 * Knows: `req.auth` in the SDK's `AuthInfo` shape, as `requireBearerAuth` leaves it.
 * Does not know: how a token is verified.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { identityOf, isAuthInfo } from '../lib/auth/auth-info.js';
import type { Refusal } from '../lib/protocol/refusals.js';

/** A caller; both members are undefined for an anonymous one. */
export interface Caller {
  readonly authInfo: AuthInfo | undefined;
  readonly principal: string | undefined;
}

const ANONYMOUS: Caller = { authInfo: undefined, principal: undefined };

const JUDGED = Symbol('judged');

type Judged = { readonly caller: Caller; readonly refusal?: Refusal };
type AppRequest = IncomingMessage & { auth?: unknown; [JUDGED]?: Judged };

/** The gate lets a caller in; the app's handlers find it in `req.auth`. */
export function admit(request: IncomingMessage, caller: Caller): void {
  const judged: AppRequest = request;
  judged[JUDGED] = { caller };
  judged.auth = caller.authInfo;
}

/** The gate keeps a caller out; it is told so as soon as it may be. */
export function deny(request: IncomingMessage, refusal: Refusal): void {
  const judged: AppRequest = request;
  judged[JUDGED] = { caller: ANONYMOUS, refusal };
}

/** What a caller is told whom the gate keeps out; `otherwise` when no gate was asked. */
export function denialOf(request: IncomingMessage, otherwise: Refusal): Refusal | undefined {
  const judged = (request as AppRequest)[JUDGED];
  return judged === undefined ? otherwise : judged.refusal;
}

/** Anything in `req.auth` that is not an `AuthInfo` is an anonymous caller. */
export function callerOf(request: IncomingMessage): Caller {
  const { auth, [JUDGED]: judged } = request as AppRequest;
  if (judged !== undefined) return judged.caller;
  if (!isAuthInfo(auth)) return ANONYMOUS;
  return { authInfo: auth, principal: identityOf(auth)?.principal };
}
