/**
 * REL-27 and REL-29: Redis forgets its scripts, and hangs up on whoever listens.
 *
 * @module
 */
import {
  asSpeed,
  atLeast,
  atMost,
  type Experiment,
  exactly,
  type Figure,
  percentile,
  type Scale,
  told,
} from './experiment.js';
import { type Fleet, withFleet } from './fleet.js';
import type { RedisUnderTest } from './redis-under-test.js';
import { announceAll, heardInOrder, saidOn } from './standalone-events.js';
import {
  connectAll,
  countOutages,
  countStatus,
  finished,
  hasOwnResult,
  none,
  oddEnds,
  rereadAll,
  sendSlow,
  servedFigures,
  spread,
  Traffic,
} from './trips.js';
import { overRedis } from './variants.js';

const FLUSHING = { short: { seconds: 3, perSecond: 50 }, long: { seconds: 20, perSecond: 200 } };
const FLUSH_EVERY_MS = 20;

async function flushed(fleet: Fleet, redis: RedisUnderTest, scale: Scale): Promise<Figure[]> {
  const { seconds, perSecond } = FLUSHING[scale];
  const clients = await connectAll(fleet.url, 20);
  const sent = sendSlow(clients, 40, spread(40, 200, seconds * 1_000));
  const traffic = new Traffic(clients, perSecond);
  let flushes = 0;
  for (const endsAt = performance.now() + seconds * 1_000; performance.now() < endsAt; ) {
    await redis.everywhere('SCRIPT', 'FLUSH');
    flushes += 1;
    await new Promise((resolve) => setTimeout(resolve, FLUSH_EVERY_MS));
  }
  const calls = await traffic.stop();
  await finished(sent);
  const streamed = sent.filter(({ trip }) => trip.events.some(({ id }) => id !== undefined));
  return [
    atLeast('times that all scripts were forgotten', flushes, '', 10),
    ...servedFigures('traffic', calls),
    none('slow calls without their own result', oddEnds(sent, hasOwnResult)),
    none('with another end when read again', await rereadAll(streamed, fleet.url)),
    exactly('answers with 404', countStatus(clients, 404), '', 0),
    exactly('answers with 5xx', countOutages(clients), '', 0),
    none('tools that ran twice', fleet.effects.repeated),
  ];
}

const LISTENING = { short: { streams: 5, seconds: 4 }, long: { streams: 50, seconds: 30 } };
const EVERY_MS = 50;

async function deafened(fleet: Fleet, redis: RedisUnderTest, scale: Scale): Promise<Figure[]> {
  const { streams: count, seconds } = LISTENING[scale];
  const clients = await connectAll(fleet.url, count);
  const streams = clients.map((client) => client.listen(fleet.at('a').url));
  await Promise.all(streams.map((stream) => stream.opened()));
  const events = (seconds * 1_000) / EVERY_MS;
  const nonces = await announceAll(clients, fleet.at('b').url, {
    count: events,
    everyMs: EVERY_MS,
  });
  let killed = 0;
  for (let second = 0; second < seconds; second += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    killed += Number(await redis.everywhere('CLIENT', 'KILL', 'TYPE', 'pubsub'));
  }
  const figures = await heardInOrder(streams, nonces, events, 15_000);
  const latencies = streams.flatMap((stream) =>
    saidOn(stream).map(({ at: saidAt, heardAt }) => heardAt - saidAt),
  );
  for (const stream of streams) await stream.close();
  return [
    atLeast('subscriptions cut', killed, '', seconds),
    ...figures,
    told('median', percentile(latencies, 0.5), 'ms'),
    asSpeed(atMost('99 % of the events within', percentile(latencies, 0.99), 'ms', 1_200)),
    exactly('answers with 404', countStatus(clients, 404), '', 0),
  ];
}

export const FLUSHED_SCRIPTS: Experiment = {
  id: 'REL-27',
  title: 'Redis forgets all scripts, again and again',
  run: (scale) =>
    overRedis(scale, 'libraries', (redis) =>
      withFleet({ redis: redis.plan }, (fleet) => flushed(fleet, redis, scale)),
    ),
};

export const CUT_SUBSCRIPTIONS: Experiment = {
  id: 'REL-29',
  title: 'Subscriptions are cut each second',
  run: (scale) =>
    overRedis(scale, 'libraries', (redis) =>
      withFleet({ redis: redis.plan }, (fleet) => deafened(fleet, redis, scale)),
    ),
};
