/**
 * The package's front door: public names, nothing else.
 *
 * @module
 */
export { healthRouter } from '../middleware/health-router.js';
export type { Listening } from '../middleware/listening.js';
export {
  type McpEndpoint,
  type McpRouter,
  type McpRouterOptions,
  mcpRouter,
} from '../middleware/mcp-router.js';
export { serve } from '../middleware/serve.js';
export type { ServeOptions } from '../middleware/serve-options.js';
export { wellKnownRouter } from '../middleware/well-known-router.js';
export { anyOf } from './auth/any-of.js';
export { type CustomAuthOptions, customAuth, type TokenVerifier } from './auth/custom-auth.js';
export {
  type AppRequest,
  type Established,
  type FromRequestOptions,
  fromRequest,
} from './auth/from-request.js';
export { type IntrospectionAuthOptions, introspectionAuth } from './auth/introspection-auth.js';
export { type JwtAuthOptions, jwtAuth } from './auth/jwt-auth.js';
export type { JwtIssuer } from './auth/jwt-issuer.js';
export type { AuthGate, GuardedEndpoint, Presented, Verdict } from './auth/port.js';
export { type StaticToken, type StaticTokens, staticTokens } from './auth/static-tokens.js';
export { McpRouterError, type McpRouterErrorCode, OptionError, StoreError } from './errors.js';
export { type KeyvEventStoreOptions, type KeyvLike, keyvEventStore } from './events/keyv.js';
export { type MemoryEventStoreOptions, memoryEventStore } from './events/memory.js';
export type {
  EventLog,
  EventStore,
  FoundStream,
  Position,
  Replay,
  SdkEventStore,
  SharedEventLog,
  SharedStream,
  StandaloneStream,
  StreamKey,
  StreamLog,
} from './events/port.js';
export type {
  EndpointNotify,
  EndpointSessions,
  Readiness,
  ReadinessCheck,
} from './host/endpoint.js';
export type { RequestHeaders } from './host/exchange.js';
export type { DrainOptions } from './host/lifecycle.js';
export type { ConnectableServer, FactoryContext, ServerFactory } from './host/server.js';
export type { Logger } from './log.js';
export type {
  CorsOptions,
  Limits,
  RateLimitOptions,
  ResolvedOptions,
  ResponseMode,
} from './options.js';
export { type MemoryStoreOptions, memoryStore } from './store/memory.js';
export type {
  Claim,
  DropReason,
  Ended,
  EndpointStore,
  InstanceListener,
  Instances,
  Letter,
  Notice,
  SessionAddress,
  SessionChange,
  SessionHooks,
  SessionLimits,
  SessionPhase,
  SessionRecord,
  SessionStore,
  Shared,
  SharedSessions,
  Sought,
  Store,
  StoredEndpoint,
} from './store/port.js';
