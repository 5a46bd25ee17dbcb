/**
 * The direct server: one port, one endpoint, nothing else to write.
 *
 * Knows: which part this process has, and its signals when it is the only one. Does not know: MCP.
 *
 * @module
 */
import type { ConnectableServer, ServerFactory } from '../lib/host/server.js';
import { primary, type Role, roleIn } from './cluster.js';
import { DirectServer } from './direct-server.js';
import { type Listening, placesOf, urlLines } from './listening.js';
import { type McpRouter, mcpRouter } from './mcp-router.js';
import {
  drainTimes,
  type ServeOptions,
  type ServeSettings,
  serveSettings,
} from './serve-options.js';
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
  const role = roleIn(settings.workers);
  try {
    return await routed(server, settings, SERVE[role]);
  } catch (error) {
    if (role === 'worker') return primary.fail(error);
    throw error;
  }
}

type Serve = (router: McpRouter, settings: ServeSettings) => Promise<Listening>;

const SERVE: Readonly<Record<Role, Serve>> = {
  alone: serveAlone,
  primary: serveAsPrimary,
  worker: serveAsWorker,
};

/** A router that is not served is closed. */
async function routed(
  server: ConnectableServer | ServerFactory,
  settings: ServeSettings,
  serveRouter: Serve,
): Promise<Listening> {
  const router = mcpRouter(server, settings.router);
  try {
    return await serveRouter(router, settings);
  } catch (error) {
    await router.mcp.close();
    throw error;
  }
}

async function serveAlone(router: McpRouter, settings: ServeSettings): Promise<Listening> {
  const { port, host, print } = settings;
  const direct = new DirectServer(router);
  const bound = await direct.start(port, host);
  const drain: Listening['drain'] = async (options) => {
    const times = drainTimes(options, settings.drain);
    forget();
    await direct.drain(times);
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
