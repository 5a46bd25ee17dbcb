/**
 * The options of an endpoint: what they mean, and what they are when they are left out.
 *
 * Knows: names, units, defaults. Does not know: how they are checked (`resolve-options.ts`).
 *
 * @module
 */

import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { AuthGate } from './auth/port.js';
import type { EventStore } from './events/port.js';
import type { Logger } from './log.js';
import type { ScopeHierarchy } from './protocol/scopes.js';
import type { SessionLimits, Store } from './store/port.js';
import type { Address } from './urls.js';

/** A handler of whatever framework the router is mounted in. */
export type Middleware = (...args: never[]) => unknown;

/** How calls are answered. */
export type ResponseMode = 'auto' | 'json' | 'sse';

/** Limits of what one client can make the endpoint hold. */
export interface Limits {
  /** Longest request body, bytes. Default: 4 194 304 (4 MiB). Refused with 413. */
  readonly bodyBytes: number;
  /** Most messages in a 2025-03-26 batch. Default: 100. Refused with 413. */
  readonly batch: number;
  /** Most calls in flight in one session. Default: 64. Refused with 429. */
  readonly callsPerSession: number;
  /** Longest life of a call, milliseconds. Default: 3 600 000 (1 hour). Ended with reason `timeout`. */
  readonly callMs: number;
  /** Time-out of a server-to-client request that names none, milliseconds. Default: 60 000. */
  readonly askMs: number;
  /**
   * Bytes that a slow reader may be behind before it is cut off, where no events are kept that it could
   * read later. Default: 1 048 576 (1 MiB).
   */
  readonly unsentBytes: number;
}

/** Options of `cors`. */
export interface CorsOptions {
  /**
   * Origins of pages that may call the endpoint, besides loopback ones and that of `baseUrl`.
   *
   * Bare origins only: `https://app.example.com`. Environment: `MCP_ALLOWED_ORIGINS`, comma-separated.
   */
  readonly origins?: readonly string[];
  /** How long a browser may keep a preflight's answer, seconds. Default: 600. */
  readonly maxAgeSeconds?: number;
}

/** Options of `rateLimit`. */
export interface RateLimitOptions {
  /** Most HTTP requests of one caller in a window. */
  readonly limit: number;
  /** Length of a window, milliseconds. Default: 60 000. */
  readonly windowMs?: number;
}

/** What a tool, prompt or resource needs: one scope, or all of several. */
type Scopes = string | readonly string[];

/**
 * Scopes that single tools, prompts and resources need, beside `requiredScopes`.
 *
 * Keys are names, and URIs for resources; `*` in a key stands for any characters. When several keys fit, the
 * scopes of all of them are needed. URIs are compared as `new URL(uri).toString()` gives them, and with
 * their percent-escapes undone.
 */
export interface ScopeRules {
  readonly tools?: Readonly<Record<string, Scopes>>;
  readonly prompts?: Readonly<Record<string, Scopes>>;
  readonly resources?: Readonly<Record<string, Scopes>>;
  /** Scopes that contain others, at any depth: `{ admin: ['write'], write: ['read'] }`. */
  readonly implies?: ScopeHierarchy;
}

/** What `authorize` is asked about. */
export interface AuthorizeContext {
  readonly kind: 'tool' | 'prompt' | 'resource';
  /** Name of the tool or prompt; URI of the resource, normalised. */
  readonly name: string;
  /** The method: that of a list when an item is to be shown, `resources/subscribe` before an update. */
  readonly method: string;
  readonly authInfo: AuthInfo | undefined;
  readonly principal: string | undefined;
  /** Values of the mount's `:params`. */
  readonly params: Readonly<Record<string, string>>;
}

/** Decides in code: `true`, or the scopes that would be needed (none: nothing would help). */
export type Authorize = (context: AuthorizeContext) => AuthorizeVerdict | Promise<AuthorizeVerdict>;

/** What {@link Authorize} says. */
export type AuthorizeVerdict = true | { readonly scopes: readonly string[] };

