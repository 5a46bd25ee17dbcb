/**
 * The environment: the only file that reads `process.env`.
 *
 * Knows: the variables and their forms. Does not know: defaults, and who uses a value.
 *
 * @module
 */
import { McpRouterError, OptionError, shown } from './errors.js';
import { LOG_LEVELS, type Logger, type LogLevel, stderrLogger } from './log.js';
import type { McpRouterOptions, ResponseMode } from './options.js';
import { isBearerToken, MIN_TOKEN_CHARACTERS } from './protocol/bearer.js';
import { isHost, isOrigin, readPath, readUrl } from './urls.js';

/** Shortest key that session ids may be sealed with. */
export const MIN_SECRET_BYTES = 32;

/** Values found in the environment; explicit options win over them. */
export interface Environment {
  readonly baseUrl?: string;
  readonly mcpPath?: string;
  readonly authToken?: string;
  readonly stateless?: boolean;
  readonly responseMode?: ResponseMode;
  readonly secret?: readonly string[];
  readonly allowedHosts?: readonly string[];
  readonly corsOrigins?: readonly string[];
  readonly sessionIdleMs?: number;
  readonly redisUrl?: string;
  readonly logger?: Logger;
}

/** Values for the direct server. */
export interface ServeEnvironment {
  readonly host?: string;
  readonly port?: number;
  readonly workers?: number;
}

/** How a primary tells its workers that they are its own: its process id, and the port to listen on. */
const WORKER_MARK = 'EXPRESS_MCP_ROUTER_WORKER';

const MAX_TIMER_SECONDS = 2_147_483;

type Source = Readonly<Record<string, string | undefined>>;

/**
 * Reads the variables of every router.
 *
 * @throws OptionError when one is set but empty or malformed; it is never taken for "off".
 */
export function readEnvironment(source: Source = process.env): Environment {
  const idleSeconds = read(source, 'MCP_SESSION_IDLE_SECONDS', seconds);
  return present({
    baseUrl: read(source, 'MCP_BASE_URL', address(readUrl)),
    mcpPath: read(source, 'MCP_PATH', address(readPath)),
    authToken: read(source, 'MCP_AUTH_TOKEN', token),
    stateless: read(source, 'MCP_STATELESS_HTTP', flag),
    responseMode: read(source, 'MCP_RESPONSE_MODE', oneOf(['auto', 'json', 'sse'] as const)),
    redisUrl: read(source, 'MCP_REDIS_URL', redisUrl),
    secret: read(source, 'MCP_SECRET', listOf('keys of at least 32 bytes', isKey)),
    allowedHosts: read(source, 'MCP_ALLOWED_HOSTS', listOf('hosts', isHost)),
    corsOrigins: read(source, 'MCP_ALLOWED_ORIGINS', listOf('bare origins', isOrigin)),
    sessionIdleMs: idleSeconds === undefined ? undefined : idleSeconds * 1_000,
    logger: loggerOf(read(source, 'MCP_LOG_LEVEL', oneOf(LOG_LEVELS))),
  });
}

/** Reads the variables of the direct server. */
export function readServeEnvironment(source: Source = process.env): ServeEnvironment {
  return present({
    host: read(source, 'MCP_HOST', text),
    port: read(source, 'MCP_PORT', portNumber),
    workers: read(source, 'MCP_WORKERS', positiveInteger),
  });
}

/** The variable that a worker of this process is started with. */
export const workerMark = (port: number) => ({ [WORKER_MARK]: `${process.pid}:${port}` });

/** The port that this process was told to listen on by the parent that marked it, if it was. */
export function markedPort(source: Source = process.env): number | undefined {
  const [parent, port] = (source[WORKER_MARK] ?? '').split(':');
  return Number(parent) === process.ppid ? Number(port) : undefined;
}

let holder: symbol | undefined;

/** The options that win over them. */
const OPTIONS: Readonly<Record<string, string>> = {
  MCP_BASE_URL: 'baseUrl',
  MCP_PATH: 'mcpPath',
  MCP_AUTH_TOKEN: 'auth',
};

/**
 * Makes sure that one router of the process at most takes its address or its token from the environment.
 *
 * @returns what gives them back when the router is closed.
 * @throws McpRouterError `ERR_MCP_ENV_AMBIGUOUS` for the second router that relies on it.
 */
