/**
 * The ways of running Redis, and of reaching it, that a trial is made with.
 *
 * Knows: how each is started, and how it is looked into from outside. Does not know: trials.
 *
 * @module
 */
import { Redis } from 'ioredis';
import type { RedisLibrary, RedisPlan } from '../support/instances.js';
import { startRedis } from '../support/redis.js';
import type { Figure, Scale } from './experiment.js';

/** A Redis of whatever kind, and what is done to it. */
export interface RedisUnderTest {
  readonly plan: RedisPlan;
  /** Stops all of it without its knowledge. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Kills all of it, and starts it again without anything in it. */
  restartEmpty(): Promise<void>;
  /** Kills the master; milliseconds until there is another one. */
  failOver(): Promise<number>;
  /** Sends a command to every master; what they say, in their order. */
  everywhere(...command: string[]): Promise<unknown[]>;
  /** Sends a command to the master that has this key. */
  at(key: string, ...command: string[]): Promise<unknown>;
  /** All keys there are. */
  keys(): Promise<string[]>;
}

interface Variant {
  readonly kind: RedisPlan['kind'];
  readonly library: RedisLibrary;
}

const IOREDIS: Variant = { kind: 'single', library: 'ioredis' };
const NODE_REDIS: Variant = { kind: 'single', library: 'node-redis' };

/**
 * With which of them a trial is made. `one`: the plainest. `libraries`: with both libraries. `core`: on a
 * Cluster too. `sentinel`: with Sentinels only.
 */
export type Breadth = 'one' | 'libraries' | 'core' | 'sentinel';

const VARIANTS: Readonly<Record<Breadth, Readonly<Record<Scale, readonly Variant[]>>>> = {
  one: { short: [IOREDIS], long: [IOREDIS] },
  libraries: { short: [IOREDIS], long: [IOREDIS, NODE_REDIS] },
  core: {
    short: [IOREDIS],
    long: [
      IOREDIS,
      NODE_REDIS,
      { kind: 'cluster', library: 'ioredis' },
      { kind: 'cluster', library: 'node-redis' },
    ],
  },
  sentinel: {
    short: [{ kind: 'sentinel', library: 'ioredis' }],
    long: [
      { kind: 'sentinel', library: 'ioredis' },
      { kind: 'sentinel', library: 'node-redis' },
    ],
  },
};

/** Makes a trial with each of them; figures of more than one say whose they are. */
export async function overRedis(
  scale: Scale,
  breadth: Breadth,
  trial: (redis: RedisUnderTest) => Promise<Figure[]>,
): Promise<Figure[]> {
  const variants = VARIANTS[breadth][scale];
  const all: Figure[] = [];
  for (const variant of variants) {
    const figures = await withRedis(variant, trial);
    const label = `${variant.kind}, ${variant.library}`;
    const named = figures.map((figure) => ({ ...figure, name: `${label}: ${figure.name}` }));
    all.push(...(variants.length === 1 ? figures : named));
  }
  return all;
}

async function withRedis(
  { library }: Variant,
  trial: (redis: RedisUnderTest) => Promise<Figure[]>,
): Promise<Figure[]> {
  const server = await startRedis();
  const client = new Redis(server.port, '127.0.0.1');
  client.on('error', () => {});
  const call = (command: readonly string[]) => {
    const [name = '', ...words] = command;
    return client.call(name, words);
  };
  try {
    return await trial({
      plan: { library, kind: 'single', ports: [server.port] },
      freeze: server.freeze,
      thaw: server.thaw,
      restartEmpty: server.restartEmpty,
      failOver: () => Promise.reject(new Error('there is no other master')),
      everywhere: async (...command) => [await call(command)],
      at: (_, ...command) => call(command),
      keys: async () => (await call(['KEYS', '*'])) as string[],
    });
  } finally {
    client.disconnect();
    await server.stop();
  }
}
