/**
 * The router that puts one MCP endpoint into an app.
 *
 * Knows: Express and Connect, and the order of the handlers. Does not know: what an MCP message means.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { Router } from 'express';
import { assemble, resolve } from '../lib/assemble.js';
import { claimProcessAddress, readEnvironment } from '../lib/env.js';
import type {
  EndpointNotify,
  EndpointSessions,
  Readiness,
  ReadinessCheck,
} from '../lib/host/endpoint.js';
import type { DrainOptions } from '../lib/host/lifecycle.js';
import type { ConnectableServer, ServerFactory } from '../lib/host/server.js';
import type { McpRouterOptions as Options, ResolvedOptions } from '../lib/options.js';
import { placeOf } from '../lib/places.js';
import { REFUSALS, type Refusal, refusalBody } from '../lib/protocol/refusals.js';
import type { Resolved } from '../lib/resolve-options.js';
import { mountCheck } from '../lib/urls.js';
import { bearerHandler } from './bearer.js';
import { readBody, refusalOfParserError } from './body.js';
import { PaceKeeper } from './body-pace.js';
import { denialOf } from './caller.js';
import { corsHandler } from './cors.js';
import { guardHandler } from './guard.js';
import {
  HttpExchange,
  HttpReply,
  type HttpRequest,
  type Route,
  requestedPlace,
} from './http-exchange.js';
import { legacySseRoutes } from './legacy-sse.js';
import { answerAndClose } from './lingering-close.js';
import { issuerMetadataHandlers } from './metadata.js';
import { discoverable, discoveryReadiness, mountGuard } from './mount-guard.js';
import { rateLimitHandler } from './rate-limit.js';

/** Options of {@link mcpRouter}; `middleware` takes Express's handlers, and plain ones. */
export type McpRouterOptions = Options<RequestHandler>;

/** An Express router with one MCP endpoint in it. Routes of your own may be added to it. */
export interface McpRouter extends Router {
  readonly mcp: McpEndpoint;
}

/** What an app can do with its endpoint. */
export interface McpEndpoint {
  /** Public URL, `baseUrl` + `mcpPath`; undefined without `baseUrl`. */
  readonly url: string | undefined;
  /** The options as they are in force, without secrets. */
  readonly settings: Readonly<ResolvedOptions>;
  readonly sessions: EndpointSessions;
  readonly notify: EndpointNotify;
  /** Turns an earlier body parser's error into a JSON-RPC error; other errors are passed on. */
  readonly errorHandler: ErrorRequestHandler;
  /** Connects the server, so that the first client need not wait, and tells what is wrong. */
  ready(): Promise<Readiness>;
  /** Lets running calls finish and refuses new ones. */
  drain(options?: DrainOptions): Promise<void>;
  /** Ends everything at once; the router answers 503 from then on. */
  close(): Promise<void>;
}

/**
 * Serves MCP at `mcpPath` below wherever the router is mounted.
 *
 * @param server - one server for all clients, or a function that builds one per client.
 * @throws OptionError `ERR_MCP_OPTION` for an unknown or wrong option or environment variable.
 * @throws McpRouterError `ERR_MCP_SERVER_CONNECTED`, `ERR_MCP_SHARED_STATE`, `ERR_MCP_SERVER_KIND` for
 * a server that cannot be shared; `ERR_MCP_ENV_AMBIGUOUS` when two routers rely on one variable.
 * @example
 * ```ts
 * app.use('/api', mcpRouter(server));
 * ```
 */
export function mcpRouter(
  server: ConnectableServer | ServerFactory,
  options: McpRouterOptions = {},
): McpRouter {
  const environment = readEnvironment();
  const resolved = resolve(options, environment);
  const releaseAddress = claimProcessAddress(options, environment);
  const endpoint = assembledOr(releaseAddress, server, resolved);
  const { settings } = resolved;
  const routes = routesOf(endpoint, settings);
  const router = Router({ mergeParams: true });
  const mcp: McpEndpoint = {
    url: settings.address.url,
    settings,
    sessions: endpoint.sessions,
    notify: endpoint.notify,
    errorHandler: parserErrorHandler(settings, routes),
    ready: async () => withChecks(await endpoint.ready(), discoveryReadiness(settings)),
    drain: (drainOptions) => endpoint.drain(drainOptions),
    close: async () => {
      releaseAddress();
      await endpoint.close();
    },
  };
  const chain = [
    entrance(settings),
    ...(resolved.middleware as unknown as RequestHandler[]),
    ...gateOf(resolved),
    ...(settings.rateLimit === false ? [] : [rateLimitHandler(settings.rateLimit)]),
  ];
  const wrongMount = mountGuard(resolved);
  for (const route of routes) {
    router.all(route.path, ...chain, routeHandler(route, wrongMount, settings));
  }
  for (const handler of issuerMetadataHandlers(discoverable(settings))) {
    router.all('/.well-known/openid-configuration', handler);
  }
  RESOLVED.set(router, resolved);
  return Object.assign(router, { mcp });
}

