/**
 * Discovery at the root of an app: where clients look for the metadata of every endpoint.
 *
 * Knows: Express and Connect, and where in the app it stands. Does not know: what a document says
 * (`lib/discovery`).
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-3.1 RFC 9728 §3.1}
 * @see {@link https://www.rfc-editor.org/rfc/rfc8414#section-3.1 RFC 8414 §3.1}
 *
 * @module
 */
import { type RequestHandler, Router } from 'express';
import { resolve } from '../lib/assemble.js';
import { isDocumented } from '../lib/discovery/documents.js';
import { Registration } from '../lib/discovery/register.js';
import { Site } from '../lib/discovery/site.js';
import { readEnvironment } from '../lib/env.js';
import { OptionError } from '../lib/errors.js';
import type { Resolved } from '../lib/resolve-options.js';
import { type HttpRequest, requestedPlace } from './http-exchange.js';
import { type McpRouter, type McpRouterOptions, resolvedOf } from './mcp-router.js';
import { metadataAnswer } from './metadata.js';
import { discoverable } from './mount-guard.js';

/**
 * Serves the protected-resource metadata of every endpoint that has an authorization server (RFC 9728),
 * and the metadata of those servers that are part of the app (RFC 8414). Mount it at the root of the
 * outermost app, before other routes.
 *
 * @param sources - all endpoints of the host, protected and open: routers, or the options they were given.
 * @throws OptionError `ERR_MCP_OPTION` for a wrong option, and when two endpoints need different answers
 * at one address.
 * @example
 * ```ts
 * const mcp = mcpRouter(server, { baseUrl: 'https://tools.example.com/api', auth });
 * app.use(wellKnownRouter(mcp));
 * app.use('/api', mcp);
 * ```
 */
export function wellKnownRouter(...sources: (McpRouterOptions | McpRouter)[]): Router {
  const resolved = sources.map(resolvedFrom);
  const endpoints = resolved.map(({ settings }) => discoverable(settings));
  const site = new Site(endpoints);
  warnOfAliases(site.refusedAliases, resolved);
  const registration = new Registration(endpoints.filter(isDocumented));
  const answer = metadataAnswer();
  const serveMetadata: RequestHandler = (req, res, next) => {
    const prefix = prefixOf(req);
    if (prefix !== undefined) registration.seenUnder(isRoot(prefix) ? '' : prefix);
    const found = site.find(requestedPlace(req as HttpRequest));
    if (found === undefined) return next();
    answer(req, res, found);
  };
  return Router().use(serveMetadata);
}

function resolvedFrom(source: McpRouterOptions | McpRouter): Resolved {
  const isObject = typeof source === 'object' && source !== null && !Array.isArray(source);
  if (isObject) return resolve(source, readEnvironment());
  const resolved = typeof source === 'function' ? resolvedOf(source) : undefined;
  if (resolved !== undefined) return resolved;
  const told = typeof source === 'object' ? 'an array' : `a ${typeof (source as unknown)}`;
  throw new OptionError(
    `wellKnownRouter: expected routers made by mcpRouter, or their options, got ${source == null ? 'nothing' : told}. Pass what mcpRouter has returned.`,
  );
}

/** What the app has taken off a request's path on the way here; undefined when that cannot be told. */
function prefixOf(req: Parameters<RequestHandler>[0]): string | undefined {
  const { baseUrl, originalUrl, url } = req;
  if (baseUrl !== '' || originalUrl === url) return baseUrl;
  // Connect takes the prefix off `url` and says nothing of it; a handler in Express may rewrite `url`.
  if (req.app !== undefined) return '';
  return originalUrl.endsWith(url) ? originalUrl.slice(0, -url.length) : undefined;
}

/** Below `/.well-known` all documents are in sight, as they are at the root. */
const isRoot = (prefix: string) => prefix === '' || /^\/\.well-known\/?$/i.test(prefix);

function warnOfAliases(refused: readonly string[], resolved: readonly Resolved[]): void {
  if (refused.length === 0) return;
  const message = `wellKnownRouter: expected rootAliases of one endpoint without :params, and no open endpoint beside it, got it of ${refused.join(', ')}. The bare addresses are left to the app: remove rootAliases.`;
  for (const { settings, logger } of resolved) {
    if (settings.rootAliases) logger.warn({ endpoints: refused }, message);
  }
}
