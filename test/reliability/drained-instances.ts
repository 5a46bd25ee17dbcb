/**
 * REL-13, REL-14 and REL-15: instances that are asked to go, one after the other or in the middle of calls.
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
  told,
} from './experiment.js';
import { type Fleet, type FleetPlan, withFleet } from './fleet.js';
import { officialCallers } from './official-callers.js';
import {
  connectAll,
  countOutages,
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

const LOOK_EVERY_MS = 50;
/** Long enough for the balancer to have looked. */
const DELAY_MS = 300;

const BALANCED: FleetPlan = {
  options: { responseMode: 'sse' },
  balancing: { healthEveryMs: LOOK_EVERY_MS },
  drain: { delayMs: DELAY_MS, deadlineMs: 20_000 },
};

const LEAVING = { short: { calls: 100, perSecond: 50 }, long: { calls: 300, perSecond: 200 } };
const LONGEST_MS = 3_300;

async function left(fleet: Fleet, scale: Scale): Promise<Figure[]> {
  const { calls, perSecond } = LEAVING[scale];
  const clients = await connectAll(fleet.url, 20);
  const sent = sendSlow(clients, calls, spread(calls, 300, LONGEST_MS), { at: fleet.at('a').url });
  await Promise.all(sent.map(({ trip }) => trip.primed));
  const traffic = new Traffic(clients, perSecond);
  const exit = await fleet.at('a').terminate();
  await finished(sent);
  const others = await traffic.stop();
  const resumed = sent.filter(({ trip }) => trip.resumes > 0).length;
  return [
    exactly('calls', sent.length, '', calls),
    none('without their own result', oddEnds(sent, hasOwnResult)),
    atLeast('of them resumed at the other instance', resumed, '', 1),
    none('with two different ends', manyEnds(sent)),
    none('with another end when read again', await rereadAll(sent, fleet.at('b').url)),
    none('tools that ran twice', fleet.effects.repeated),
    ...servedFigures('new traffic', others),
    exactly('answers with 404', countStatus(clients, 404), '', 0),
    exactly('answers with 5xx', countOutages(clients), '', 0),
    exactly('exit code', exit.code ?? -1, '', 0),
    asSpeed(atMost('exit after the signal', exit.tookMs, 'ms', LONGEST_MS + DELAY_MS + 1_000)),
  ];
}

const DEADLINE_MS = 1_000;

async function cutShort(fleet: Fleet, scale: Scale): Promise<Figure[]> {
  const count = LEAVING[scale].calls;
  const clients = await connectAll(fleet.url, 20);
  const sent = sendSlow(clients, count, () => 60_000, {
    at: fleet.at('a').url,
    patienceMs: 30_000,
  });
  await Promise.all(sent.map(({ trip }) => trip.primed));
  const exit = await fleet.at('a').terminate();
  await finished(sent);
  return [
    exactly('calls', sent.length, '', count),
    none('without shutting_down', oddEnds(sent, hasError('shutting_down'))),
    none('with another end when read again', await rereadAll(sent, fleet.at('b').url)),
    none('tools that ran twice', fleet.effects.repeated),
    exactly('tools that were told to stop', fleet.effects.count('aborted').size, '', count),
    exactly('exit code', exit.code ?? -1, '', 0),
    asSpeed(atMost('exit after the deadline', exit.tookMs - DEADLINE_MS, 'ms', 1_500)),
  ];
}

const ROLLING = { short: { seconds: 6, perSecond: 30 }, long: { seconds: 30, perSecond: 100 } };
const THREE = ['a', 'b', 'c'];

async function rolled(fleet: Fleet, scale: Scale): Promise<Figure[]> {
  const { seconds, perSecond } = ROLLING[scale];
  const clients = await connectAll(fleet.url, 1);
  const traffic = new Traffic(clients, perSecond);
  const stream = clients[0]?.listen();
  const callers = await officialCallers(fleet.url);
  const codes: (number | null)[] = [];
  for (const name of THREE) {
    const began = performance.now();
    const { code } = await fleet.at(name).terminate();
    codes.push(code);
    await fleet.start(name);
    const leftMs = (seconds * 1_000) / THREE.length - (performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, leftMs)));
  }
  const sent = await traffic.stop();
  const called = await callers.stop();
  await stream?.close();
  return [
    ...servedFigures('one session', sent),
    exactly('answers with 404', countStatus(clients, 404), '', 0),
    exactly('answers with 5xx', countOutages(clients), '', 0),
    none('tools that ran twice', fleet.effects.repeated),
    told('connections of its GET stream', stream?.statuses.length ?? 0, ''),
    ...called,
    none('exits with another code than 0', codes.filter((code) => code !== 0).map(String)),
    none('errors that nobody caught', await fleet.uncaught()),
  ];
}

export const LEAVING_INSTANCE: Experiment = {
  id: 'REL-13',
  title: 'An instance is asked to go with calls in flight and others arriving',
  run: (scale) =>
    overRedis(scale, 'core', (redis) =>
      withFleet({ ...BALANCED, redis: redis.plan }, (fleet) => left(fleet, scale)),
    ),
};

export const IMPATIENT_DRAIN: Experiment = {
  id: 'REL-14',
  title: 'An instance has to go before its calls are over',
  run: (scale) =>
    overRedis(scale, 'one', (redis) =>
      withFleet(
        { ...BALANCED, drain: { delayMs: 0, deadlineMs: DEADLINE_MS }, redis: redis.plan },
        (fleet) => cutShort(fleet, scale),
      ),
    ),
};

export const ROLLING_RESTART: Experiment = {
  id: 'REL-15',
  title: 'All instances are restarted one after the other under traffic',
  run: (scale) =>
    overRedis(scale, 'one', (redis) =>
      withFleet({ ...BALANCED, options: {}, names: THREE, redis: redis.plan }, (fleet) =>
        rolled(fleet, scale),
      ),
    ),
};
