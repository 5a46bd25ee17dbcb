/**
 * RED-01 to RED-04: what sharing sessions costs (DESIGN §11).
 *
 * @module
 */
import { chaosProxy } from '../support/chaos-proxy.js';
import type { ResumingClient } from '../support/resuming-client.js';
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
import { inProcess } from './in-process.js';
import type { PlainLoad, PlainResult } from './plain-load.js';
import type { RedisUnderTest } from './redis-under-test.js';
import { connectAll, finished, hasOwnResult, none, oddEnds, sendSlow } from './trips.js';
import { overRedis } from './variants.js';

const LOAD = new URL('plain-load.ts', import.meta.url).href;
const load = (argument: PlainLoad) => inProcess<PlainResult>(LOAD, 'load', argument);
const PAUSE = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Scripts that were run so far. Every round trip of the store is one; what scripts do inside is none. */
async function scriptsRun(redis: RedisUnderTest): Promise<number> {
  const told = await redis.everywhere('INFO', 'commandstats');
  const counts = [...String(told).matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)];
  return counts.reduce((sum, [, calls]) => sum + Number(calls), 0);
}

const IN_FLIGHT = { short: 200, long: 1_000 };
const HELD_MS = 4_000;
/** Within this time a call is answered that waits for nothing; less than the deadline of a command. */
const ANSWERED_MS = 4_000;
const COMMAND_MS = 6_000;

/**
 * How it is counted: calls are begun and held by their tool. Whatever was run until then, less what an idle
 * instance runs in that time (beats, polls), was on the way to the tool, where a call cannot have been
 * without it. Then Redis is stopped and the tools return: a call that is answered now has waited for
 * nothing; one that is not counts as one round trip more.
 */
async function counted(fleet: Fleet, redis: RedisUnderTest, scale: Scale): Promise<Figure[]> {
  const count = IN_FLIGHT[scale];
  const clients = await connectAll(fleet.url, count / 20);
  for (const client of clients) await client.ask('plain', { nonce: 'warm' });
  await PAUSE(500);
  const idleFrom = await scriptsRun(redis);
  await PAUSE(2_000);
  const idlePerMs = ((await scriptsRun(redis)) - idleFrom) / 2_000;
  const began = performance.now();
  const from = await scriptsRun(redis);
  const sent = sendSlow(clients, count, () => HELD_MS, { reports: 0, patienceMs: 30_000 });
  while (fleet.effects.count('begun').size < count) await PAUSE(20);
  const entered = (await scriptsRun(redis)) - from - idlePerMs * (performance.now() - began);
  redis.freeze();
  const isUnderWay = () => sent.filter(({ trip }) => trip.end === 'under way').length;
  const giveUpAt = began + HELD_MS + ANSWERED_MS;
  while (isUnderWay() > 0 && performance.now() < giveUpAt) await PAUSE(20);
  const waited = isUnderWay();
  redis.thaw();
  await finished(sent);
  await PAUSE(1_000);
  const all = (await scriptsRun(redis)) - from - idlePerMs * (performance.now() - began);
  return [
    told('an idle instance runs', idlePerMs * 1_000, 'scripts/s'),
    told('on the way to the tool', entered / count, 'per call'),
    told('calls that waited for Redis to be answered', waited, ''),
    atMost('awaited round trips', (entered + waited) / count, 'per call', 1.05),
    told('round trips, those not waited for included', all / count, 'per call'),
    none('calls without their own result', oddEnds(sent, hasOwnResult)),
  ];
}

/** What a command and its answer take, milliseconds. */
const FAR_MS = 40;
const ASKED = 40;

/** The same seen from outside: how much longer a call takes when Redis is far away. */
async function timed(redis: RedisUnderTest, responseMode: 'json' | 'sse'): Promise<number> {
  const proxy = await chaosProxy(redis.plan.ports[0] ?? 0, 0);
  const plan = { names: ['a'], redis: { ...redis.plan, ports: [proxy.port] } };
  try {
    return await withFleet({ ...plan, options: { responseMode } }, async (fleet) => {
      const url = fleet.at('a').url;
      const [client] = (await connectAll(url, 1)) as [ResumingClient];
      const near = await medianMs(client);
      proxy.suffer({ kind: 'delay', fromMs: FAR_MS / 2, toMs: FAR_MS / 2 });
      return ((await medianMs(client)) - near) / FAR_MS;
    });
  } finally {
    await proxy.close();
  }
}

async function timedFigures(redis: RedisUnderTest): Promise<Figure[]> {
  return [
    asSpeed(atMost('as time tells, JSON', await timed(redis, 'json'), 'per call', 1.2)),
    asSpeed(atMost('as time tells, SSE', await timed(redis, 'sse'), 'per call', 1.2)),
  ];
}

async function medianMs(client: ResumingClient): Promise<number> {
  const took: number[] = [];
  for (let nth = 0; nth < ASKED; nth += 1) {
    const began = performance.now();
    await client.ask('plain', { nonce: `far-${nth}` });
    took.push(performance.now() - began);
  }
  return percentile(took, 0.5);
}

const RACE = { short: { rounds: 1, ms: 500 }, long: { rounds: 9, ms: 2_000 } };
const CONNECTIONS = 32;

