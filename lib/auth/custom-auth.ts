/**
 * A token verifier of the app's own.
 *
 * Knows: the SDK's `OAuthTokenVerifier`, and which of its errors is a verdict.
 * Does not know: how it verifies.
 *
 * @module
 */
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { authInfoFault, isAuthInfo } from './auth-info.js';
import { kindOf, readGroup, refusal } from './checks.js';
import {
  type CacheOptions,
  cacheMsOf,
  type PublishedOptions,
  publishedOf,
} from './gate-options.js';
import type { AuthGate, Presented, Verdict } from './port.js';
import { Principals, type ReadPrincipal } from './principals.js';
import { VerdictCache } from './verdict-cache.js';
import { invalid, MISSING, unavailable } from './verdicts.js';

/** The SDK's `OAuthTokenVerifier`. */
export interface TokenVerifier {
  /** Rejects with an `InvalidTokenError` for a bad token, and with anything else when it cannot tell. */
  verifyAccessToken(token: string): Promise<AuthInfo>;
}

/** Options of {@link customAuth}. */
export interface CustomAuthOptions extends PublishedOptions, CacheOptions {
  /** The verifier, or its function alone. It has to check that a token was issued for this endpoint. */
  readonly verify: TokenVerifier | TokenVerifier['verifyAccessToken'];
  /**
   * Who the caller is, when `extra.sub` of the `AuthInfo` does not say. Default: `extra.sub`, else the
   * token itself.
   */
  readonly principal?: ReadPrincipal;
}

const NAMES = [
  'verify',
  'principal',
  'authorizationServers',
  'scopesSupported',
  'cacheSeconds',
] as const;

/**
 * Lets in whom a verifier of the app knows.
 *
 * An error whose OAuth code is `invalid_token` (the SDK's `InvalidTokenError`, v1 or v2) is a refusal, 401;
 * every other error is an outage, 503.
 *
 * @throws OptionError for a wrong option.
 */
export function customAuth(options: CustomAuthOptions): AuthGate {
  const given = readGroup<CustomAuthOptions>('customAuth', options, NAMES);
  const verify = verifierOf(given.verify);
  const principals = new Principals('customAuth', given.principal);
  const cache = new VerdictCache({ maxAgeMs: cacheMsOf('customAuth', given) });
  return {
    name: 'custom',
    ...publishedOf('customAuth', given),
    verify: (presented) => {
      const { bearer } = presented;
      if (bearer === undefined) return MISSING;
      return cache.verdict(presented, bearer, () => judge(verify, principals, presented, bearer));
    },
  };
}

function verifierOf(value: unknown): TokenVerifier['verifyAccessToken'] {
  if (typeof value === 'function') return value as TokenVerifier['verifyAccessToken'];
  const { verifyAccessToken } = (value ?? {}) as Partial<TokenVerifier>;
  if (typeof verifyAccessToken === 'function') {
    return (token) => verifyAccessToken.call(value, token);
  }
  throw refusal(
    'customAuth.verify',
    'a function, or an object with verifyAccessToken',
    kindOf(value),
  );
}

async function judge(
  verify: TokenVerifier['verifyAccessToken'],
  principals: Principals,
  { endpoint }: Presented,
  token: string,
): Promise<Verdict> {
  try {
    const found: unknown = await verify(token);
    if (!isAuthInfo(found)) throw new TypeError('customAuth.verify: expected an AuthInfo.');
    const authInfo = { ...found, token };
    const why = authInfoFault(authInfo, endpoint.resource);
    if (why !== undefined) return invalid(why);
    return { kind: 'valid', authInfo, principal: principals.of(authInfo, endpoint.logger) };
  } catch (error) {
    return isInvalidToken(error) ? invalid('the verifier says so') : unavailable(error);
  }
}

/** SDK v1 has the code in `errorCode`, SDK v2 and others in `code`. */
function isInvalidToken(error: unknown): boolean {
  const { errorCode, code } = (error ?? {}) as { errorCode?: unknown; code?: unknown };
  return errorCode === 'invalid_token' || code === 'invalid_token';
}
