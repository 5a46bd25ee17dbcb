/**
 * Options of the Redis store, and what is wrong with them.
 *
 * Knows: names, units, limits. Does not know: what they are for.
 *
 * @module
 */
import { OptionError, told, unknownOption } from '../errors.js';
import { isObject } from './redis-records.js';

/** How many replicas are to have a session that was opened or ended before it counts. */
export interface RedisDurability {
  /** Replicas, 1 to 16. */
  readonly replicas: number;
  /**
   * How long they are waited for, milliseconds; less than `commandMs`. If they are not there in time, the
   * store goes on and warns once: `min-replicas-to-write` in Redis makes it refuse instead.
   */
  readonly timeoutMs: number;
}

/** Options of `redisStore`. */
export interface RedisStoreOptions {
  /**
   * What every key and channel begins with: 1 to 64 letters, digits, `.`, `:`, `-` and `_`.
   *
   * Endpoints whose URLs differ may have the same. Default: `mcp`.
   */
  readonly prefix?: string;
  /**
   * Waits for replicas, so that a failover forgets no session that was opened and wakes none that was ended.
   *
   * The connection does nothing else meanwhile. Default: nothing is waited for.
   */
  readonly durability?: RedisDurability;
  /**
   * Longest wait for an answer of Redis, milliseconds, 100 to 60 000; then it is an outage, and clients get
   * 503. Default: 1 000.
   */
  readonly commandMs?: number;
  /**
   * How long an instance is taken for alive after its last sign of life, milliseconds, 500 to 300 000. Calls
   * of an instance that was killed end so much later. It must be longer than any pause of a process.
   *
   * Default: 15 000.
   */
  readonly leaseMs?: number;
  /** Events that are kept of one stream, at most 10 000; the oldest that is no response goes first. Default: 1 000. */
  readonly maxEventsPerStream?: number;
  /** The same in bytes, at most 67 108 864 (64 MiB). Default: 4 194 304 (4 MiB). */
  readonly maxBytesPerStream?: number;
  /** How long an event can be replayed, milliseconds. Default: 600 000 (10 minutes). */
  readonly ttlMs?: number;
}

/** With every default. */
export type RedisSettings = Required<Omit<RedisStoreOptions, 'durability'>> &
  Pick<RedisStoreOptions, 'durability'>;

const DEFAULTS = {
  prefix: 'mcp',
  durability: undefined,
  commandMs: 1_000,
  leaseMs: 15_000,
  maxEventsPerStream: 1_000,
  maxBytesPerStream: 4_194_304,
  ttlMs: 600_000,
} as const;

const RANGES: Readonly<Record<string, readonly [least: number, most: number]>> = {
  commandMs: [100, 60_000],
  leaseMs: [500, 300_000],
  maxEventsPerStream: [1, 10_000],
  maxBytesPerStream: [1, 67_108_864],
  ttlMs: [1, 2_147_483_647],
};

const PREFIX = /^[A-Za-z0-9.:_-]{1,64}$/;
const MAX_REPLICAS = 16;

/**
 * Options with their defaults.
 *
 * @throws OptionError `ERR_MCP_OPTION` that names the option, what was expected and what was given.
 */
export function redisSettings(options: RedisStoreOptions): RedisSettings {
  if (!isObject(options)) {
    throw new OptionError(`redisStore options: expected an object, got ${told(options)}.`);
  }
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(DEFAULTS, name));
  if (unknown !== undefined) throw unknownOption('redisStore', unknown, Object.keys(DEFAULTS));
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const settings: RedisSettings = { ...DEFAULTS, ...Object.fromEntries(given) };
  const { prefix, durability, commandMs } = settings;
  if (typeof prefix !== 'string' || !PREFIX.test(prefix)) {
    const wanted = '1 to 64 letters, digits, ".", ":", "-" and "_"';
    throw new OptionError(`prefix: expected ${wanted}, got ${told(prefix)}.`);
  }
  for (const [name, [least, most]] of Object.entries(RANGES)) {
    expectWhole(name, settings[name as 'commandMs'], least, most);
  }
  if (durability !== undefined) expectDurability(durability, commandMs);
  return settings;
}

function expectDurability(durability: unknown, commandMs: number): void {
  if (!isObject(durability)) {
    throw new OptionError(`durability: expected { replicas, timeoutMs }, got ${told(durability)}.`);
  }
  const names = ['replicas', 'timeoutMs'];
  const unknown = Object.keys(durability).find((name) => !names.includes(name));
  if (unknown !== undefined) throw unknownOption('durability', unknown, names);
  expectWhole('durability.replicas', durability.replicas, 1, MAX_REPLICAS);
  expectWhole('durability.timeoutMs', durability.timeoutMs, 1, commandMs - 1);
}

function expectWhole(name: string, value: unknown, least: number, most: number): void {
  if (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most) return;
  throw new OptionError(
    `${name}: expected an integer from ${least} to ${most}, got ${told(value)}.`,
  );
}