/** Slices in turn, so that whatever else the machine does meets both. */
async function raced(memory: Fleet, redis: Fleet, scale: Scale): Promise<Figure[]> {
  const { rounds, ms } = RACE[scale];
  const rates: { memory: number[]; redis: number[] } = { memory: [], redis: [] };
  const both = { memory: [memory.at('a').url], redis: [redis.at('a').url] };
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, urls] of Object.entries(both)) {
      const { calls, took, wrong } = await load({ urls, connections: CONNECTIONS, ms });
      if (wrong > 0) throw new Error(`${name}: ${wrong} wrong answers`);
      if (round >= 0) rates[name as 'memory' | 'redis'].push(calls / (took / 1_000));
    }
  }
  const [own, shared] = [percentile(rates.memory, 0.5), percentile(rates.redis, 0.5)];
  return [
    told('memory store', own, 'calls/s'),
    told('Redis store', shared, 'calls/s'),
    asSpeed(atLeast('Redis store beside the memory store', shared / own, '×', 0.6)),
  ];
}

const IDLE = { short: 300, long: 10_000 };

async function stored(fleet: Fleet, redis: RedisUnderTest, scale: Scale): Promise<Figure[]> {
  const used = async () =>
    Number(/used_memory:(\d+)/.exec(String(await redis.everywhere('INFO', 'memory')))?.[1]);
  await connectAll(fleet.url, 50);
  await PAUSE(1_000);
  const [bytes, keys] = [await used(), (await redis.keys()).length];
  const clients = await connectAll(fleet.url, IDLE[scale]);
  await PAUSE(2_000);
  const perSession = ((await used()) - bytes) / clients.length;
  return [
    told('sessions', clients.length, ''),
    told('keys of each', ((await redis.keys()).length - keys) / clients.length, ''),
    atMost('memory of each', perSession, 'bytes', 1_024),
    exactly('sessions counted', await fleet.at('b').ask('sessions'), '', clients.length + 50),
  ];
}

const CALLS = { short: { calls: 500, rounds: 1 }, long: { calls: 30_000, rounds: 3 } };

/** Processor time of all instances, microseconds. */
const cpuOf = async (fleet: Fleet): Promise<number> =>
  (await Promise.all(fleet.all.map((it) => it.ask('cpu')))).reduce(
    (sum, { user, system }) => sum + user + system,
    0,
  );

async function perCall(fleet: Fleet, urls: readonly string[], calls: number): Promise<number> {
  const before = await cpuOf(fleet);
  const { calls: done, wrong } = await load({ urls, connections: CONNECTIONS, calls });
  if (wrong > 0) throw new Error(`${wrong} wrong answers`);
  return ((await cpuOf(fleet)) - before) / done;
}

async function spent(fleet: Fleet, scale: Scale): Promise<Figure[]> {
  const { calls, rounds } = CALLS[scale];
  const [a, b] = [fleet.at('a').url, fleet.at('b').url];
  for (const urls of [[a], [b], [a, b]]) await perCall(fleet, urls, calls);
  const alone: number[] = [];
  const together: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    alone.push(await perCall(fleet, [a], calls));
    together.push(await perCall(fleet, [a, b], calls));
  }
  const [one, two] = [percentile(alone, 0.5), percentile(together, 0.5)];
  return [
    told('every call of a session at one instance', one, 'µs of CPU per call'),
    told('at two in turn', two, 'µs of CPU per call'),
    asSpeed(atMost('two beside one', two / one, '×', 1.25)),
  ];
}

const ROOM = { options: { session: { perAddress: 100_000 } } };

export const REDIS_COSTS: readonly Experiment[] = [
  {
    id: 'RED-01',
    title: 'Round trips of a call',
    run: (scale) =>
      overRedis(scale, 'libraries', async (redis) => {
        const options = { responseMode: 'json' as const, limits: { callsPerSession: 100 } };
        const store = { commandMs: COMMAND_MS };
        const plan = { names: ['a'], redis: redis.plan, options, store };
        return [
          ...(await withFleet(plan, (fleet) => counted(fleet, redis, scale))),
          ...(scale === 'long' ? await timedFigures(redis) : []),
        ];
      }),
  },
  {
    id: 'RED-02',
    title: 'Calls a second, beside the memory store',
    run: (scale) =>
      overRedis(scale, 'libraries', (redis) =>
        withFleet({ names: ['a'] }, (memory) =>
          withFleet({ names: ['a'], redis: redis.plan }, (fleet) => raced(memory, fleet, scale)),
        ),
      ),
  },
  {
    id: 'RED-03',
    title: 'Memory of an idle session in Redis',
    run: (scale) =>
      overRedis(scale, 'one', (redis) =>
        withFleet({ ...ROOM, redis: redis.plan }, (fleet) => stored(fleet, redis, scale)),
      ),
  },
  {
    id: 'RED-04',
    title: 'Processor time of a call with two instances',
    run: (scale) =>
      overRedis(scale, 'one', (redis) =>
        withFleet({ redis: redis.plan }, (fleet) => spent(fleet, scale)),
      ),
  },
];
