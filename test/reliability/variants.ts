/**
 * The ways of running Redis, and of reaching it, that a trial is made with.
 *
 * Knows: which there are, in which form of the programme. Does not know: trials, how each is started.
 *
 * @module
 */
import type { RedisLibrary, RedisPlan } from '../support/instances.js';
import type { Figure, Scale } from './experiment.js';
import { RedisServers, type RedisUnderTest } from './redis-under-test.js';

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
  { kind, library }: Variant,
  trial: (redis: RedisUnderTest) => Promise<Figure[]>,
): Promise<Figure[]> {
  const servers = new RedisServers();
  try {
    return await trial(await servers.start(kind, library));
  } finally {
    await servers.stop();
  }
}
