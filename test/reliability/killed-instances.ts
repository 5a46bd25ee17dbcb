/**
 * REL-10 and REL-12: an instance is gone from one moment to the next.
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
  type Scale,
} from './experiment.js';
import { type Fleet, type FleetPlan, LEASE_MS, withFleet } from './fleet.js';
import { officialCallers } from './official-callers.js';
import { announceAll, heardInOrder } from './standalone-events.js';
import {
  connectAll,
  countOutages,
  countStatus,
  disordered,
  finished,
  hasError,
  hasOwnResult,
  manyEnds,
  none,
  oddEnds,
  rereadAll,
  sendSlow,
  spread,
} from './trips.js';
import { overRedis } from './variants.js';

const STREAMING: FleetPlan = { options: { responseMode: 'sse' } };

/** Half of the calls are over before the instance dies, or about to be. */
const CALLS = { short: 100, long: 200 };
const KILL_AFTER_MS = 1_500;
/** What an official client is told of a call that was lost. */
const INSTANCE_LOST = 'The instance that ran this call is gone';

async function killed(fleet: Fleet, scale: Scale): Promise<Figure[]> {
  const count = CALLS[scale];
  const clients = await connectAll(fleet.url, 20);
  const lasting = spread(count / 2, 200, 2 * KILL_AFTER_MS);
  const sent = sendSlow(clients, count, (nth) => (nth % 2 === 0 ? lasting(nth / 2) : 60_000), {
    at: fleet.at('a').url,
    patienceMs: LEASE_MS + 20_000,
  });
  await Promise.all(sent.map(({ trip }) => trip.primed));
  const callers = await officialCallers(fleet.url, (words) => words.includes(INSTANCE_LOST));
  await new Promise((resolve) => setTimeout(resolve, KILL_AFTER_MS));
  const killedAt = performance.now();
  await fleet.at('a').kill();
  await finished(sent);
  const called = await callers.stop();
  const isLost = hasError('instance_lost');
  const lost = sent.filter(isLost);
  const lastMs = Math.max(...sent.map(({ trip }) => trip.endedAt)) - killedAt;
  return [
    exactly('calls', sent.length, '', count),
    atLeast('ended with their result', sent.filter(hasOwnResult).length, '', 1),
    atLeast('ended with instance_lost', lost.length, '', count / 2),
    none(
      'ended otherwise, or never',
      oddEnds(sent, (it) => isLost(it) || hasOwnResult(it)),
    ),
    none('with two different ends', manyEnds(sent)),
    none('with another end when read again', await rereadAll(sent, fleet.at('b').url)),
    none('progress out of order', disordered(sent)),
    none('tools that ran twice', fleet.effects.repeated),
    exactly('answers with 404', countStatus(clients, 404), '', 0),
    exactly('answers with 5xx', countOutages(clients), '', 0),
    ...called,
    asSpeed(atMost('last end after the kill', lastMs, 'ms', LEASE_MS + 1_000)),
    none('errors that nobody caught', await fleet.uncaught()),
  ];
}

const EVENTS = { short: { sessions: 10, seconds: 4 }, long: { sessions: 100, seconds: 10 } };
const EVERY_MS = 50;

async function listened(fleet: Fleet, scale: Scale): Promise<Figure[]> {
  const { sessions, seconds } = EVENTS[scale];
  const count = (seconds * 1_000) / EVERY_MS;
  const clients = await connectAll(fleet.url, sessions);
  const streams = clients.map((client, nth) =>
    client.listen(fleet.at(nth % 2 === 0 ? 'a' : 'b').url),
  );
  await Promise.all(streams.map((stream) => stream.opened()));
  const saying = { count, everyMs: EVERY_MS };
  const nonces = await announceAll(clients, fleet.at('b').url, saying);
  await new Promise((resolve) => setTimeout(resolve, (seconds * 1_000) / 3));
  await fleet.at('a').kill();
  const figures = await heardInOrder(streams, nonces, count, seconds * 1_000 + LEASE_MS + 10_000);
  for (const stream of streams) await stream.close();
  return [
    ...figures,
    exactly('answers with 404', countStatus(clients, 404), '', 0),
    none('messages that could not be said', [...fleet.effects.count('unsaid').keys()]),
  ];
}

export const KILLED_CALLS: Experiment = {
  id: 'REL-10',
  title: 'An instance is killed with calls in flight',
  run: (scale) =>
    overRedis(scale, 'core', (redis) =>
      withFleet({ ...STREAMING, redis: redis.plan }, (fleet) => killed(fleet, scale)),
    ),
};

export const KILLED_STREAMS: Experiment = {
  id: 'REL-12',
  title: 'An instance is killed with GET streams attached',
  run: (scale) =>
    overRedis(scale, 'one', (redis) =>
      withFleet({ redis: redis.plan }, (fleet) => listened(fleet, scale)),
    ),
};
