/**
 * The direct server: one port, one endpoint, nothing else to write.
 *
 * Knows: which part this process has, and its signals when it is the only one. Does not know: MCP.
 *
 * @module
 */
import { markedPort } from '../lib/env.js';
import { OptionError } from '../lib/errors.js';
import type { ConnectableServer, ServerFactory } from '../lib/host/server.js';
import { isClusterWorker, takeCluster } from './cluster.js';
import { DirectServer } from './direct-server.js';
import { type Listening, placesOf, urlLines } from './listening.js';
import { type McpRouter, mcpRouter, resolvedOf } from './mcp-router.js';
import { type ServeOptions, type ServeSettings, serveSettings } from './serve-options.js';
import { serveAsPrimary } from './serve-primary.js';
import { serveAsWorker } from './serve-worker.js';
import { onSignals } from './signals.js';

/**
 * Serves MCP over HTTP without an app of your own; drains on SIGTERM and SIGINT.
 *
 * With `workers` above 1 this process becomes a primary: `node:cluster` runs the whole program again in each
 * worker, and `serve` resolves in all of them, in the primary as soon as every worker listens. SIGHUP renews
 * the workers one after the other.
 *
 * @throws OptionError `ERR_MCP_OPTION` for a wrong option; the system's error when it cannot listen.
 * @throws McpRouterError `ERR_MCP_WORKER` for a worker that ends before it listens.
 * @example
 * ```ts
 * await serve(server, { port: 8000 });
 * ```
 */
export async function serve(
  server: ConnectableServer | ServerFactory,
  options: ServeOptions = {},
): Promise<Listening> {
  const settings = serveSettings(options);
  const router = mcpRouter(server, settings.router);
  try {
    if (settings.workers === 1) return await serveAlone(router, settings);
    return await serveByWorkers(router, settings);
  } catch (error) {
    await router.mcp.close();
    throw error;
  }
}

async function serveAlone(router: McpRouter, settings: ServeSettings): Promise<Listening> {
  const { port, host, print } = settings;
  const direct = new DirectServer(router);
  const bound = await direct.start(port, host);
  const drain: Listening['drain'] = (options) => {
    forget();
    return direct.drain({ ...settings.drain, ...options });
  };
  // A second signal ends the process: Node has its way with it.
  const forget = onSignals({ SIGTERM: () => void drain(), SIGINT: () => void drain() });
  for (const line of urlLines(router, bound, [])) print(line);
  return {
    ...placesOf(router, bound),
    router,
    drain,
    close: async () => {
      forget();
      await direct.close();
    },
  };
}

/** The program runs in the primary and in each of its workers. */
async function serveByWorkers(router: McpRouter, settings: ServeSettings): Promise<Listening> {
  const { workers } = settings;
  refuseSeparateSessions(router, workers);
  const port = markedPort();
  if (isClusterWorker() && port === undefined) {
    throw new OptionError(
      `workers: expected 1 in a worker of another cluster, got ${workers}. One of the two starts the processes.`,
    );
  }
  const giveBack = takeCluster();
  if (port !== undefined) return serveAsWorker(router, settings, port);
  return serveAsPrimary(router, settings, giveBack);
}

/** Any worker may get a client's next request. */
function refuseSeparateSessions(router: McpRouter, workers: number): void {
  const { stateless, legacySse } = router.mcp.settings;
  if (legacySse) {
    throw new OptionError(
      `workers: expected 1 with legacySse: true, got ${workers}. Its clients have to reach the process that holds their stream: serve them from one process, or leave legacySse out.`,
    );
  }
  const store = resolvedOf(router)?.store as { readonly isShared?: unknown } | undefined;
  if (stateless || store?.isShared === true) return;
  throw new OptionError(
    `workers: expected stateless: true or a store that processes share, got ${workers} workers that would keep sessions to themselves. Set stateless: true, or pass a store such as redisStore(…).`,
  );
}
