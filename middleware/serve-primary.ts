/**
 * The primary of several direct servers: it starts them, watches them, and serves nobody itself.
 *
 * Knows: its signals, and which port is shared. Does not know: when a worker is replaced.
 *
 * @module
 */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { OptionError } from '../lib/errors.js';
import type { DrainOptions } from '../lib/host/lifecycle.js';
import { type Logger, silentLogger } from '../lib/log.js';
import { takeCluster } from './cluster.js';
import { type Listening, placesOf, urlLines } from './listening.js';
import { type McpRouter, resolvedOf } from './mcp-router.js';
import { drainTimes, type ServeSettings } from './serve-options.js';
import { onSignals } from './signals.js';
import { WorkerPool } from './worker-pool.js';

/** Between two looks at a free port another program may take it. */
const PORTS_TO_TRY = 3;

/** Starts the workers; resolves when all of them listen. */
export async function serveAsPrimary(
  router: McpRouter,
  settings: ServeSettings,
): Promise<Listening> {
  refuseSeparateSessions(router, settings.workers);
  const giveBack = takeCluster();
  const logger = resolvedOf(router)?.logger ?? silentLogger;
  const { pool, bound } = await startedPool(settings, logger).catch((error) => {
    giveBack();
    throw error;
  });
  const end = async (ended: Promise<void>) => {
    await ended;
    forget();
    giveBack();
    await router.mcp.close();
  };
  const listening = {
    ...placesOf(router, bound),
    router,
    drain: async (options?: DrainOptions) => end(pool.drain(drainTimes(options, settings.drain))),
    close: () => end(pool.close()),
    restart: () => pool.restart(),
  };
  const forget = watchSignals(listening, pool, logger);
  for (const line of urlLines(router, bound, pool.pids)) settings.print(line);
  return listening;
}

/** The first signal to end drains, the second one kills; SIGHUP renews, unless it tells that a terminal is gone. */
function watchSignals(
  { drain, restart }: Required<Pick<Listening, 'drain' | 'restart'>>,
  pool: WorkerPool,
  logger: Logger,
): () => void {
  let isEnding = false;
  const end = () => {
    if (isEnding) return pool.kill();
    isEnding = true;
    void drain();
  };
  const renew = () => {
    restart().catch((err) => logger.error({ err }, 'The workers could not be renewed'));
  };
  return onSignals({ SIGTERM: end, SIGINT: end, SIGHUP: process.stdout.isTTY ? end : renew });
}

async function startedPool({ port, host, workers, drain }: ServeSettings, logger: Logger) {
  const { deadlineMs } = drain;
  for (let tries = 1; ; tries += 1) {
    // Every worker is given the port itself: one that comes later would find another free one.
    const pool = new WorkerPool({
      count: workers,
      port: port === 0 ? await freePort(host) : port,
      deadlineMs,
      logger,
    });
    try {
      return { pool, bound: await pool.start() };
    } catch (error) {
      const isTaken = (error as { code?: unknown }).code === 'EADDRINUSE';
      if (port !== 0 || !isTaken || tries === PORTS_TO_TRY) throw error;
    }
  }
}

async function freePort(host: string): Promise<number> {
  const probe = createServer().listen(0, host);
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
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
