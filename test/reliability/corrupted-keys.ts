/**
 * REL-28: what Redis holds of some sessions is not what was written.
 *
 * @module
 */

import { seeded } from '../support/cutting-proxy.js';
import { hashTagOf } from '../support/redis-monitor.js';
import type { ResumingClient } from '../support/resuming-client.js';
import { atLeast, type Experiment, exactly, type Figure, type Scale, told } from './experiment.js';
import { type Fleet, withFleet } from './fleet.js';
import type { RedisUnderTest } from './redis-under-test.js';
import { SEED } from './seed.js';
import { connectAll, finished, none, type Sent, sendSlow } from './trips.js';
import { overRedis } from './variants.js';

const SESSIONS = { short: 60, long: 1_000 };
/** One key in a hundred; of few keys more, so that something is broken in every way. */
const SHARE = { short: 0.15, long: 0.01 };

const NONCE = /\b(?:kept|running|echo)-\d+/g;

/** Breaks one key; the ways are taken in turn. */
type Breaking = (redis: RedisUnderTest, key: string, random: () => number) => Promise<void>;

const noise = (random: () => number): string =>
  Array.from({ length: 24 }, () => String.fromCharCode(33 + Math.floor(random() * 90))).join('');

/** Replaces what is in it, whatever its type. */
const replaced =
  (words: (random: () => number) => string): Breaking =>
  async (redis, key, random) => {
    const type = await redis.at(key, 'TYPE', key);
    if (type === 'list') {
      const length = Number(await redis.at(key, 'LLEN', key));
      const index = String(Math.floor(random() * length));
      await redis.at(key, 'LSET', key, index, words(random));
    } else if (type === 'hash') {
      const fields = (await redis.at(key, 'HKEYS', key)) as string[];
      for (const field of fields) await redis.at(key, 'HSET', key, field, words(random));
    } else if (type === 'string') {
      await redis.at(key, 'SET', key, words(random), 'KEEPTTL');
    } else {
      await redis.at(key, 'DEL', key);
    }
  };

const BREAKINGS: Readonly<Record<string, Breaking>> = {
  'random bytes': replaced(noise),
  'JSON of another kind': replaced(() => '{"foreign":true,"deep":[{"id":1}]}'),
  'another type': async (redis, key) => {
    const isList = (await redis.at(key, 'TYPE', key)) === 'list';
    await redis.at(key, 'DEL', key);
    await (isList ? redis.at(key, 'HSET', key, 'a', 'b') : redis.at(key, 'RPUSH', key, 'a', 'b'));
    await redis.at(key, 'PEXPIRE', key, '600000');
  },
  'cut off': async (redis, key) => {
    const type = await redis.at(key, 'TYPE', key);
    if (type === 'list') return void (await redis.at(key, 'LTRIM', key, '0', '-2'));
    if (type !== 'hash') return void (await redis.at(key, 'DEL', key));
    const fields = (await redis.at(key, 'HKEYS', key)) as string[];
    await redis.at(key, 'HDEL', key, ...fields.slice(fields.length / 2));
  },
};

/** Keys of sessions only: what endpoints and instances have for all is there before. */
async function breakSome(redis: RedisUnderTest, before: ReadonlySet<string>, share: number) {
  const random = seeded(SEED);
  const keys = (await redis.keys()).sort().filter((key) => !before.has(hashTagOf(key) ?? key));
  const chosen = keys.filter(() => random() < share);
  const ways = Object.values(BREAKINGS);
  for (const [nth, key] of chosen.entries()) await ways[nth % ways.length]?.(redis, key, random);
  return { keys, broken: chosen, sessions: new Set(chosen.map(hashTagOf)).size };
}

/** What a client finds afterwards: in words, and whether it is as if nothing had happened. */
interface Found {
  readonly client: ResumingClient;
  readonly words: string;
  readonly isWell: boolean;
  readonly isAllowed: boolean;
}