const withChecks = ({ ready, checks }: Readiness, more: readonly ReadinessCheck[]): Readiness => ({
  ready: ready && more.every(({ ok }) => ok),
  checks: [...checks, ...more],
});

const RESOLVED = new WeakMap<object, Resolved>();

/** The options that a router was built from; undefined for anything else. */
export const resolvedOf = (router: object): Resolved | undefined => RESOLVED.get(router);

/** CORS and guards, in one layer: each layer of a route costs every call its share. */
function entrance(settings: ResolvedOptions): RequestHandler {
  const setCorsHeaders = corsHandler(settings);
  const guardHostAndOrigin = guardHandler(settings);
  return function enterMcp(req, res, next) {
    setCorsHeaders(req, res, (error) =>
      error === undefined ? guardHostAndOrigin(req, res, next) : next(error),
    );
  };
}

function gateOf({ settings, logger }: Resolved): RequestHandler[] {
  const { auth: gate } = settings;
  return gate === false ? [] : [bearerHandler({ gate, settings, logger }) as RequestHandler];
}

/** A router that cannot be built leaves the process's address to the next one. */
function assembledOr(
  release: () => void,
  server: ConnectableServer | ServerFactory,
  resolved: Resolved,
): Serving {
  try {
    return assemble(server, resolved);
  } catch (error) {
    release();
    throw error;
  }
}

type Serving = ReturnType<typeof assemble>;

/** The endpoint, and what is served beside it. */
function routesOf(endpoint: Serving, settings: ResolvedOptions): readonly Route[] {
  const { address, legacySse } = settings;
  const own: Route = {
    path: address.mcpPath,
    takesBody: true,
    endpointPlace: (place) => place,
    serve: (request, place, body, reply) =>
      endpoint.handle(new HttpExchange(request, place, body, address), reply),
  };
  return legacySse ? [own, ...legacySseRoutes(endpoint.legacySse, settings)] : [own];
}

function routeHandler(
  route: Route,
  wrongMount: ReturnType<typeof mountGuard>,
  { auth, limits: { bodyBytes, unsentBytes } }: ResolvedOptions,
): RequestHandler {
  const rules = { limitBytes: bodyBytes, pace: new PaceKeeper() };
  const denial = (request: HttpRequest) =>
    auth === false ? undefined : denialOf(request, REFUSALS.internal);
  return async function serveMcp(req, res) {
    const request = req as HttpRequest;
    const reply = new HttpReply(res, unsentBytes);
    const place = requestedPlace(request);
    // A wrong mount comes first: the challenge of its gate would lead to a URL that is wrong as well.
    const refusal = wrongMount(route.endpointPlace(place)) ?? denial(request);
    if (refusal !== undefined) return refuse(reply, refusal);
    const isRead = route.takesBody && req.method === 'POST';
    const body = isRead ? await readBody(request, rules) : NO_BODY;
    if (!body.ok) return refuseBody(request, res, reply, body.refusal);
    await route.serve(request, place, body.value, reply);
  };
}

const NO_BODY = { ok: true, value: undefined } as const;

const refuse = (reply: HttpReply, refusal: Refusal): void =>
  reply.json(refusal.status, refusalBody(refusal), refusal.headers);

/** Of a body that is too slow or too large there is more to come, which nobody waits for. */
function refuseBody(req: HttpRequest, res: ServerResponse, reply: HttpReply, refusal: Refusal) {
  const { status, headers } = refusal;
  if (status === 413) return answerAndClose(req, res, status, refusalBody(refusal));
  const closing = status === 408 ? { ...headers, Connection: 'close' } : headers;
  reply.json(status, refusalBody(refusal), closing);
}

function parserErrorHandler(
  settings: ResolvedOptions,
  routes: readonly Route[],
): ErrorRequestHandler {
  const { mcpPath, url } = settings.address;
  const check = mountCheck(settings.address);
  const isAt = ({ path }: Route, below: string) => {
    // Without a URL to hold it against, a name as common as "/messages" is ours beside the router only.
    const isExact = path === '/' || (path !== mcpPath && url === undefined);
    return isExact ? below === path : below.endsWith(path.toLowerCase());
  };
  return function answerParserError(error, req, res, next) {
    const refusal = refusalOfParserError(error, settings.limits.bodyBytes);
    const below = placeOf(req.url).toLowerCase();
    const place = requestedPlace(req as HttpRequest);
    const isOurs = routes.some(
      (route) => isAt(route, below) && check(route.endpointPlace(place)) === undefined,
    );
    if (refusal === undefined || !isOurs || res.headersSent) return next(error);
    refuse(new HttpReply(res, settings.limits.unsentBytes), refusal);
  };
}
