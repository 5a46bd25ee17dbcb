/**
 * Answers to browsers on other origins, preflights included.
 *
 * Knows: the headers that MCP clients send and read. Does not know: who may call (`origins.ts`).
 *
 * @see {@link https://fetch.spec.whatwg.org/#http-cors-protocol Fetch §3.3}
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import cors from 'cors';
import type { ResolvedOptions } from '../lib/options.js';
import { originCheck } from './origins.js';

const METHODS = ['GET', 'POST', 'DELETE', 'OPTIONS'];

const DOCUMENT_METHODS = ['GET', 'HEAD', 'OPTIONS'];
const DOCUMENT_MAX_AGE_SECONDS = 600;

const ALLOWED_HEADERS = [
  'Content-Type',
  'Accept',
  'Authorization',
  'Mcp-Session-Id',
  'MCP-Protocol-Version',
  'Last-Event-ID',
  'Mcp-Method',
  'Mcp-Name',
  'traceparent',
  'tracestate',
  'baggage',
];

const EXPOSED_HEADERS = [
  'Mcp-Session-Id',
  'WWW-Authenticate',
  'MCP-Protocol-Version',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
];

/** Headers named after a tool's own parameters cannot be listed beforehand. */
const PARAMETER_HEADER = /^mcp-param-[!#$%&'*+.^_`|~0-9a-z-]+$/i;

type Next = (error?: unknown) => void;

/** Sets CORS headers for allowed origins and ends their preflights; requests without `Origin` pass. */
export function corsHandler(settings: ResolvedOptions) {
  const isAllowed = originCheck(settings);
  const { maxAgeSeconds, sendHeaders } = settings.cors;
  const answer = cors<IncomingMessage & { method: string }>((request, done) => {
    const origin = request.headers.origin ?? '';
    done(null, {
      origin: isAllowed(origin) ? origin : false,
      methods: METHODS,
      allowedHeaders: [...ALLOWED_HEADERS, ...requestedParameters(request)],
      exposedHeaders: EXPOSED_HEADERS,
      maxAge: maxAgeSeconds,
    });
  });
  return function setCorsHeaders(req: IncomingMessage, res: ServerResponse, next: Next): void {
    if (!sendHeaders || req.headers.origin === undefined) return next();
    answer(req as IncomingMessage & { method: string }, res as never, next);
  };
}

/** For documents that anybody may read: `*`, whatever header is asked for, and the end of OPTIONS. */
export const publicCorsHandler = () =>
  cors<IncomingMessage & { method: string }>({
    origin: '*',
    methods: DOCUMENT_METHODS,
    maxAge: DOCUMENT_MAX_AGE_SECONDS,
  });

function requestedParameters({ headers }: IncomingMessage): string[] {
  const requested = headers['access-control-request-headers'] ?? '';
  return requested
    .split(',')
    .map((name) => name.trim())
    .filter((name) => PARAMETER_HEADER.test(name));
}
