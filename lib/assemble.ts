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
import type { Audience } from './host/audience.js';
import { Deadlines } from './host/deadlines.js';
import { Endpoint } from './host/endpoint.js';
import { KeepAlive } from './host/keep-alive.js';
import { Lifecycle } from './host/lifecycle.js';
import type { PostStream } from './host/post-stream.js';
import { type ConnectableServer, isServer, type ServerFactory } from './host/server.js';
import { ServerPool } from './host/server-pool.js';
import type { ServerSource } from './host/server-source.js';
import { SessionIds } from './host/session-id.js';
import { Sessions } from './host/sessions.js';
import { SharedServer } from './host/shared-server.js';
import type { McpRouterOptions } from './options.js';
import { type Resolved, resolveOptions } from './resolve-options.js';
import { memoryStore } from './store/memory.js';

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
  sessions.onEnded = (session, uris) => source.ended(session, uris);
  return new Endpoint({
    settings,
    sessions,
    source,
    keepAlive: new KeepAlive(settings.keepAliveMs),
    patience: new Deadlines<PostStream>(settings.upgradeAfterMs, (post) => post.startStreaming()),
    lifecycle: new Lifecycle(),
    logger,
  });
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
