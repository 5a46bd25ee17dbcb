/**
 * A client of the store's own, made from a URL with whichever library is installed.
 *
 * Knows: the two packages, how a client that nobody waits for has to be set up. Does not know: commands.
 *
 * @module
 */
import { OptionError } from '../errors.js';
import type { Driver } from './redis-driver.js';
import { type IoredisClient, IoredisDriver } from './redis-ioredis.js';
import { type NodeRedisClient, NodeRedisDriver } from './redis-node.js';

/** A connection from which nothing comes for so long is given up and made anew. */
const SILENCE_MS = 10_000;

/**
 * Checks a URL; what is wrong is told without its credentials.
 *
 * @throws OptionError `ERR_MCP_OPTION`
 */
export function checkedUrl(text: string): URL {
  const wanted = 'redisStore: expected a redis: or rediss: URL';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined)
    throw new OptionError(`${wanted}, got a text of ${text.length} characters.`);
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') {
    throw new OptionError(`${wanted}, got one that begins with "${url.protocol}".`);
  }
  if (url.hostname === '') throw new OptionError(`${wanted} with a host, got one without.`);
  if (!/^\/?\d{0,5}$/.test(url.pathname)) {
    throw new OptionError(`${wanted} with nothing but a database's number behind the host.`);
  }
  return url;
}

/**
 * Makes a client for a URL; it is not connected yet.
 *
 * @throws OptionError `ERR_MCP_OPTION` when neither library is installed.
 */
export async function driverOf(url: URL, failed: (error: unknown) => void): Promise<Driver> {
  const driver = (await ioredisDriver(url, failed)) ?? (await nodeRedisDriver(url, failed));
  if (driver !== undefined) return driver;
  throw new OptionError(
    'redisStore: expected the package ioredis or redis to be installed, found neither. Run `npm install ioredis`.',
  );
}

async function ioredisDriver(
  { href }: URL,
  failed: (error: unknown) => void,
): Promise<Driver | undefined> {
  const library = await ifInstalled(() => import('ioredis'));
  if (library === undefined) return undefined;
  // The first of its versions 5 have no named export for ES modules.
  const Redis = library.Redis ?? library.default;
  const client: IoredisClient = new Redis(href, {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    socketTimeout: SILENCE_MS,
    retryStrategy: (times) => Math.min(times * 50, 1_000),
  });
  client.on('error', failed);
  return new IoredisDriver(client, true);
}

async function nodeRedisDriver(
  { href }: URL,
  failed: (error: unknown) => void,
): Promise<Driver | undefined> {
  const library = await ifInstalled(() => import('redis'));
  if (library === undefined) return undefined;
  const client: NodeRedisClient = library.createClient({
    url: href,
    disableOfflineQueue: true,
    pingInterval: SILENCE_MS / 2,
    socket: {
      socketTimeout: SILENCE_MS,
      reconnectStrategy: (retries) => Math.min(50 + retries * 50, 1_000),
    },
  });
  client.on('error', failed);
  return new NodeRedisDriver(client, true);
}

async function ifInstalled<T>(load: () => Promise<T>): Promise<T | undefined> {
  try {
    return await load();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') {
      return undefined;
    }
    throw error;
  }
}
