/**
 * The per-tool scopes of SDK v2: checked before the tool runs, answered with a challenge.
 *
 * Knows: RFC 6750 §3 and the challenge's shape in SDK v2. Does not know: where scopes come from.
 *
 * @module
 */
import { CODES, type JsonRpcRequest } from '../protocol/json-rpc.js';
import type { Refusal } from '../protocol/refusals.js';
import type { Exchange } from './exchange.js';
import type { ScopeResolver } from './multiplexer.js';

interface Challenge {
  readonly scopes: readonly string[];
  readonly errorDescription?: string;
}

/** Quotes a parameter of `WWW-Authenticate`; anything that could leave the quotes is dropped. */
const quoted = (text: string) => `"${text.replaceAll(/[^\x20\x21\x23-\x5B\x5D-\x7E]/g, '')}"`;

/** The refusal of the first request that needs more scope than the token has. */
export async function scopeRefusal(
  requests: readonly JsonRpcRequest[],
  resolver: ScopeResolver,
  { authInfo }: Exchange,
): Promise<Refusal | undefined> {
  for (const request of requests) {
    const asked = { request, ...(authInfo && { authInfo }) };
    const challenge = (await resolver(asked)) as Challenge | undefined;
    if (challenge !== undefined) return insufficientScope(challenge, authInfo);
  }
  return undefined;
}

function insufficientScope(challenge: Challenge, authInfo: Exchange['authInfo']): Refusal {
  const { resourceMetadataUrl } = (authInfo ?? {}) as { resourceMetadataUrl?: unknown };
  const parameters = [
    'error="insufficient_scope"',
    `error_description=${quoted(challenge.errorDescription ?? 'Insufficient scope')}`,
    `scope=${quoted(challenge.scopes.join(' '))}`,
    ...(typeof resourceMetadataUrl === 'string'
      ? [`resource_metadata=${quoted(resourceMetadataUrl)}`]
      : []),
  ];
  return {
    status: 403,
    code: CODES.server,
    message: 'Insufficient scope',
    data: { reason: 'insufficient_scope', scopes: challenge.scopes },
    headers: { 'WWW-Authenticate': `Bearer ${parameters.join(', ')}` },
  };
}