async function look(
  client: ResumingClient,
  nth: number,
  kept: Sent,
  fleet: Fleet,
): Promise<Found[]> {
  const nonce = `echo-${nth}`;
  const trip = await client.ask('echo', { nonce }, { patienceMs: 15_000 });
  const isWell = trip.end === 'result' && trip.words === nonce;
  const isGone = trip.end === 'refused' && [400, 404].includes(trip.statuses[0] ?? 0);
  const call = `${trip.statuses.join(' ')} ${trip.end} ${trip.words}`;
  const found = [
    { client, words: `call: ${call}`, isWell, isAllowed: isWell || isGone || trip.end === 'error' },
  ];
  for (const instance of fleet.all) {
    const { status, terminals } = await client.reread(kept.trip, instance.url);
    const isSame = status === 200 && terminals.join() === kept.trip.terminals[0];
    const isError = terminals.length === 1 && terminals[0]?.includes('"error":') === true;
    found.push({
      client,
      words: `resume: ${status} ${terminals.join(' and ')}`,
      isWell: isSame,
      isAllowed: isSame || isError || status === 400 || status === 404,
    });
  }
  return found;
}

async function corrupted(fleet: Fleet, redis: RedisUnderTest, scale: Scale): Promise<Figure[]> {
  const [first] = await connectAll(fleet.url, 1);
  await first?.ask('slow', { nonce: 'first', ms: 10, reports: 1 });
  const before = new Set((await redis.keys()).map((key) => hashTagOf(key) ?? key));
  const clients = await connectAll(fleet.url, SESSIONS[scale]);
  const kept = sendSlow(clients, clients.length, () => 50, { prefix: 'kept', reports: 8 });
  await finished(kept);
  const running = sendSlow(clients, clients.length, () => 8_000, {
    prefix: 'running',
    reports: 20,
    patienceMs: 40_000,
  });
  await Promise.all(running.map(({ trip }) => trip.primed));
  await new Promise((resolve) => setTimeout(resolve, 500));
  const { keys, broken, sessions } = await breakSome(redis, before, SHARE[scale]);
  const looked = await Promise.all(
    clients.map((client, nth) => look(client, nth, kept[nth] as Sent, fleet)),
  );
  await finished(running);
  const found = looked.flat();
  const unwell = new Set([
    ...found.filter(({ isWell }) => !isWell).map(({ client }) => client),
    ...running.filter(({ trip }) => trip.end !== 'result').map(({ client }) => client),
  ]);
  const ends = new Set(['result', 'error']);
  const endless = running.filter(({ trip }) => !ends.has(trip.end) && trip.statuses.at(-1) !== 404);
  return [
    told('keys of sessions', keys.length, ''),
    atLeast('of them broken', broken.length, '', 4),
    told('sessions that these belong to', sessions, ''),
    none('more sessions unwell than were broken', [...unwell].slice(sessions).map(String)),
    told('sessions unwell', unwell.size, ''),
    none(
      'ends that are not allowed',
      found.filter(({ isAllowed }) => !isAllowed).map(({ words }) => words),
    ),
    none(
      'running calls without an end',
      endless.map(({ nonce, trip }) => `${nonce}: ${trip.end} ${trip.words}`),
    ),
    none('payloads of somebody else', [...kept, ...running].flatMap(strangers)),
    exactly('instances alive and ready', await countReady(fleet), '', fleet.all.length),
    none('errors that nobody caught', await fleet.uncaught()),
    none('tools that ran twice', fleet.effects.repeated),
  ];
}

/** Payloads of other clients that one has read. */
function strangers({ client, trip, nonce }: Sent): string[] {
  const own = nonce.replace(/^\w+-/, '');
  return trip.events
    .flatMap(({ text }) => text.match(NONCE) ?? [])
    .filter((it) => it.replace(/^\w+-/, '') !== own)
    .map((it) => `${client.sessionId.slice(0, 8)}: ${it}`);
}

async function countReady(fleet: Fleet): Promise<number> {
  const ready = await Promise.all(fleet.all.map((instance) => instance.isReady()));
  return ready.filter(Boolean).length;
}

export const CORRUPTED_KEYS: Experiment = {
  id: 'REL-28',
  title: 'What Redis holds of some sessions is corrupted',
  run: (scale) =>
    overRedis(scale, 'one', (redis) =>
      withFleet(
        {
          options: { responseMode: 'sse', session: { perAddress: 10_000 } },
          redis: redis.plan,
        },
        (fleet) => corrupted(fleet, redis, scale),
      ),
    ),
};
