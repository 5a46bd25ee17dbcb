/**
 * REL-20, REL-22, REL-23: Redis stops, is gone, is empty, is another one.
 *
 * @module
 */
import { attempt, isOutage, isServed, tryFor, untilServed, wordsOf } from './attempts.js';
import {
  asSpeed,
  atLeast,
  atMost,
  type Experiment,
  exactly,
  type Figure,
  type Scale,
  told,
} from './experiment.js';
import { type Fleet, withFleet } from './fleet.js';
import type { RedisUnderTest } from './redis-under-test.js';
import { announceAll, heardInOrder } from './standalone-events.js';
import {
  connectAll,
  countStatus,
  disordered,
  finished,
  hasOwnResult,
  manyEnds,
  none,
  oddEnds,
  rereadAll,
  type Sent,
  sendSlow,
  spread,
} from './trips.js';
import { overRedis } from './variants.js';

const CALLS = { short: 40, long: 200 };
const FROZEN_MS = { short: 3_000, long: 5_000 };
const COMMAND_MS = 1_000;

/** Calls that ran meanwhile have their results, now and when they are read again. */
async function unharmed(sent: readonly Sent[], fleet: Fleet): Promise<Figure[]> {
  return [
    exactly(
      'calls that ran meanwhile: their own result',
      sent.filter(hasOwnResult).length,
      '',
      sent.length,
    ),
    none('of them without', oddEnds(sent, hasOwnResult)),
    none('with two different ends', manyEnds(sent)),
    none('progress out of order', disordered(sent)),
    none('tools that ran twice', fleet.effects.repeated),
    none('errors that nobody caught', await fleet.uncaught()),
  ];
}

async function frozen(fleet: Fleet, redis: RedisUnderTest, scale: Scale): Promise<Figure[]> {
  const frozenMs = FROZEN_MS[scale];
  const clients = await connectAll(fleet.url, 20);
  const lasting = spread(CALLS[scale], 300, frozenMs + 1_500);
  const sent = sendSlow(clients, CALLS[scale], lasting);
  await Promise.all(sent.map(({ trip }) => trip.primed));
  const primedAt = performance.now();
  redis.freeze();
  const tries = await tryFor(clients, frozenMs - COMMAND_MS);
  const unready = await Promise.all(fleet.all.map((instance) => instance.isReady()));
  const overMs = performance.now() - primedAt - 500;
  const due = sent.filter((_, nth) => lasting(nth) < overMs);
  const late = oddEnds(due, hasOwnResult);
  redis.thaw();
  const { tookMs, odd } = await untilServed(clients, fleet.urls, 10_000);
  await finished(sent);
  const slowest = Math.max(...tries.map((it) => it.tookMs));
  return [
    ...(await unharmed(sent, fleet)),
    atLeast('ended while Redis did not answer', due.length, '', 1),
    none('and were not answered then', late),
    none('of them with another end when read again', await rereadAll(sent, fleet.url)),
    atLeast('new calls meanwhile', tries.length, '', 1),
    none('of them without 503 and Retry-After', wordsOf(tries.filter((it) => !isOutage(it)))),
    asSpeed(atMost('of them the slowest answer', slowest, 'ms', COMMAND_MS + 500)),
    exactly('instances that said they were ready', unready.filter(Boolean).length, '', 0),
    exactly('answers with 404', countStatus(clients, 404), '', 0),
    none('other answers afterwards', wordsOf(odd)),
    asSpeed(atMost('served again after', tookMs, 'ms', 1_000)),
  ];
}

const SESSIONS = { short: 40, long: 500 };

async function emptied(fleet: Fleet, redis: RedisUnderTest, scale: Scale): Promise<Figure[]> {
  const clients = await connectAll(fleet.url, SESSIONS[scale]);
  const [a, b] = [fleet.at('a').url, fleet.at('b').url];
  const streams = clients.slice(0, 10).map((client) => client.listen(a));
  await Promise.all(streams.map((stream) => stream.opened()));
  const sent = sendSlow(clients, CALLS[scale], spread(CALLS[scale], 300, 5_000));
  await Promise.all(sent.map(({ trip }) => trip.primed));
  await redis.restartEmpty();
  const { tookMs, odd } = await untilServed(clients, fleet.urls, 15_000);
  const tries = await Promise.all(clients.map((client, nth) => attempt(client, `again-${nth}`)));
  await finished(sent);
  const held = clients.slice(0, streams.length);
  const nonces = await announceAll(held, b, { count: 20, everyMs: 10 });
  const heard = await heardInOrder(streams, nonces, 20, 10_000);
  for (const stream of streams) await stream.close();
  const lost = heard.filter(({ name }) => !/gaps|anew/.test(name));
  return [
    ...(await unharmed(sent, fleet)),
    exactly('sessions that go on', tries.filter(isServed).length, '', clients.length),
    none('of them that do not', wordsOf(tries.filter((it) => !isServed(it)))),
    exactly('answers with 404', countStatus(clients, 404), '', 0),
    none('other answers meanwhile', wordsOf(odd)),
    told('served again after', tookMs, 'ms'),
    ...lost.map((figure) => ({ ...figure, name: `GET streams: ${figure.name}` })),
  ];
}

async function failedOver(fleet: Fleet, redis: RedisUnderTest, scale: Scale): Promise<Figure[]> {
  const clients = await connectAll(fleet.url, 20);
  const sent = sendSlow(
    clients,
    CALLS[scale],
    spread(CALLS[scale], 300, scale === 'long' ? 8_000 : 4_000),
  );
  await Promise.all(sent.map(({ trip }) => trip.primed));
  const electedMs = await redis.failOver();
  const { tookMs, odd } = await untilServed(clients, fleet.urls, 30_000);
  const tries = await Promise.all(clients.map((client, nth) => attempt(client, `again-${nth}`)));
  await finished(sent);
  return [
    ...(await unharmed(sent, fleet)),
    exactly('sessions that go on', tries.filter(isServed).length, '', clients.length),
    exactly('answers with 404', countStatus(clients, 404), '', 0),
    none('other answers meanwhile', wordsOf(odd)),
    told('another master was elected after', electedMs, 'ms'),
    asSpeed(atMost('served again after that', tookMs, 'ms', 2_000)),
  ];
}

const STREAMING = {
  options: { responseMode: 'sse' as const },
  store: { leaseMs: 3_000, commandMs: COMMAND_MS },
};

export const FROZEN_REDIS: Experiment = {
  id: 'REL-20',
  title: 'Redis does not answer for a while',
  run: (scale) =>
    overRedis(scale, 'core', (redis) =>
      withFleet({ ...STREAMING, redis: redis.plan }, (fleet) => frozen(fleet, redis, scale)),
    ),
};

export const EMPTIED_REDIS: Experiment = {
  id: 'REL-22',
  title: 'Redis is killed and comes back empty',
  run: (scale) =>
    overRedis(scale, 'core', (redis) =>
      withFleet({ ...STREAMING, redis: redis.plan }, (fleet) => emptied(fleet, redis, scale)),
    ),
};

export const FAILED_OVER_REDIS: Experiment = {
  id: 'REL-23',
  title: 'The master is killed, and the Sentinels make another one',
  run: (scale) =>
    overRedis(scale, 'sentinel', (redis) =>
      withFleet({ ...STREAMING, redis: redis.plan }, (fleet) => failedOver(fleet, redis, scale)),
    ),
};