/** Options of `mcpRouter`; `undefined` is the same as absent, unknown names are refused. */
export interface McpRouterOptions<Handler = Middleware> {
  /**
   * Address of the endpoint's mount as clients see it, through every proxy in front of it.
   *
   * Up to and including the mount prefix, without `mcpPath`; may hold the mount's `:params`. `http:` is
   * accepted for loopback hosts only.
   *
   * Environment: `MCP_BASE_URL`, for the only router of a process.
   *
   * @throws OptionError `ERR_MCP_OPTION` when insecure, doubled, or when it has a query, a fragment or
   * credentials.
   * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-1.2 RFC 9728 §1.2}
   */
  readonly baseUrl?: string | URL;
  /**
   * Path of the endpoint inside the router; with and without a trailing slash alike.
   *
   * Environment: `MCP_PATH`, for the only router of a process. Default: `/mcp`.
   */
  readonly mcpPath?: string;
  /**
   * Identity of the endpoint's own authorization server; its endpoints stay under `baseUrl`.
   *
   * With the same `:params` as `baseUrl`. Default: `baseUrl`.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc8414#section-2 RFC 8414 §2}
   */
  readonly issuerUrl?: string | URL;
  /**
   * Public base of the resource when it differs from `baseUrl`: with `mcpPath` it is what a token has to
   * be for. With the same `:params` as `baseUrl`. Default: `baseUrl`.
   */
  readonly resourceBaseUrl?: string | URL;
  /** Prefix that a reverse proxy strips before the app sees the request. Default: none. */
  readonly proxyPrefix?: string;
  /**
   * Who may use the endpoint: a gate such as `staticTokens(…)` or `jwtAuth(…)`. `false`: everybody, on
   * purpose.
   *
   * Asked about every request, before its body is read; preflights and the app's own routes are not its
   * business. Without the option the endpoint is open, and `req.auth` in the SDK's `AuthInfo` shape, if
   * the app sets it, says who calls. With a gate that names authorization servers, `wellKnownRouter` has
   * to serve their documents.
   *
   * Environment: `MCP_AUTH_TOKEN`, one bearer token for the only router of a process; it has all of
   * `requiredScopes`. Default: none.
   *
   * @throws OptionError `ERR_MCP_OPTION` for a gate that names an authorization server, or checks tokens
   * against the endpoint's URL, without `baseUrl`.
   */
  readonly auth?: AuthGate | false;
  /**
   * Scopes that every caller has to have, or to have by `scopes.implies`, whatever it does. Refused with
   * 403 `insufficient_scope`.
   *
   * Default: none. Only with `auth`.
   */
  readonly requiredScopes?: readonly string[];
  /**
   * Scopes that single tools, prompts and resources need; see {@link ScopeRules}.
   *
   * Without them a call is refused with 403 `insufficient_scope` before it is dispatched, and the item is
   * hidden from lists. Default: none. Only with `auth`.
   */
  readonly scopes?: ScopeRules;
  /**
   * Decides in code, beside `scopes`: about every call, read, subscription and completion, every item of a
   * list, and every update before it is sent. An error in it refuses. Default: none. Only with `auth`.
   */
  readonly authorize?: Authorize;
  /**
   * Who serves the discovery documents. `internal`: `wellKnownRouter`, and its absence is an error.
   * `external`: something else, and nothing is checked.
   *
   * Default: `internal`.
   */
  readonly wellKnown?: 'internal' | 'external';
  /** Name of the resource for people, in its metadata (RFC 9728 §2). Default: none. */
  readonly resourceName?: string;
  /** Page for the developers of clients, in the resource's metadata (RFC 9728 §2). Default: none. */
  readonly resourceDocumentation?: string | URL;
  /**
   * Scopes worth asking for, in the resource's metadata; not `offline_access`, for which clients ask by
   * themselves.
   *
   * Default: those that the gate names, else `requiredScopes`.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-2 RFC 9728 §2}
   */
  readonly scopesSupported?: readonly string[];
  /**
   * Serve this endpoint's documents at the bare `/.well-known/…` addresses as well, for clients that drop
   * the path. Only where one endpoint asks for it, without `:params` and without an open one beside it.
   *
   * Default: `false`.
   */
  readonly rootAliases?: boolean;
  /**
   * Answer every unknown `/.well-known/oauth-*` and `openid-configuration` of the host with a JSON 404,
   * where a catch-all of the app would send a page. Default: `false`.
   */
  readonly answerUnknownProbes?: boolean;
  /**
   * Serve without sessions: every POST stands alone, GET and DELETE answer 405.
   *
   * The server cannot ask the client anything then: such a request fails at once.
   *
   * Environment: `MCP_STATELESS_HTTP`. Default: `false`.
   */
  readonly stateless?: boolean;
  /**
   * `auto`: a JSON body when the answer is there in time and nothing was sent before it, else an event
   * stream. `json` and `sse`: always the one. A client that accepts only one of them gets that one.
   *
   * Environment: `MCP_RESPONSE_MODE`. Default: `auto`.
   */
  readonly responseMode?: ResponseMode;
  /** In mode `auto`, milliseconds until an unanswered call becomes an event stream. Default: 1000. */
  readonly upgradeAfterMs?: number;
  /** Interval of the comments that keep quiet event streams open, milliseconds. Default: 15 000. */
  readonly keepAliveMs?: number;
  /**
   * Limits of sessions: `idleMs` 1 800 000 (30 min; environment `MCP_SESSION_IDLE_SECONDS`), `absoluteMs`
   * 86 400 000 (24 h), `max` 100 000, `perPrincipal` 100, `perAddress` 1 000.
   */
  readonly session?: Partial<SessionLimits>;
  /** Limits of requests; see {@link Limits}. */
  readonly limits?: Partial<Limits>;
  /** Where sessions are kept. Default: `memoryStore()`. */
  readonly store?: Store;
  /**
   * Where the events of streams are kept, so that a client whose connection broke can resume.
   *
   * `memoryEventStore(options)`, `keyvEventStore(keyv, options)`, or an `EventStore` of the SDK's kind.
   * `false`: nowhere; streams cannot be resumed then, and `closeSSEStream()` does nothing. Without effect in
   * stateless mode.
   *
   * Default: `memoryEventStore()`, in this process.
   */
  readonly eventStore?: false | EventStore;
  /**
   * How long clients wait before they resume a stream, milliseconds: sent as `retry:` when a stream begins
   * and before its connection is closed early. Default: 1000.
   */
  readonly retryIntervalMs?: number;
  /**
   * Key, or key ring with the current key first, of at least 32 bytes each.
   *
   * With it session ids are sealed and sessions outlive a restart. Never logged, never in `settings`.
   *
   * Environment: `MCP_SECRET`, a ring separated by commas. Default: none; session ids are random.
   */
  readonly secret?: string | readonly string[];
  /** Answers to browsers on other origins. `false` sends no headers. Default: loopback origins. */
  readonly cors?: false | CorsOptions;
  /**
   * Values of `Host` that are let in, besides loopback names and the host of `baseUrl`.
   *
   * `example.com` for any port, `example.com:8443` for one. Environment: `MCP_ALLOWED_HOSTS`,
   * comma-separated. Default: loopback names on loopback connections, anything on others.
   */
  readonly allowedHosts?: readonly string[];
  /** Turns the `Host` guard off. Default: `false`. */
  readonly dangerouslyAllowAnyHost?: boolean;
  /** Turns the `Origin` guard off and answers CORS to everybody. Default: `false`. */
  readonly dangerouslyAllowAnyOrigin?: boolean;
  /**
   * How a shared server's message finds its client when it does not name a request.
   *
   * `context`: by the call whose code is running. `explicit`: not at all; see SECURITY.md.
   *
   * Default: `context`.
   */
  readonly affinity?: 'context' | 'explicit';
  /** Accepts a shared server that keeps one client's state. Default: `false`. */
  readonly dangerouslyShareClientState?: boolean;
  /** Handlers that run inside the router, after CORS and guards. Default: none. */
  readonly middleware?: Handler | readonly Handler[];
  /**
   * How often one caller may ask: a principal, else an address. Refused with 429 and `Retry-After`.
   *
   * Counted in this process, after `middleware` and `auth`. Default: `false`, no limit.
   */
  readonly rateLimit?: false | RateLimitOptions;
  /**
   * Serves the deprecated HTTP+SSE transport of 2024-11-05 too: `GET /sse` and `POST /messages`, beside
   * `mcpPath`, with the endpoint's guards, limits and sessions.
   *
   * For clients that cannot be brought up to date. Default: `false`.
   *
   * @throws OptionError `ERR_MCP_OPTION` with `stateless`, and when `mcpPath` is one of the two paths.
   * @see {@link https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse HTTP with SSE}
   */
  readonly legacySse?: boolean;
  /** Where log lines go. Environment: `MCP_LOG_LEVEL`, to standard error. Default: nowhere. */
  readonly logger?: Logger;
}

