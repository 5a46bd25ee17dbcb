/**
 * REL-24: between one instance and Redis the network is slow, interrupted or silent.
 *
 * @module
 */
import { type ChaosProxy, chaosProxy, type Trouble } from '../support/chaos-proxy.js';
import { attempt, isOutage, isServed, tryFor, untilServed, wordsOf } from './attempts.js';
import {
  asSpeed,
  atLeast,
  atMost,
  type Experiment,
  exactly,
  type Figure,
  type Scale,
} from './experiment.js';
import { type Fleet, LEASE_MS, withFleet } from './fleet.js';
import { SEED } from './seed.js';
import {
  connectAll,
  countStatus,
  finished,
  hasError,
  hasOwnResult,
  manyEnds,
  none,
  oddEnds,
  rereadAll,
  sendSlow,
  servedFigures,
  spread,
  Traffic,
} from './trips.js';
import { overRedis } from './variants.js';

/** 50 to 500 ms for a command and its answer. */
const SLOW: Trouble = { kind: 'delay', fromMs: 25, toMs: 250 };
const NARROW: Trouble = { kind: 'trickle', bytesPerSecond: 1_024 };
const WELL: Trouble = { kind: 'none' };

type Partition = 'cut' | 'held' | 'silent';

const PARTITIONS: Readonly<Record<Scale, readonly Partition[]>> = {
  short: ['held'],
  long: ['cut', 'held', 'silent'],
};

async function slowed(fleet: Fleet, proxy: ChaosProxy, scale: Scale): Promise<Figure[]> {
  const seconds = scale === 'long' ? 20 : 2;
  const clients = await connectAll(fleet.url, 10);
  proxy.suffer(SLOW);
  const sent = sendSlow(clients, 20, spread(20, 200, seconds * 1_000));
  const traffic = new Traffic(clients, 20);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const calls = await traffic.stop();
  await finished(sent);
  proxy.suffer(WELL);
  return [
    ...servedFigures('traffic', calls),
    none('slow calls without their own result', oddEnds(sent, hasOwnResult)),
    exactly('answers with 404', countStatus(clients, 404), '', 0),
  ];
}

async function narrowed(fleet: Fleet, proxy: ChaosProxy, scale: Scale): Promise<Figure[]> {
  const clients = await connectAll(fleet.url, 10);
  proxy.suffer(NARROW);
  const tries = await tryFor(clients, scale === 'long' ? 20_000 : 2_000);
  proxy.suffer(WELL);
  const { odd } = await untilServed(clients, fleet.urls, 20_000);
  const served = tries.filter(isServed);
  return [
    atLeast('calls served', served.length, '', 1),
    none('neither served nor 503', wordsOf(tries.filter((it) => !isServed(it) && !isOutage(it)))),
    none('other answers afterwards', wordsOf(odd)),
    exactly('answers with 404', countStatus(clients, 404), '', 0),
  ];
}

/** Milliseconds until the instance is as ready as it should be, at most `limitMs`. */
async function untilReady(fleet: Fleet, isReady: boolean, limitMs: number): Promise<number> {
  const began = performance.now();
  while ((await fleet.at('a').isReady()) !== isReady && performance.now() - began < limitMs) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return performance.now() - began;
}

async function parted(fleet: Fleet, proxy: ChaosProxy, kind: Partition): Promise<Figure[]> {
  const [a, b] = [fleet.at('a'), fleet.at('b')];
  const clients = await connectAll(fleet.url, 10);
  const slow = { at: a.url, patienceMs: LEASE_MS + 20_000 };
  // Half of the clients stay where they are, the others come back at the instance that is well.
  const attached = sendSlow(clients, 20, spread(20, 300, 2_500), {
    ...slow,
    prefix: `${kind}-stay`,
  });
  const leaving = sendSlow(clients, 20, () => 30_000, { ...slow, prefix: `${kind}-leave` });
  await Promise.all([...attached, ...leaving].map(({ trip }) => trip.primed));
  proxy.suffer({ kind });
  fleet.front.targets = [b.origin];
  const partedAt = performance.now();
  for (const { trip } of leaving) trip.hangUp();
  const tries = await Promise.all(
    clients.map((client, nth) => attempt(client, `${kind}-new-${nth}`, { at: a.url })),
  );
  await finished([...attached, ...leaving]);
  const lastMs = Math.max(...leaving.map(({ trip }) => trip.endedAt)) - partedAt;
  const unreadyMs = await untilReady(fleet, false, 10_000);
  const isOtherReady = await b.isReady();
  proxy.suffer(WELL);
  const readyMs = await untilReady(fleet, true, 20_000);
  fleet.front.targets = [a.origin, b.origin];
  const { odd } = await untilServed(clients, fleet.urls, 10_000);
  const slowest = Math.max(...tries.map(({ tookMs }) => tookMs));
  const isLost = hasError('instance_lost');
  return [
    none('attached calls without their own result', oddEnds(attached, hasOwnResult)),
    none('resumed calls without instance_lost', oddEnds(leaving, isLost)),
    asSpeed(atMost('last of these after', lastMs, 'ms', LEASE_MS + 1_000)),
    none('new calls without 503 and Retry-After', wordsOf(tries.filter((it) => !isOutage(it)))),
    asSpeed(atMost('slowest of these', slowest, 'ms', 1_500)),
    asSpeed(atMost('not ready, seen after', unreadyMs, 'ms', 1_500)),
    exactly('the other instance is ready', isOtherReady ? 1 : 0, '', 1),
    asSpeed(atMost('ready again after', readyMs, 'ms', 5_000)),
    none('other answers afterwards', wordsOf(odd)),
    none(
      'with another end at the one that came back',
      await rereadAll([...attached, ...leaving], a.url),
    ),
    none('with another end at the other', await rereadAll([...attached, ...leaving], b.url)),
    none('with two different ends', manyEnds([...attached, ...leaving])),
    exactly('tools that were told to stop', toldToStop(fleet, kind), '', leaving.length),
    exactly('answers with 404', countStatus(clients, 404), '', 0),
  ];
}

const toldToStop = (fleet: Fleet, kind: Partition): number =>
  [...fleet.effects.count('aborted').keys()].filter((it) => it.startsWith(`${kind}-leave`)).length;

const named = (prefix: string, figures: readonly Figure[]): Figure[] =>
  figures.map((figure) => ({ ...figure, name: `${prefix}: ${figure.name}` }));

export const BAD_NETWORKS: Experiment = {
  id: 'REL-24',
  title: 'The network between one instance and Redis is slow, interrupted or silent',
  run: (scale) =>
    overRedis(scale, 'libraries', async (redis) => {
      const proxy = await chaosProxy(redis.plan.ports[0] ?? 0, SEED);
      const plan = {
        options: { responseMode: 'sse' as const },
        redis: redis.plan,
        redisOf: { a: { ...redis.plan, ports: [proxy.port] } },
      };
      try {
        return await withFleet(plan, async (fleet) => {
          const figures = [
            ...named('slow', await slowed(fleet, proxy, scale)),
            ...named('1 kB/s', await narrowed(fleet, proxy, scale)),
          ];
          for (const kind of PARTITIONS[scale]) {
            figures.push(...named(kind, await parted(fleet, proxy, kind)));
          }
          figures.push(none('tools that ran twice', fleet.effects.repeated));
          figures.push(none('errors that nobody caught', await fleet.uncaught()));
          return figures;
        });
      } finally {
        await proxy.close();
      }
    }),
};
