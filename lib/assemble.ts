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
import type { Audience } from './host/audience.js';
import { Deadlines } from './host/deadlines.js';
import { Endpoint } from './host/endpoint.js';
import { EventIds } from './host/event-ids.js';
import { KeepAlive } from './host/keep-alive.js';
import { Lifecycle } from './host/lifecycle.js';
import type { LiveSession } from './host/live-session.js';
import type { PostStream } from './host/post-stream.js';
import { type ConnectableServer, isServer, type ServerFactory } from './host/server.js';
import { ServerPool } from './host/server-pool.js';
import type { ServerSource } from './host/server-source.js';
import { SessionIds } from './host/session-id.js';
import { Sessions } from './host/sessions.js';
import { SharedServer } from './host/shared-server.js';
import { Streams } from './host/streams.js';
import type { McpRouterOptions } from './options.js';
import { type Resolved, resolveOptions } from './resolve-options.js';
import { memoryStore } from './store/memory.js';

/** How long a GET stream waits for its client to come back: longer than a client that still wants it. */
const ABSENT_MS = 300_000;

/**
 * The options in force; a token in the environment is a gate by now.
 *
 * @throws OptionError that names the option, what was expected and what was given.
 */
export function resolve(options: McpRouterOptions<unknown>, environment: Environment): Resolved {
  const resolved = resolveOptions(options, environment);
  const { settings, authToken } = resolved;
  if (authToken === undefined) return resolved;
  const holder = { clientId: 'MCP_AUTH_TOKEN', scopes: settings.requiredScopes };
  const auth = staticTokens([[authToken, holder]]);
  return { ...resolved, settings: Object.freeze({ ...settings, auth }) };
}

/** Builds one endpoint. */
export function assemble(server: ConnectableServer | ServerFactory, resolved: Resolved): Endpoint {
  const { settings, secrets, logger } = resolved;
  const { address } = settings;
  const store = resolved.store ?? memoryStore();
  const label = address.url ?? address.mcpPath;
  const ownUrl = address.url?.includes('/:') === true ? undefined : address.url;
  const sessions = new Sessions(store, settings.session, new SessionIds(secrets, label), ownUrl);
  const source = sourceOf(server, resolved, sessions);
  const streams = new Streams(logOf(resolved), new EventIds(secrets, label), {
    keepAlive: new KeepAlive(settings.keepAliveMs),
    retryMs: settings.retryIntervalMs,
    logger,
  });
  const absent = new Deadlines<LiveSession>(ABSENT_MS, (session) => {
    session.detach();
    sessions.tidy(session);
  });
  sessions.onEnded = (session, uris, reason) => {
    source.ended(session, uris);
    absent.delete(session);
    // After the others a sealed id may wake the session again.
    if (reason === 'ended' || reason === 'expired') void streams.forget(session);
  };
  return new Endpoint({
    settings,
    sessions,
    streams,
    source,
    absent,
    access: accessOf(resolved),
    patience: new Deadlines<PostStream>(settings.upgradeAfterMs, (post) => post.startStreaming()),
    lifecycle: new Lifecycle(),
    logger,
  });
}

/** What is not restricted costs nothing. */
function accessOf({ settings: { scopes }, authorize }: Resolved): Access | undefined {
  const isFree = Object.keys(scopes).length === 0 && authorize === undefined;
  return isFree ? undefined : new Access(scopes, authorize);
}

/** Without sessions nothing can be resumed. */
function logOf({ settings, eventStore }: Resolved): EventLog | undefined {
  if (settings.stateless || eventStore === false) return undefined;
  return eventStore === undefined ? memoryEventStore() : eventLogOf(eventStore);
}

function sourceOf(
  server: ConnectableServer | ServerFactory,
  { settings, logger }: Resolved,
  audience: Audience,
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
