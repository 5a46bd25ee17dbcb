/**
 * The user's server, taken structurally.
 *
 * Knows: what makes an object a v1 server, a v2 server or a factory.
 * Does not know: either SDK's classes, so two copies of one SDK, or both SDKs, work side by side.
 *
 * @module
 */
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { Params } from '../protocol/json-rpc.js';
import type { RequestHeaders } from './exchange.js';

/**
 * An `McpServer` or low-level `Server` of either SDK generation.
 *
 * The parameter is `never` on purpose: each SDK types its own `Transport`, and all of them fit.
 */
export interface ConnectableServer {
  connect(transport: never): Promise<void>;
  close(): Promise<void>;
}

/** Builds a server for one client; may be asynchronous. */
export type ServerFactory = (
  context: FactoryContext,
) => ConnectableServer | Promise<ConnectableServer>;

/** What a factory is told about the client it builds for. */
export interface FactoryContext {
  /** The verified token, when something in front of the endpoint has verified one. */
  readonly authInfo: AuthInfo | undefined;
  /** SHA-256 of issuer, subject and client; undefined for an anonymous caller. */
  readonly principal: string | undefined;
  /** The session that the server is for; undefined in stateless mode. */
  readonly sessionId: string | undefined;
  /** Name and version that the client gave in `initialize`; undefined in stateless mode. */
  readonly clientInfo: Readonly<Record<string, unknown>> | undefined;
  /** Capabilities that the client declared in `initialize`; undefined in stateless mode. */
  readonly capabilities: Readonly<Record<string, unknown>> | undefined;
  /** Headers of the request that made the server necessary. */
  readonly headers: RequestHeaders;
  /** The era of the protocol that the client speaks. */
  readonly era: 'legacy';
  /** Values of the mount's `:params`. */
  readonly params: Readonly<Record<string, string>>;
}

/** The low-level server inside a {@link ConnectableServer}: the members used here, all public. */
export interface InnerServer {
  readonly transport?: unknown;
  oninitialized?: () => void;
  fallbackNotificationHandler?: (notification: unknown) => Promise<void>;
  assertCanSetRequestHandler?(method: string): void;
  getClientCapabilities?(): unknown;
  getClientVersion?(): unknown;
  request?(request: { method: string; params?: Params }, ...rest: unknown[]): Promise<unknown>;
}

/** Which SDK line a server comes from. */
export type Generation = 'v1' | 'v2';

type Members = Readonly<Record<string, unknown>>;

const has = (value: unknown, ...names: string[]): value is Members =>
  typeof value === 'object' &&
  value !== null &&
  names.every((name) => typeof (value as Members)[name] === 'function');

/** True for a server instance of either line. */
export const isServer = (value: unknown): value is ConnectableServer =>
  has(value, 'connect', 'close');

/** The low-level server of an `McpServer`, or the server itself. */
export function innerServer(server: ConnectableServer): InnerServer {
  const inner = (server as unknown as Members).server;
  return (has(inner, 'connect', 'close') ? inner : server) as InnerServer;
}

/** v2 servers are told by `getNegotiatedProtocolVersion`, which v1 never had. */
export const generationOf = (server: ConnectableServer): Generation =>
  has(innerServer(server), 'getNegotiatedProtocolVersion') ? 'v2' : 'v1';

/** True for the high-level `McpServer`, whose lists change only together with a notification. */
export const isMcpServer = (server: ConnectableServer): boolean =>
  has(server, 'registerTool') && innerServer(server) !== (server as unknown);
