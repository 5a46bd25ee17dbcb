/**
 * The gate at the edge: who comes in, and what the others are told.
 *
 * Knows: `Authorization`, status codes and challenges. Does not know: how a gate comes to its verdict.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-3 RFC 6750 §3}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-5 RFC 9728 §5}
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { isAuthInfo } from '../lib/auth/auth-info.js';
import {
  type AuthGate,
  type GuardedEndpoint,
  hasAuthorizationServer,
  type Presented,
  type Verdict,
} from '../lib/auth/port.js';
import { unavailable } from '../lib/auth/verdicts.js';
import { andThen, type Later } from '../lib/host/later.js';
import type { Logger } from '../lib/log.js';
import type { ResolvedOptions } from '../lib/options.js';
import { bearerChallenge, bearerOf, type Challenge } from '../lib/protocol/bearer.js';
import {
  authUnavailable,
  insufficientScope,
  REFUSALS,
  type Refusal,
} from '../lib/protocol/refusals.js';
import { covers } from '../lib/protocol/scopes.js';
import { parametersAt, resourceUrl, wellKnownUrl } from '../lib/urls.js';
import { admit, deny } from './caller.js';
import { type HttpRequest, isHeaderRepeated, requestedPlace } from './http-exchange.js';

type Next = (error?: unknown) => void;

/** What the gate's answers are made of. */
interface Guarded {
  readonly gate: AuthGate;
  readonly settings: ResolvedOptions;
  readonly logger: Logger;
}

/**
 * Asks the gate about every request, before its body is read. Those that are kept out go on as well, as
 * anonymous ones with a refusal (`denialOf`), so that `rateLimit` counts them.
 */
export function bearerHandler(guarded: Guarded) {
  const { gate, settings, logger } = guarded;
  const endpointOf = guardedEndpoint(settings, logger);
  return function askGate(req: IncomingMessage, _res: ServerResponse, next: Next): Later<void> {
    if (isHeaderRepeated(req, 'authorization')) {
      deny(req, repeated(guarded, endpointOf(req)));
      return next();
    }
    const bearer = bearerOf(req.headers.authorization);
    const endpoint = endpointOf(req);
    return andThen(verdictOf(gate, { bearer, request: req, endpoint }), (verdict) => {
      if (verdict.kind !== 'valid') note(verdict, guarded, bearer);
      settle(req, verdict, guarded, endpoint);
      next();
    });
  };
}

/** The endpoint that a request asks for; without `:params` always the same. */
function guardedEndpoint({ address }: ResolvedOptions, logger: Logger) {
  const isPattern = address.url?.includes('/:') === true;
  const usual: GuardedEndpoint = { resource: resourceUrl(address, {}), logger };
  return (request: HttpRequest): GuardedEndpoint => {
    if (!isPattern) return usual;
    const params = parametersAt(address, requestedPlace(request));
    return { resource: resourceUrl(address, params), logger };
  };
}

/** A gate that fails, or says what is no verdict, has not decided. */
function verdictOf(gate: AuthGate, presented: Presented): Later<Verdict> {
  try {
    const verdict = gate.verify(presented);
    if (!('then' in verdict)) return readVerdict(gate, verdict);
    return Promise.resolve(verdict)
      .then((said) => readVerdict(gate, said))
      .catch(unavailable);
  } catch (error) {
    return unavailable(error);
  }
}

function readVerdict({ name }: AuthGate, verdict: Verdict): Verdict {
  const isKnown =
    verdict.kind === 'valid'
      ? isAuthInfo(verdict.authInfo) && typeof verdict.principal === 'string'
      : KEPT_OUT.includes(verdict.kind);
  if (isKnown) return verdict;
  throw new TypeError(`${name}: expected a verdict, got something else.`);
}

const KEPT_OUT: readonly string[] = ['missing', 'invalid', 'unavailable'];

