/**
 * Who may use an endpoint: the gate in front of it.
 *
 * Time: a gate is asked once per HTTP request and answers within its own deadlines. Failure: it never
 * rejects for what a caller did; a verifier that cannot decide answers `unavailable`, which becomes 503 and
 * never 401. Size: what a gate remembers of verified tokens is bounded in number and in time.
 *
 * Knows: credentials, verdicts, and which authorization servers are trusted.
 * Does not know: HTTP answers, challenges, discovery documents, MCP messages.
 *
 * @module
 */
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { Logger } from '../log.js';

type Awaitable<T> = T | Promise<T>;

/** What a gate is told about the endpoint that it guards. */
export interface GuardedEndpoint {
  /**
   * The resource that a token must be for: the endpoint's URL for this request, `:params` filled in;
   * undefined without `baseUrl`.
   */
  readonly resource: string | undefined;
  readonly logger: Logger;
}

/** What a caller presents. */
export interface Presented {
  /** The token of `Authorization: Bearer …`; undefined without one, and for every other scheme. */
  readonly bearer: string | undefined;
  /** The app's own request object, for gates that read what an earlier middleware has established. */
  readonly request: unknown;
  readonly endpoint: GuardedEndpoint;
}

/** What a gate makes of a caller. */
export type Verdict =
  /**
   * The caller is known, and its token has not expired. `principal`: SHA-256 of issuer, subject and
   * client. The `AuthInfo` is the caller's own: nobody else is given the same object.
   */
  | { readonly kind: 'valid'; readonly authInfo: AuthInfo; readonly principal: string }
  /** No credentials that this gate reads. */
  | { readonly kind: 'missing' }
  /** Bad, expired, not yet valid, or for somebody else. `why` is for the log, never for the caller. */
  | { readonly kind: 'invalid'; readonly why: string }
  /** It cannot be decided now: keys, introspection or an app's own check are out of reach. */
  | { readonly kind: 'unavailable'; readonly cause: unknown; readonly retryAfterSeconds: number };

/** Metadata of an authorization server that is part of the endpoint's own app (RFC 8414 §2). */
export interface OwnAuthorizationServer {
  /**
   * The server's metadata document.
   *
   * @param issuer - its identity, without a trailing slash: what `issuer` of the document has to be.
   * @param base - public URL under which its endpoints are, without a trailing slash.
   */
  metadata(issuer: string, base: string): Readonly<Record<string, unknown>>;
}

/** A way to tell callers apart. */
export interface AuthGate {
  /** Name for the operator: `static tokens`, `jwt`, `introspection`, … */
  readonly name: string;
  /**
   * Issuers of the authorization servers that a client can get a token from, byte for byte as they call
   * themselves. Empty for gates that have none: then there is no discovery document.
   */
  readonly authorizationServers: readonly string[];
  /** Set when the endpoint's own app is the authorization server; its issuer is the endpoint's own. */
  readonly ownServer?: OwnAuthorizationServer;
  /** Scopes worth asking for, for the documents; undefined when the gate names none. */
  readonly scopesSupported?: readonly string[];
  /**
   * True when tokens are checked against the endpoint's own URL: then an endpoint without `baseUrl` is
   * refused when it is built.
   */
  readonly needsResource?: boolean;
  verify(presented: Presented): Awaitable<Verdict>;
}

/**
 * True when a client can get a token somewhere: then discovery documents say where, and they repeat
 * `baseUrl`.
 */
export const hasAuthorizationServer = ({ authorizationServers, ownServer }: AuthGate): boolean =>
  ownServer !== undefined || authorizationServers.length > 0;
