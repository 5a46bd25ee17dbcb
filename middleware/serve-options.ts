/**
 * Options of the direct server, checked and completed.
 *
 * Knows: every rule and every default of `serve`. Does not know: those of `mcpRouter`, how anything is served.
 *
 * @module
 */
import { readServeEnvironment } from '../lib/env.js';
import { OptionError, told, unknownOption } from '../lib/errors.js';
import type { DrainOptions } from '../lib/host/lifecycle.js';
import type { McpRouterOptions } from './mcp-router.js';

/** Options of `serve`: those of `mcpRouter`, and where to listen. */
export interface ServeOptions extends McpRouterOptions {
  /** TCP port; 0 takes a free one. Environment: `MCP_PORT`. Default: 8000. */
  readonly port?: number;
  /** Address to bind to. Environment: `MCP_HOST`. Default: `127.0.0.1`, this machine only. */
  readonly host?: string;
  /**
   * Processes that serve the port together, 1 to 1 024. More than 1 needs `stateless`, or a store that they share:
   * whichever process a client's next connection reaches has to know its session.
   *
   * The process that calls `serve` serves nobody then: it starts its own program again in each worker.
   *
   * Environment: `MCP_WORKERS`. Default: 1.
   *
   * @throws OptionError `ERR_MCP_OPTION` when it is out of range, or when the workers would share no sessions.
   */
  readonly workers?: number;
  /** How SIGTERM and SIGINT end the server, and the defaults of its `drain()`. */
  readonly drain?: DrainOptions;
  /** Where the URL map goes, a line at a time. Default: standard output. `false`: nowhere. */
  readonly print?: ((line: string) => void) | false;
}

/** Options in force. */
export interface ServeSettings {
  readonly port: number;
  readonly host: string;
  readonly workers: number;
  readonly drain: Required<DrainOptions>;
  readonly print: (line: string) => void;
  /** For `mcpRouter`, which checks them. */
  readonly router: McpRouterOptions;
}

const DEFAULT_PORT = 8000;
const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_DRAIN = { delayMs: 0, deadlineMs: 10_000 };
const MAX_PORT = 65_535;
/** More is a slip of the pen: each is a process. */
const MAX_WORKERS = 1_024;
/** A longer timer fires at once. */
const MAX_TIMER_MS = 2_147_483_647;

/**
 * Explicit options, then the environment, then defaults.
 *
 * @throws OptionError that names the option, what was expected and what was given.
 */
export function serveSettings(options: ServeOptions): ServeSettings {
  const environment = readServeEnvironment();
  const {
    port = environment.port ?? DEFAULT_PORT,
    host = environment.host ?? DEFAULT_HOST,
    workers = environment.workers ?? 1,
    drain,
    print = (line: string) => console.log(line),
    ...router
  } = options;
  return {
    port: integer('port', port, 0, MAX_PORT),
    host: hostName(host),
    workers: integer('workers', workers, 1, MAX_WORKERS),
    drain: drainTimes(drain),
    print: print === false ? () => {} : print,
    router,
  };
}

function integer(name: string, value: unknown, from: number, to: number): number {
  const isOne = typeof value === 'number' && Number.isInteger(value);
  if (isOne && value >= from && value <= to) return value;
  throw new OptionError(`${name}: expected an integer from ${from} to ${to}, got ${told(value)}.`);
}

function hostName(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new OptionError(`host: expected an address or a host name, got ${told(value)}.`);
}

/**
 * The times of a drain, completed.
 *
 * @throws OptionError for a time that no timer can keep, or an unknown name.
 */
export function drainTimes(
  options: DrainOptions = {},
  defaults: Required<DrainOptions> = DEFAULT_DRAIN,
): Required<DrainOptions> {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new OptionError(`drain: expected an object, got ${told(options)}.`);
  }
  const names = Object.keys(DEFAULT_DRAIN);
  const stranger = Object.keys(options).find((name) => !names.includes(name));
  if (stranger !== undefined) throw unknownOption('drain', stranger, names);
  const { delayMs = defaults.delayMs, deadlineMs = defaults.deadlineMs } = options;
  return {
    delayMs: integer('drain.delayMs', delayMs, 0, MAX_TIMER_MS),
    deadlineMs: integer('drain.deadlineMs', deadlineMs, 0, MAX_TIMER_MS),
  };
}
