/**
 * A discovery document as an HTTP answer.
 *
 * Knows: verbs, CORS and caching of public documents, with `node:http` alone: the router may be mounted
 * where there is no Express app. Does not know: what a document says.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type DiscoverableEndpoint,
  documentBehindIssuer,
  isDocumented,
} from '../lib/discovery/documents.js';
import { documentOf, type Found } from '../lib/discovery/site.js';
import { pathShape } from '../lib/places.js';
import { methodNotAllowed, REFUSALS, type Refusal, refusalBody } from '../lib/protocol/refusals.js';
import { publicCorsHandler } from './cors.js';
import { requestedPlace } from './http-exchange.js';

type Handler = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

const ALLOWED = 'GET, HEAD, OPTIONS';
const MAX_AGE_SECONDS = 3_600;

/** Serves metadata behind the issuer of the endpoint's own authorization server, if it has one. */
export function issuerMetadataHandlers(endpoint: DiscoverableEndpoint): Handler[] {
  const document = isDocumented(endpoint) ? documentBehindIssuer(endpoint) : undefined;
  if (document === undefined) return [];
  const shape = pathShape(document.path);
  const answerFound = metadataAnswer();
  return [
    (req, res, next) => {
      const params = shape.valuesIn(endpoint.address.proxyPrefix + requestedPlace(req));
      if (params === undefined) return next();
      answerFound(req, res, documentOf(document.metadata(params)));
    },
  ];
}

/** Answers what was found; nothing in it depends on who asks. */
export function metadataAnswer(): (
  req: IncomingMessage,
  res: ServerResponse,
  found: Found,
) => void {
  const setCorsHeaders = publicCorsHandler();
  return (req, res, found) => {
    const request = req as IncomingMessage & { method: string };
    setCorsHeaders(request, res, () => answer(request, res, found));
  };
}

function answer({ method }: { method: string }, res: ServerResponse, found: Found): void {
  if (found.kind === 'none') return refuse(res, REFUSALS.noMetadata);
  if (method !== 'GET' && method !== 'HEAD') return refuse(res, methodNotAllowed(ALLOWED));
  write(res, 200, found.json, `public, max-age=${MAX_AGE_SECONDS}`);
}

function refuse(res: ServerResponse, refusal: Refusal): void {
  write(res, refusal.status, refusalBody(refusal), 'no-store', refusal.headers);
}

function write(
  res: ServerResponse,
  status: number,
  body: string,
  cacheControl: string,
  headers?: Readonly<Record<string, string>>,
): void {
  res.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': cacheControl,
    ...headers,
  });
  res.end(body);
}
