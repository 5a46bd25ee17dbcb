/**
 * One process's HTTP server: it listens, and it ends in an orderly way.
 *
 * Knows: `node:http` and the order of an end. Does not know: MCP, signals, other processes.
 *
 * @module
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpRouterError } from '../lib/errors.js';
import type { DrainOptions } from '../lib/host/lifecycle.js';
import { Connections } from './connections.js';
import { type McpRouter, resolvedOf } from './mcp-router.js';
import { rootHandler } from './root-handler.js';

/**
 * Against clients that send slowly so as to hold connections: a head has 10 s, a whole request 5 min
 * (the body's own pace is `body-pace.ts`), and both are looked at often enough that 10 s are not 40.
 */
const TIME_LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 300_000,
  connectionsCheckingInterval: 2_000,
};
/** Idle connections are gone by then: Node's keep-alive time-out, and the second that it gives clients. */
const IDLE_MS = 6_000;
/** How long the end of a call in one process takes to reach a client that listens at another, at most. */
const LAST_WORDS_MS = 1_000;
/** Connections that wait to be accepted: after a restart thousands of clients come back in the same second. */
const BACKLOG = 4_096;

export class DirectServer {
  readonly #router: McpRouter;
  readonly #http: Server;
  readonly #connections: Connections;
  readonly #closed: Promise<void>;

  constructor(router: McpRouter) {
    const handle = rootHandler(router);
    this.#router = router;
    this.#http = createServer(TIME_LIMITS, (req, res) => {
      this.#connections.track(req, res);
      handle(req, res);
    });
    this.#connections = new Connections(this.#http);
    this.#closed = new Promise((resolve) => this.#http.once('close', resolve));
  }

  /**
   * Listens, and connects the MCP server: one that cannot be served is told now, not to the first client.
   *
   * @returns the URL that is bound to, without a path.
   */
  async start(port: number, host: string): Promise<string> {
    try {
      this.#http.listen({ port, host, backlog: BACKLOG });
      await once(this.#http, 'listening');
      await connect(this.#router);
      return boundUrl(this.#http);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Resolves when it has been closed, by whoever did. */
  get closed(): Promise<void> {
    return this.#closed;
  }

  /** Finishes what runs, refuses what is new, then closes. */
  async drain(options: DrainOptions): Promise<void> {
    await this.finish(options);
    await this.close();
  }

  /** Finishes what runs and refuses what is new; clients may still come for the rest of their streams. */
  async finish(options: DrainOptions): Promise<void> {
    this.#connections.leave();
    await this.#router.mcp.drain(options);
  }

  /** Closes, but lets clients hear first what another process has ended. */
  async leave(): Promise<void> {
    await this.#connections.unheard(LAST_WORDS_MS);
    await this.close();
  }

  /**
   * Leaves its clients to another process that listens on the same port: refuses connections, but serves
   * every request that comes on the ones it has. Where the store is shared, streams are handed over as soon as
   * idle connections have ended by themselves. What is not done by the deadline ends with an error.
   */
  async handOver(deadlineMs: number): Promise<void> {
    const until = performance.now() + deadlineMs;
    this.#connections.leave();
    this.#connections.refuse();
    const isShared = resolvedOf(this.#router)?.store?.isShared === true;
    await this.#connections.left(isShared ? Math.min(IDLE_MS, deadlineMs) : deadlineMs);
    await this.#router.mcp.drain({ deadlineMs: Math.max(0, until - performance.now()) });
    await this.close();
  }

  /** Ends everything at once. */
  async close(): Promise<void> {
    this.#http.close();
    await this.#router.mcp.close();
    this.#http.closeAllConnections();
    await this.#closed;
  }
}

async function connect(router: McpRouter): Promise<void> {
  const { checks } = await router.mcp.ready();
  const fault = checks.find(({ ok }) => !ok);
  if (fault === undefined) return;
  throw new McpRouterError(fault.code ?? 'ERR_MCP_CLOSED', fault.detail ?? fault.name);
}

function boundUrl(http: Server): string {
  const { address, family, port } = http.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