function settle(
  request: IncomingMessage,
  verdict: Verdict,
  { gate, settings: { requiredScopes, scopes } }: Guarded,
  { resource }: GuardedEndpoint,
): void {
  const document = metadataOf(gate, resource);
  const denyWith = (refusal: Refusal, challenge: Challenge) =>
    deny(request, challenged(refusal, { ...challenge, scopes: requiredScopes }, document));
  switch (verdict.kind) {
    case 'missing':
      // RFC 6750 §3.1: whoever has shown nothing is not told of an error.
      return denyWith(REFUSALS.unauthorized, {});
    case 'invalid':
      return denyWith(REFUSALS.invalidToken, INVALID_TOKEN);
    case 'unavailable':
      return deny(request, authUnavailable(verdict.retryAfterSeconds));
    case 'valid': {
      const { authInfo, principal } = verdict;
      if (covers(authInfo.scopes, requiredScopes, scopes.implies ?? {})) {
        return admit(request, { authInfo: published(authInfo, document), principal });
      }
      return denyWith(insufficientScope(requiredScopes), INSUFFICIENT_SCOPE);
    }
  }
}

const INVALID_TOKEN: Challenge = {
  error: 'invalid_token',
  description: 'The access token is invalid or has expired',
};

const INSUFFICIENT_SCOPE: Challenge = {
  error: 'insufficient_scope',
  description: 'The access token lacks a required scope',
};

function challenged(refusal: Refusal, challenge: Challenge, resourceMetadata?: string): Refusal {
  const header = bearerChallenge({ ...challenge, resourceMetadata });
  return { ...refusal, headers: { ...refusal.headers, 'WWW-Authenticate': header } };
}

/** Which of two credentials counts is not for us to guess: another reader may have taken the other. */
function repeated({ gate }: Guarded, { resource }: GuardedEndpoint): Refusal {
  const challenge: Challenge = { error: 'invalid_request' };
  return challenged(REFUSALS.authorizationRepeated, challenge, metadataOf(gate, resource));
}

/** SDK v2 puts the address of the document into the challenges of its tools. */
const published = (authInfo: AuthInfo, resourceMetadataUrl: string | undefined): AuthInfo =>
  resourceMetadataUrl === undefined ? authInfo : Object.assign({ resourceMetadataUrl }, authInfo);

/** Address of the resource's metadata; there is none where clients cannot get a token. */
const metadataOf = (gate: AuthGate, resource: string | undefined): string | undefined =>
  resource === undefined || !hasAuthorizationServer(gate)
    ? undefined
    : wellKnownUrl('oauth-protected-resource', resource);

/** Tells the operator why; the caller never learns. */
function note(
  verdict: Exclude<Verdict, { kind: 'valid' }>,
  { gate, logger }: Guarded,
  token = '',
): void {
  if (verdict.kind === 'missing') return;
  if (verdict.kind === 'invalid') {
    logger.info({ gate: gate.name, why: withoutToken(verdict.why, token) }, 'a caller was refused');
    return;
  }
  const err = safeError(verdict.cause, token);
  logger.error({ gate: gate.name, err }, 'credentials cannot be checked');
}

/** An error of somebody else, without what it may carry of the request. */
function safeError(error: unknown, token: string, depth = 0): Error {
  if (!(error instanceof Error)) return new Error('expected an Error, got something else.');
  const { name, message, stack, cause, code } = error as Error & { readonly code?: unknown };
  const hasCause = cause !== undefined && depth < MAX_CAUSES;
  const safe = new Error(
    withoutToken(message, token),
    hasCause ? { cause: safeError(cause, token, depth + 1) } : undefined,
  );
  safe.name = String(name);
  safe.stack = withoutToken(stack, token);
  return typeof code === 'string' ? Object.assign(safe, { code }) : safe;
}

function withoutToken(value: unknown, token: string): string {
  const text = String(value ?? '');
  return (token === '' ? text : text.replaceAll(token, '[token]')).slice(0, MAX_LOGGED);
}

/** Errors may have themselves for a cause. */
const MAX_CAUSES = 4;
const MAX_LOGGED = 4_000;