export function claimProcessAddress(
  { baseUrl, mcpPath, auth }: Pick<McpRouterOptions, 'baseUrl' | 'mcpPath' | 'auth'>,
  environment: Environment,
): () => void {
  const relied = [
    ...(environment.baseUrl !== undefined && baseUrl === undefined ? ['MCP_BASE_URL'] : []),
    ...(environment.mcpPath !== undefined && mcpPath === undefined ? ['MCP_PATH'] : []),
    ...(environment.authToken !== undefined && auth === undefined ? ['MCP_AUTH_TOKEN'] : []),
  ];
  if (relied.length === 0) return () => {};
  if (holder !== undefined) {
    throw new McpRouterError(
      'ERR_MCP_ENV_AMBIGUOUS',
      `${relied.join(', ')}: expected one router in the process, got a second one that relies on it. Give each router its own ${relied.map((name) => OPTIONS[name]).join(' and ')}.`,
    );
  }
  const claim = Symbol('address');
  holder = claim;
  return () => {
    if (holder === claim) holder = undefined;
  };
}

/** A reader returns undefined for a malformed value; `expected` says what it takes. */
interface Form<T> {
  readonly expected: string;
  parse(value: string, name: string): T | undefined;
}

const text: Form<string> = { expected: 'a value', parse: (value) => value };

const flag: Form<boolean> = {
  expected: 'true or false',
  parse: (value) => FLAGS.get(value.toLowerCase()),
};

const FLAGS = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

const positiveInteger: Form<number> = {
  expected: 'a positive integer',
  parse: (value) => (/^[1-9]\d{0,8}$/.test(value) ? Number(value) : undefined),
};

const seconds: Form<number> = {
  expected: `seconds, an integer from 1 to ${MAX_TIMER_SECONDS}`,
  parse: (value) =>
    /^[1-9]\d{0,8}$/.test(value) && Number(value) <= MAX_TIMER_SECONDS ? Number(value) : undefined,
};

const portNumber: Form<number> = {
  expected: 'a port from 0 to 65535',
  parse: (value) =>
    /^\d{1,5}$/.test(value) && Number(value) <= 65_535 ? Number(value) : undefined,
};

const listOf = (what: string, isValid: (value: string) => boolean): Form<readonly string[]> => ({
  expected: `${what}, separated by commas`,
  parse: (value) => {
    const values = value.split(',').map((part) => part.trim());
    return values.every(isValid) ? values : undefined;
  },
});

const token: Form<string> = {
  expected: `a token of at least ${MIN_TOKEN_CHARACTERS} letters, digits and - . _ ~ + /`,
  parse: (value) =>
    value.length >= MIN_TOKEN_CHARACTERS && isBearerToken(value) ? value : undefined,
};

const redisUrl: Form<string> = {
  expected: 'a URL that begins with redis:// or rediss://',
  parse: (value) => (/^rediss?:\/\/\S+$/.test(value) && URL.canParse(value) ? value : undefined),
};

const isKey = (value: string) => Buffer.byteLength(value) >= MIN_SECRET_BYTES;

/** Checked by the option's own rules, which tell what is wrong in the variable's name. */
const address = (check: (name: string, value: string) => string): Form<string> => ({
  expected: 'an address',
  parse: (value, name) => check(name, value),
});

const oneOf = <T extends string>(values: readonly T[]): Form<T> => ({
  expected: values.join(', '),
  parse: (value) => values.find((known) => known === value),
});

/** Variables that no error shows. */
const SECRETS = new Set(['MCP_SECRET', 'MCP_AUTH_TOKEN', 'MCP_REDIS_URL']);

function read<T>(source: Source, name: string, { expected, parse }: Form<T>): T | undefined {
  const value = source[name];
  if (value === undefined) return undefined;
  const parsed = value.trim() === '' ? undefined : parse(value.trim(), name);
  if (parsed !== undefined) return parsed;
  const told = SECRETS.has(name) ? `${Buffer.byteLength(value)} bytes` : shown(value);
  throw new OptionError(`${name}: expected ${expected}, got ${told}. Unset it to use the default.`);
}

const loggerOf = (level: LogLevel | undefined) =>
  level === undefined ? undefined : stderrLogger(level);

/** Without the members that are undefined. */
function present<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
