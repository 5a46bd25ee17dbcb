/**
 * From options to a working endpoint: the only file that says which part goes where.
 *
 * Knows: every part's constructor. Does not know: requests.
 *
 * @module
 */
import { staticTokens } from './auth/static-tokens.js';
import type { Environment } from './env.js';
import { OptionError } from './errors.js';
import { eventLogOf } from './events/event-store.js';
import { memoryEventStore } from './events/memory.js';
import type { EventLog } from './events/port.js';
import { Access } from './host/access.js';
import type { SessionAudience } from './host/audience.js';
import { Deadlines } from './host/deadlines.js';
import { Endpoint } from './host/endpoint.js';
import { EventIds } from './host/event-ids.js';
import { KeepAlive } from './host/keep-alive.js';
import { Lifecycle } from './host/lifecycle.js';
import type { LiveSession } from './host/live-session.js';
import { Peers } from './host/peers.js';
import type { PostStream } from './host/post-stream.js';
import { type ConnectableServer, isServer, type ServerFactory } from './host/server.js';
import { ServerPool } from './host/server-pool.js';
import type { ServerSource } from './host/server-source.js';
import { SessionIds } from './host/session-id.js';
import { Sessions } from './host/sessions.js';
import { SharedServer } from './host/shared-server.js';
import { Streams } from './host/streams.js';
import type { McpRouterOptions } from './options.js';
import { type Resolved, refuseHalfShared, resolveOptions } from './resolve-options.js';
import { memoryStore } from './store/memory.js';
import type { EndpointStore, Shared } from './store/port.js';
import { redisStore } from './store/redis.js';

/** How long a GET stream waits for its client to come back: longer than a client that still wants it. */
const ABSENT_MS = 300_000;

/**
 * The options in force; a token in the environment is a gate by now, and a Redis in it a store.
 *
 * @throws OptionError that names the option, what was expected and what was given.
 */
export function resolve(options: McpRouterOptions<unknown>, environment: Environment): Resolved {
  const resolved = withStore(resolveOptions(options, environment));
  refuseHalfShared(resolved);
  const { settings, authToken } = resolved;
  if (authToken === undefined) return resolved;
  const holder = { clientId: 'MCP_AUTH_TOKEN', scopes: settings.requiredScopes };
  const auth = staticTokens([[authToken, holder]]);
  return { ...resolved, settings: Object.freeze({ ...settings, auth }) };
}

/** The environment's store, where no option names one. */
function withStore(resolved: Resolved): Resolved {
  const { store, redisUrl } = resolved;
  return store === undefined && redisUrl !== undefined
    ? { ...resolved, store: redisStore(redisUrl) }
    : resolved;
}

/** Builds one endpoint. */
export function assemble(server: ConnectableServer | ServerFactory, resolved: Resolved): Endpoint {
  const { settings, secrets, logger } = resolved;
  const { address } = settings;
  const label = address.url ?? address.mcpPath;
  const kept = keptBy(resolved, label);
  const { sessions, shared } = kept;
  const source = sourceOf(server, resolved, sessions.live);
  const ids = new EventIds(secrets, label);
  const streamSettings = {
    keepAlive: new KeepAlive(settings.keepAliveMs),
    retryMs: settings.retryIntervalMs,
    logger,
  };
  const streams = new Streams(logOf(resolved, shared), ids, streamSettings, shared);
  const { idleMs } = settings.session;
  const peers =
    shared &&
    new Peers({ shared, sessions, streams, source, ids, settings: streamSettings, idleMs, logger });
  sessions.live.outside = peers;
  const absent = new Deadlines<LiveSession>(ABSENT_MS, (session) => {
    peers?.unlisten(session);
    session.detach();
    sessions.tidy(session);
  });
  sessions.onEnded = (session, uris, reason) => {
    source.ended(session, uris);
    absent.delete(session);
    // After the others a sealed id may wake the session again.
    if (reason === 'ended' || reason === 'expired') streams.forget(session);
  };
  return new Endpoint({
    settings,
    sessions,
    streams,
    source,
    absent,
    peers,
    access: accessOf(resolved),
    patience: new Deadlines<PostStream>(settings.upgradeAfterMs, (post) => post.startStreaming()),
    lifecycle: new Lifecycle(),
    logger,
    closeStore: () => kept.close(),
  });
}

/** The endpoint's sessions, and the store that they are in. */
function keptBy({ settings, secrets, store, logger }: Resolved, label: string) {
  const { limits, session, address, stateless } = settings;
  // Without sessions there is nothing to share.
  const used = stateless ? memoryStore() : (store ?? memoryStore());
  let opened: EndpointStore | undefined;
  const sessions = new Sessions({
    open: (hooks) => {
      const { callsPerSession } = limits;
      opened = used.open({ label, limits: session, callsPerSession, hooks, logger });
      return opened;
    },
    ids: new SessionIds(secrets, label),
    absoluteMs: session.absoluteMs,
    endpointUrl: address.url?.includes('/:') === true ? undefined : address.url,
  });
  return { sessions, shared: sessions.shared, close: () => opened?.close() };
}

/** What is not restricted costs nothing. */
function accessOf({ settings: { scopes }, authorize }: Resolved): Access | undefined {
  const isFree = Object.keys(scopes).length === 0 && authorize === undefined;
  return isFree ? undefined : new Access(scopes, authorize);
}

/** Without sessions nothing can be resumed. */
function logOf(
  { settings, eventStore }: Resolved,
  shared: Shared | undefined,
): EventLog | undefined {
  if (settings.stateless || eventStore === false) return undefined;
  if (shared !== undefined) return shared.events;
  return eventStore === undefined ? memoryEventStore() : eventLogOf(eventStore);
}

function sourceOf(
  server: ConnectableServer | ServerFactory,
  { settings, logger }: Resolved,
  audience: SessionAudience,
): ServerSource {
  const { affinity, dangerouslyShareClientState, limits } = settings;
  const { askMs, callMs } = limits;
  if (typeof server === 'function') {
    return new ServerPool(server, { affinity, askMs, callMs, logger }, audience);
  }
  if (!isServer(server)) {
    throw new OptionError(
      `server: expected an MCP server or a function that returns one, got ${server === null ? 'null' : typeof server}. Pass \`new McpServer(…)\` or \`() => createServer()\`.`,
    );
  }
  const options = { affinity, askMs, callMs, logger, dangerouslyShareClientState };
  return new SharedServer(server, options, audience);
}
