/**
 * SSE-01 and SSE-02: long calls whose connections are closed early, or cut at random places.
 *
 * @module
 */
import { keyvEventStore, type McpRouterOptions } from 'express-mcp-router';
import Keyv from 'keyv';
import { type Journey, type Travelled, travel } from '../streams/broken-network.js';
import { type Experiment, exactly, type Figure, type Scale, told } from './experiment.js';

const REPORTS = 100;
const AT_ONCE = 4;

const STORES: Readonly<Record<string, () => McpRouterOptions>> = {
  memory: () => ({}),
  Keyv: () => ({ eventStore: keyvEventStore(new Keyv(), { maxEventsPerStream: 200 }) }),
};

const CLIENTS = ['v1', 'v2'] as const;

const isWhole = ({ progress, result }: Travelled): boolean =>
  result === `${REPORTS} reports` &&
  progress.length === REPORTS &&
  progress.every((value, index) => value === index + 1);

async function polled(scale: Scale): Promise<Figure[]> {
  const everyMs = scale === 'long' ? 200 : 10;
  const journeys = CLIENTS.flatMap((client) =>
    Object.entries(STORES).map(([store, options]) => ({ client, store, options })),
  );
  const figures = journeys.map(async ({ client, store, options }) => {
    const began = performance.now();
    const seen = await travel({
      seed: 0,
      reports: REPORTS,
      everyMs,
      closeAfter: 25,
      cutShare: 0,
      options: { ...options(), retryIntervalMs: scale === 'long' ? 1_000 : 20 },
      client,
    });
    const name = `client ${client}, ${store}: whole, of 1 call`;
    return [
      exactly(name, isWhole(seen) ? 1 : 0, '', 1),
      told(`client ${client}, ${store}: took`, (performance.now() - began) / 1_000, 's'),
    ];
  });
  return (await Promise.all(figures)).flat();
}

async function cut(scale: Scale): Promise<Figure[]> {
  const runs = scale === 'long' ? 200 : 8;
  const figures: Figure[] = [];
  for (const [store, options] of Object.entries(STORES)) {
    const seen = await inTurn(runs, (seed) =>
      travel({
        seed,
        reports: REPORTS,
        everyMs: 2,
        closeAfter: seed % 3 === 0 ? 20 : 0,
        cutShare: 0.9,
        options: options(),
        client: CLIENTS[seed % CLIENTS.length] ?? 'v1',
      } satisfies Journey),
    );
    const broken = seen.flatMap((travelled, index) => (isWhole(travelled) ? [] : [index + 1]));
    if (broken.length > 0)
      throw new Error(`${store}: not whole with the seeds ${broken.join(', ')}`);
    const cuts = seen.reduce((sum, travelled) => sum + travelled.cuts, 0);
    figures.push(
      exactly(`${store}: whole, of ${runs} seeded calls`, seen.length, '', runs),
      told(`${store}: connections cut`, cuts, ''),
    );
  }
  return figures;
}

/** Does `work` with 1, 2, … `count`, a few at once. */
async function inTurn<T>(count: number, work: (seed: number) => Promise<T>): Promise<T[]> {
  const done: T[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count) {
      next += 1;
      const seed = next;
      done[seed - 1] = await work(seed);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return done;
}

export const POLLED_CALLS: Experiment = {
  id: 'SSE-01',
  title: 'A call that reports 100 times and closes its stream every 25 reports',
  run: polled,
};

export const CUT_CONNECTIONS: Experiment = {
  id: 'SSE-02',
  title: 'Calls over connections that are cut at random places',
  run: cut,
};
