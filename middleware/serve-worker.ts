/**
 * A direct server that is one of several: it serves, and goes when its primary says so.
 *
 * Knows: which order and which signal mean what. Does not know: the other workers.
 *
 * @module
 */
import { markedPort } from '../lib/env.js';
import type { DrainOptions } from '../lib/host/lifecycle.js';
import { type Order, primary, takeCluster } from './cluster.js';
import { DirectServer } from './direct-server.js';
import { type Listening, placesOf } from './listening.js';
import type { McpRouter } from './mcp-router.js';
import { drainTimes, type ServeSettings } from './serve-options.js';
import { onSignals } from './signals.js';

/** Serves until an order, SIGTERM, or the end of the primary. */
export async function serveAsWorker(
  router: McpRouter,
  settings: ServeSettings,
): Promise<Listening> {
  takeCluster();
  const direct = new DirectServer(router);
  const bound = await direct.start(markedPort() ?? settings.port, settings.host);
  const ways = {
    drain: (times: Required<DrainOptions>) => direct.drain(times),
    'hand-over': ({ deadlineMs }: Required<DrainOptions>) => direct.handOver(deadlineMs),
    close: () => direct.close(),
  };
  const go = async (to: Order['to'], options?: DrainOptions) => {
    await ways[to](drainTimes(options, settings.drain));
    primary.leave();
  };
  const ignore = () => {};
  // A terminal sends these to every process: the primary says what they mean.
  onSignals({ SIGTERM: () => void go('drain'), SIGINT: ignore, SIGHUP: ignore });
  primary.follow(
    ({ to, ...times }) => void go(to, times),
    () => void go('drain', { delayMs: 0 }),
  );
  primary.report(bound);
  return {
    ...placesOf(router, bound),
    router,
    drain: (options) => go('drain', options),
    close: () => go('close'),
  };
}
