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
  const end = async (closed: Promise<void>) => {
    await closed;
    primary.leave();
  };
  const finish = async (options?: DrainOptions) => {
    await direct.finish(drainTimes(options, settings.drain));
    // Clients that were told to come back may have come to this worker: it stays until all have finished.
    primary.tell({ is: 'finished' });
  };
  const obey: Readonly<Record<Order['to'], (order: Order) => Promise<void>>> = {
    finish: ({ delayMs, deadlineMs }) => finish({ delayMs, deadlineMs }),
    'hand-over': ({ deadlineMs }) => end(direct.handOver(deadlineMs)),
    leave: () => end(direct.leave()),
    close: () => end(direct.close()),
  };
  const ignore = () => {};
  // A terminal sends these to every process: the primary says what they mean.
  onSignals({ SIGTERM: () => void finish(), SIGINT: ignore, SIGHUP: ignore });
  primary.follow(
    (order) => void obey[order.to](order),
    () => void end(direct.drain({ ...settings.drain, delayMs: 0 })),
  );
  primary.tell({ is: 'listening', bound });
  return {
    ...placesOf(router, bound),
    router,
    drain: async (options) => {
      await finish(options);
      await direct.closed;
    },
    close: () => end(direct.close()),
  };
}
