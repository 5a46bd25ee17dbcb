/**
 * Callers that a middleware of the app has let in already.
 *
 * Knows: the app's request object, as far as a function of the app reads it.
 * Does not know: logins, cookies, tokens.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { authInfoFault, readAuthInfo, type VerifiedJwt } from './auth-info.js';
import { kindOf, readGroup, refusal } from './checks.js';
import { type PublishedOptions, publishedOf } from './gate-options.js';
import type { AuthGate, Presented, Verdict } from './port.js';
import { Principals, type ReadPrincipal } from './principals.js';
import { invalid, MISSING, unavailable } from './verdicts.js';

/** What a login may have left: the SDK's `AuthInfo`, or the result of `express-oauth2-jwt-bearer`. */
export type Established = AuthInfo | VerifiedJwt | null | undefined;

/** The request of an app, with the members that logins usually set. */
export interface AppRequest extends IncomingMessage {
  readonly auth?: Established;
  readonly user?: unknown;
  readonly session?: unknown;
}

/** Options of {@link fromRequest}. */
export interface FromRequestOptions extends PublishedOptions {
  /**
   * Who the caller is, when `extra.sub` of the `AuthInfo` does not say. Default: `extra.sub`, else the
   * token itself.
   */
  readonly principal?: ReadPrincipal;
}

const NAMES = ['principal', 'authorizationServers', 'scopesSupported'] as const;

/**
 * Lets in whom a middleware of the app has established: a session's user, or `req.auth` of the SDK's
 * `requireBearerAuth` or of `express-oauth2-jwt-bearer`.
 *
 * `read` answers undefined for nobody, 401. What it throws is an outage, 503. Put the login itself into
 * the option `middleware`, so that preflights are not asked to log in.
 *
 * @throws OptionError for a wrong option.
 * @example
 * ```ts
 * fromRequest((req: Request) => req.user && { token: '', clientId: 'web', scopes: [], extra: { sub: req.user.id } });
 * ```
 */
export function fromRequest<R = AppRequest>(
  read: (request: R) => Established | Promise<Established>,
  options: FromRequestOptions = {},
): AuthGate {
  if (typeof read !== 'function') {
    throw refusal('fromRequest', 'a function that finds the caller of a request', kindOf(read));
  }
  const given = readGroup<FromRequestOptions>('fromRequest', options, NAMES);
  const principals = new Principals('fromRequest', given.principal);
  return {
    name: 'request',
    ...publishedOf('fromRequest', given),
    verify: async (presented) => {
      try {
        return judge(await read(presented.request as R), principals, presented);
      } catch (error) {
        return unavailable(error);
      }
    },
  };
}

function judge(established: unknown, principals: Principals, { endpoint }: Presented): Verdict {
  if (established === undefined || established === null) return MISSING;
  const authInfo = readAuthInfo(established);
  if (authInfo === undefined) {
    throw new TypeError(`fromRequest: expected an AuthInfo, got ${kindOf(established)}.`);
  }
  const why = authInfoFault(authInfo, endpoint.resource);
  if (why !== undefined) return invalid(why);
  return { kind: 'valid', authInfo, principal: principals.of(authInfo, endpoint.logger) };
}
