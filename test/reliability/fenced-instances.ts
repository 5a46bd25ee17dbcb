/**
 * REL-16: an instance stops for longer than its lease, and comes back to calls that others have ended.
 *
 * @module
 */
import {
  asSpeed,
  atMost,
  type Experiment,
  exactly,
  type Figure,
  type Scale,
} from './experiment.js';
import { type Fleet, LEASE_MS, withFleet } from './fleet.js';
import {
  connectAll,
  countOutages,
  countStatus,
  disordered,
  finished,
  hasError,
  manyEnds,
  none,
  oddEnds,
  rereadAll,
  sendSlow,
} from './trips.js';
import { overRedis } from './variants.js';

const CALLS = { short: 20, long: 200 };
const REPORTS = 200;
/** Longer than everything that is done here. */
const LASTING_MS = 20_000;

async function stopped(fleet: Fleet, scale: Scale): Promise<Figure[]> {
  const clients = await connectAll(fleet.url, 10);
  const [a, b] = [fleet.at('a'), fleet.at('b')];
  const sent = sendSlow(clients, CALLS[scale], () => LASTING_MS, {
    at: a.url,
    reports: REPORTS,
    patienceMs: LEASE_MS + 20_000,
  });
  await Promise.all(sent.map(({ trip }) => trip.primed));
  a.freeze();
  const frozenAt = performance.now();
  fleet.front.targets = [b.origin];
  for (const { trip } of sent) trip.hangUp();
  await finished(sent);
  const lastMs = Math.max(...sent.map(({ trip }) => trip.endedAt)) - frozenAt;
  const before = await rereadAll(sent, b.url);
  a.thaw();
  const stoppedMs = await until(() => fleet.effects.count('aborted').size >= sent.length, 10_000);
  const again = await sendSlow(clients, 10, () => 50, { at: a.url, prefix: 'again' });
  await finished(again);
  return [
    exactly('calls', sent.length, '', CALLS[scale]),
    none('without instance_lost', oddEnds(sent, hasError('instance_lost'))),
    asSpeed(atMost('last end after the stop', lastMs, 'ms', LEASE_MS + 1_000)),
    none('with another end at the other instance', before),
    exactly('tools that were told to stop', fleet.effects.count('aborted').size, '', sent.length),
    asSpeed(atMost('told to stop after coming back, within', stoppedMs, 'ms', 2_000)),
    none('with another end at the one that came back', await rereadAll(sent, a.url)),
    none('with another end at the other, once more', await rereadAll(sent, b.url)),
    none('with two different ends', manyEnds(sent)),
    none('progress out of order', disordered(sent)),
    none('tools that ran twice', fleet.effects.repeated),
    none(
      'new calls without their own result',
      oddEnds(again, ({ trip, nonce }) => trip.words === nonce),
    ),
    exactly('answers with 404', countStatus(clients, 404), '', 0),
    exactly('answers with 5xx', countOutages(clients), '', 0),
    none('errors that nobody caught', await fleet.uncaught()),
  ];
}

/** Milliseconds until it is so, or until it is too late. */
async function until(isMet: () => boolean, limitMs: number): Promise<number> {
  const began = performance.now();
  while (!isMet() && performance.now() - began < limitMs) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - began;
}

export const STOPPED_INSTANCE: Experiment = {
  id: 'REL-16',
  title: 'An instance stops for longer than its lease and comes back',
  run: (scale) =>
    overRedis(scale, 'core', (redis) =>
      withFleet({ options: { responseMode: 'sse' }, redis: redis.plan }, (fleet) =>
        stopped(fleet, scale),
      ),
    ),
};
