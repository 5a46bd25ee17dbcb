/**
 * The JSON body of a POST, whoever read it first.
 *
 * Knows: content types, JSON, and what body parsers leave behind. Does not know: how bytes arrive
 * (`body-bytes.ts`), what a message means.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import { hasDuplicateMember } from '../lib/protocol/duplicate-members.js';
import { CODES } from '../lib/protocol/json-rpc.js';
import { bodyTooLarge, REFUSALS, type Refusal } from '../lib/protocol/refusals.js';
import { type BodyRules, readBytes } from './body-bytes.js';

/** The parsed body, or why there is none. */
export type BodyOutcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly refusal: Refusal };

/** A request that a body parser may have seen. */
type ParsedRequest = IncomingMessage & { readonly body?: unknown; readonly _body?: boolean };

const UTF8_JSON = /^\s*application\/json\s*(;|$)/i;
const CHARSET = /;\s*charset\s*=\s*"?([^\s";]+)"?/i;

/** Parsers pass on the faults of a compressed body with zlib's code and no type of their own. */
const ZLIB_CODE = /^(Z_|ERR__ERROR_FORMAT_|ERR_BROTLI_)/;

const BODY_CONSUMED: Refusal = {
  status: 500,
  code: CODES.internal,
  message:
    'The body was read before mcpRouter and left no req.body. Mount mcpRouter before that middleware, or let express.json() parse the body.',
  data: { reason: 'body_consumed' },
};

const refused = (refusal: Refusal): BodyOutcome => ({ ok: false, refusal });

/** Reads the body, or takes what an earlier parser made of it. */
export async function readBody(req: ParsedRequest, rules: BodyRules): Promise<BodyOutcome> {
  const { limitBytes } = rules;
  const contentType = req.headers['content-type'];
  if (contentType !== 'application/json' && !isUtf8Json(contentType))
    return refused(REFUSALS.mediaType);
  const contentLength = req.headers['content-length'];
  if (contentLength === '0') return refused(REFUSALS.bodyMissing);
  if (Number(contentLength ?? 0) > limitBytes) return refused(bodyTooLarge(limitBytes));
  if (req._body === true || req.readableDidRead || req.readableEnded) return takeParsed(req.body);
  if ((req.headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') {
    return refused(REFUSALS.contentEncoding);
  }
  const bytes = await readBytes(req, rules);
  return Buffer.isBuffer(bytes) ? parse(bytes) : refused(bytes);
}

function isUtf8Json(contentType: string | undefined): boolean {
  if (contentType === undefined || !UTF8_JSON.test(contentType)) return false;
  const charset = CHARSET.exec(contentType)?.[1]?.toLowerCase();
  return charset === undefined || charset === 'utf-8' || charset === 'utf8';
}

/** What `express.json()`, `express.text()` or `express.raw()` left. */
function takeParsed(body: unknown): BodyOutcome {
  if (body === undefined) return refused(BODY_CONSUMED);
  if (typeof body === 'string') return parse(Buffer.from(body));
  return Buffer.isBuffer(body) ? parse(body) : { ok: true, value: body };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parse(bytes: Buffer): BodyOutcome {
  if (bytes.length === 0) return refused(REFUSALS.bodyMissing);
  try {
    const json = utf8.decode(bytes);
    const value: unknown = JSON.parse(json);
    return hasDuplicateMember(json) ? refused(REFUSALS.duplicateKey) : { ok: true, value };
  } catch {
    return refused(REFUSALS.malformedJson);
  }
}

/** What a body parser's error means here; undefined for errors of other middleware. */
export function refusalOfParserError(error: unknown, limitBytes: number): Refusal | undefined {
  const { type, limit, status, code } = (error ?? {}) as Readonly<Record<string, unknown>>;
  if (status === 400 && ZLIB_CODE.test(String(code))) return REFUSALS.malformedJson;
  switch (type) {
    case 'entity.parse.failed':
      return REFUSALS.malformedJson;
    case 'entity.too.large':
      return bodyTooLarge(typeof limit === 'number' ? limit : limitBytes);
    case 'encoding.unsupported':
      return REFUSALS.contentEncoding;
    case 'charset.unsupported':
      return REFUSALS.mediaType;
    case 'request.aborted':
    case 'request.size.invalid':
      return REFUSALS.bodyTruncated;
    case 'entity.verify.failed':
      return REFUSALS.malformedJson;
    default:
      return undefined;
  }
}
