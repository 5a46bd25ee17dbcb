/**
 * Every refusal that a client can be given, told once.
 *
 * Knows: the HTTP status, the JSON-RPC code, the fixed text and the stable `data.reason` of each.
 * Does not know: how an answer is written to a socket.
 *
 * @module
 */
import { CODES, errorResponse, type RequestId } from './json-rpc.js';
import { LEGACY_VERSIONS, type LegacyVersion } from './versions.js';

/** An answer that is an error of ours, not of the user's server. */
export interface Refusal {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  /** Members of `error.data`; `reason` is stable and machine-readable. */
  readonly data: { readonly reason: string; readonly [key: string]: unknown };
  readonly headers?: Readonly<Record<string, string>>;
}

const refusal = (
  status: number,
  code: number,
  reason: string,
  message: string,
  headers?: Readonly<Record<string, string>>,
): Refusal => ({ status, code, message, data: { reason }, ...(headers && { headers }) });

const RETRY = { 'Retry-After': '1' };

export const REFUSALS = {
  malformedJson: refusal(
    400,
    CODES.parse,
    'malformed_json',
    'Parse error: the body is not valid JSON',
  ),
  duplicateKey: refusal(
    400,
    CODES.parse,
    'duplicate_key',
    'Parse error: a message has one of its members twice',
  ),
  emptyBatch: refusal(
    400,
    CODES.invalidRequest,
    'empty_batch',
    'Invalid request: the batch is empty',
  ),
  batchNotAllowed: refusal(
    400,
    CODES.invalidRequest,
    'batch_not_allowed',
    'Invalid request: this protocol version has no batches',
  ),
  initializeInBatch: refusal(
    400,
    CODES.invalidRequest,
    'initialize_in_batch',
    'Invalid request: initialize must not be part of a batch',
  ),
  bodyMissing: refusal(
    400,
    CODES.invalidRequest,
    'body_missing',
    'Invalid request: the body is empty',
  ),
  bodyTruncated: refusal(
    400,
    CODES.invalidRequest,
    'body_truncated',
    'Invalid request: the body ended early',
  ),
  bodyTimeout: refusal(
    408,
    CODES.server,
    'body_timeout',
    'Request timeout: the body comes too slowly',
  ),
  mediaType: refusal(
    415,
    CODES.server,
    'media_type',
    'Unsupported media type: send Content-Type: application/json in UTF-8',
  ),
  contentEncoding: refusal(
    415,
    CODES.server,
    'content_encoding',
    'Unsupported content encoding: send the body uncompressed',
  ),
  notAcceptable: refusal(
    406,
    CODES.server,
    'not_acceptable',
    'Not acceptable: accept application/json and text/event-stream',
  ),
  sessionRequired: refusal(
    400,
    CODES.server,
    'session_required',
    'Bad request: the Mcp-Session-Id header is required',
  ),
  unauthorized: refusal(
    401,
    CODES.server,
    'unauthorized',
    'Unauthorized: credentials are required',
  ),
  invalidToken: refusal(
    401,
    CODES.server,
    'invalid_token',
    'Unauthorized: the credentials are invalid or have expired',
  ),
  authorizationRepeated: refusal(
    400,
    CODES.server,
    'authorization_repeated',
    'Bad request: the Authorization header was sent more than once',
  ),
  sessionNotFound: refusal(404, CODES.sessionNotFound, 'session_not_found', 'Session not found'),
  alreadyInitialized: refusal(
    400,
    CODES.invalidRequest,
    'already_initialized',
    'Invalid request: the client has been initialized',
  ),
  unknownEvent: refusal(
    400,
    CODES.server,
    'unknown_event',
    'Bad request: Last-Event-ID names no event of this session that is still kept',
  ),
  duplicateId: refusal(
    409,
    CODES.invalidRequest,
    'duplicate_id',
    'Conflict: a request with this id is in flight',
  ),
  tooManyCalls: refusal(
    429,
    CODES.server,
    'calls_per_session',
    'Too many calls are in flight in this session',
    RETRY,
  ),
  tooManyRequests: refusal(429, CODES.server, 'rate_limit', 'Too many requests; retry later'),
  tooManySessions: refusal(503, CODES.server, 'session_limit', 'Too many sessions are open', {
    'Retry-After': '30',
  }),
  shuttingDown: refusal(503, CODES.server, 'shutting_down', 'The server is shutting down', {
    ...RETRY,
    // The next request is to find another instance.
    Connection: 'close',
  }),
  serverUnavailable: refusal(
    503,
    CODES.server,
    'server_unavailable',
    'The server is not available',
    RETRY,
  ),
  storeUnavailable: refusal(
    503,
    CODES.server,
    'store_unavailable',
    'What is kept of this session cannot be read now',
    RETRY,
  ),
  noMetadata: refusal(404, CODES.server, 'no_metadata', 'Not found: there is no metadata here'),
  internal: refusal(500, CODES.internal, 'internal', 'Internal error'),
} as const satisfies Record<string, Refusal>;

/** The caller is known, but may not do this; `scopes` are all that it needs. */
export const insufficientScope = (scopes: readonly string[]): Refusal => ({
  status: 403,
  code: CODES.server,
  message: 'Insufficient scope',
  data: { reason: 'insufficient_scope', scopes },
});

/** Nobody can say now who calls. */
export const authUnavailable = (retryAfterSeconds: number): Refusal =>
  refusal(503, CODES.server, 'auth_unavailable', 'Credentials cannot be checked now; retry later', {
    'Retry-After': String(retryAfterSeconds),
  });

/** The verb is not served at this address. */
export const methodNotAllowed = (allow: string): Refusal =>
  refusal(405, CODES.server, 'method_not_allowed', 'Method not allowed', { Allow: allow });

/** The body is longer than `limits.bodyBytes`. */
export const bodyTooLarge = (limitBytes: number): Refusal =>
  refusal(413, CODES.server, 'body_too_large', `The body is larger than ${limitBytes} bytes`);

/** The batch has more messages than `limits.batch`. */
export const batchTooLarge = (limit: number): Refusal =>
  refusal(
    413,
    CODES.invalidRequest,
    'batch_too_large',
    `The batch has more than ${limit} messages`,
  );

/** The body is JSON, but not a JSON-RPC message. */
export const invalidMessage = (reason: string): Refusal =>
  refusal(400, CODES.invalidRequest, 'invalid_message', `Invalid request: ${reason}`);

/** The version header names a revision that is not served. */
export const unsupportedVersion = (
  requested: string,
  supported: readonly LegacyVersion[] = LEGACY_VERSIONS,
): Refusal => ({
  status: 400,
  code: CODES.server,
  message: 'Bad request: unsupported protocol version',
  data: {
    reason: 'unsupported_version',
    supported,
    requested: requested.slice(0, 40),
  },
});

/** A refusal as the body of an HTTP response. */
export const refusalBody = ({ code, message, data }: Refusal, id?: RequestId): string =>
  JSON.stringify(errorResponse({ code, message, data }, id));