/** The options in force: `mcp.settings`. */
export interface ResolvedOptions {
  readonly address: Address;
  /** The gate itself; it shows no secret. False for an open endpoint. */
  readonly auth: AuthGate | false;
  readonly requiredScopes: readonly string[];
  readonly scopes: ScopeRules;
  readonly wellKnown: 'internal' | 'external';
  readonly resourceName: string | undefined;
  readonly resourceDocumentation: string | undefined;
  readonly scopesSupported: readonly string[] | undefined;
  readonly rootAliases: boolean;
  readonly answerUnknownProbes: boolean;
  readonly stateless: boolean;
  readonly responseMode: ResponseMode;
  readonly upgradeAfterMs: number;
  readonly keepAliveMs: number;
  readonly retryIntervalMs: number;
  readonly session: SessionLimits;
  readonly limits: Limits;
  readonly cors: {
    readonly sendHeaders: boolean;
    readonly origins: readonly string[];
    readonly maxAgeSeconds: number;
  };
  readonly allowedHosts: readonly string[];
  readonly dangerouslyAllowAnyHost: boolean;
  readonly dangerouslyAllowAnyOrigin: boolean;
  readonly affinity: 'context' | 'explicit';
  readonly dangerouslyShareClientState: boolean;
  readonly rateLimit: false | Required<RateLimitOptions>;
  readonly legacySse: boolean;
}
