/**
 * Too little scope, found before anything runs: by the rules of the endpoint, or by those of SDK v2.
 *
 * Knows: RFC 6750 §3 and the challenge's shape in SDK v2. Does not know: where scopes come from.
 *
 * @module
 */
import { bearerChallenge } from '../protocol/bearer.js';
import type { JsonRpcRequest } from '../protocol/json-rpc.js';
import { insufficientScope, type Refusal } from '../protocol/refusals.js';
import type { Exchange } from './exchange.js';
import type { ScopeResolver } from './multiplexer.js';

interface Challenge {
  readonly scopes: readonly string[];
  readonly errorDescription?: string;
}

/** The refusal of the first request that needs more scope than the token has. */
export async function scopeRefusal(
  requests: readonly JsonRpcRequest[],
  resolver: ScopeResolver,
  { authInfo }: Exchange,
): Promise<Refusal | undefined> {
  for (const request of requests) {
    const asked = { request, ...(authInfo && { authInfo }) };
    const challenge = (await resolver(asked)) as Challenge | undefined;
    if (challenge !== undefined) return scopeChallenge(challenge, authInfo);
  }
  return undefined;
}

/** The refusal that names every scope which is needed. */
export function scopeChallenge(challenge: Challenge, authInfo: Exchange['authInfo']): Refusal {
  const { resourceMetadataUrl } = (authInfo ?? {}) as { resourceMetadataUrl?: unknown };
  const header = bearerChallenge({
    error: 'insufficient_scope',
    description: challenge.errorDescription ?? 'Insufficient scope',
    scopes: challenge.scopes,
    resourceMetadata: typeof resourceMetadataUrl === 'string' ? resourceMetadataUrl : undefined,
  });
  return { ...insufficientScope(challenge.scopes), headers: { 'WWW-Authenticate': header } };
}
