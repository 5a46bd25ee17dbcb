/**
 * What a direct server tells of itself: to its program, and to whoever started it.
 *
 * Knows: addresses, and the lines that are printed. Does not know: processes.
 *
 * @module
 */
import { hasAuthorizationServer } from '../lib/auth/port.js';
import type { DrainOptions } from '../lib/host/lifecycle.js';
import { resourceMetadataUrl, urlMap } from '../lib/urls.js';
import type { McpRouter } from './mcp-router.js';

/** A running direct server: a process alone, a primary that has workers, or one of these. */
export interface Listening {
  /** URL of the endpoint: the public one, else the one bound to. */
  readonly url: string;
  readonly port: number;
  /** The router of this process. That of a primary serves nobody. */
  readonly router: McpRouter;
  /**
   * Finishes what runs, refuses what is new, then closes; in a primary all workers, at the same time. In a
   * worker it ends the process, and the primary starts another one.
   */
  drain(options?: DrainOptions): Promise<void>;
  /** Ends everything at once. */
  close(): Promise<void>;
  /**
   * In a primary only: renews one worker after the other. The new one listens before the old one goes, and
   * the old one goes on with the connections it has until they are closed or its deadline is over.
   *
   * Rejects with the error of a worker that cannot start; those that were not renewed yet serve on.
   */
  restart?(): Promise<void>;
}

/** Where clients find the endpoint, and what is bound. */
export function placesOf({ mcp }: McpRouter, bound: string): Pick<Listening, 'url' | 'port'> {
  const { mcpPath } = mcp.settings.address;
  return {
    url: mcp.url ?? `${bound}${mcpPath === '/' ? '' : mcpPath}`,
    port: Number(bound.slice(bound.lastIndexOf(':') + 1)),
  };
}

/** The lines that a server prints when it listens. */
export function urlLines({ mcp }: McpRouter, bound: string, workers: readonly number[]): string[] {
  const { address, auth, legacySse } = mcp.settings;
  const isDocumented = auth && hasAuthorizationServer(auth);
  const metadataUrl = isDocumented ? resourceMetadataUrl(address, {}) : undefined;
  const lines = urlMap(address, bound, metadataUrl, legacySse);
  if (workers.length === 0) return lines;
  const processes = `Workers        ${workers.length}: processes ${workers.join(', ')}`;
  return lines.toSpliced(lines.indexOf(''), 0, processes);
}
