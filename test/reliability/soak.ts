/**
 * REL-50: a day of sessions in ten minutes, and what of it is still there at the end.
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
import { inProcess } from './in-process.js';
import { lineThrough } from './line.js';
import { SEED } from './seed.js';
import { type ServerUnderTest, withServer } from './server-under-test.js';
import type { LoadResult } from './soak-load.js';

interface Sample {
  readonly atMs: number;
  readonly heapMb: number;
  readonly rssMb: number;
  readonly timers: number;
}

const SAMPLE_MS = 5_000;
const SIZES = {
  short: { seconds: 10, sessionsPerSecond: 40, warmUpMs: 3_000, sampleMs: 1_000 },
  long: { seconds: 600, sessionsPerSecond: 200, warmUpMs: 150_000, sampleMs: SAMPLE_MS },
};

/** Small enough to be full when the warm-up is over. */
const LOG = { maxBytes: 8_388_608, ttlMs: 30_000 };

const SESSION = { idleMs: 60_000, perAddress: 100_000 };

async function sampled(
  server: ServerUnderTest,
  everyMs: number,
  isOver: () => boolean,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  const began = performance.now();
  while (!isOver()) {
    const { heapUsed, rss } = await server.ask('memory');
    const timers = await server.ask('timers');
    const atMs = performance.now() - began;
    samples.push({ atMs, heapMb: heapUsed / 1e6, rssMb: rss / 1e6, timers });
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  return samples;
}

/** Megabytes of heap a minute. */
const slopeOf = (samples: readonly Sample[]): number =>
  lineThrough(samples.map(({ atMs, heapMb }) => ({ x: atMs / 60_000, y: heapMb }))).slope;

async function run(scale: Scale): Promise<Figure[]> {
  const { seconds, sessionsPerSecond, warmUpMs, sampleMs } = SIZES[scale];
  return withServer({ shape: 'app', options: { session: SESSION }, log: LOG }, async (server) => {
    const handlesBefore = await server.ask('handles');
    let isOver = false;
    const loading = inProcess<LoadResult>(new URL('soak-load.ts', import.meta.url).href, 'load', {
      url: server.url,
      seconds,
      sessionsPerSecond,
      seed: SEED,
    }).finally(() => {
      isOver = true;
    });
    const samples = (await sampled(server, sampleMs, () => isOver)).filter(
      ({ atMs }) => atMs > warmUpMs,
    );
    const result = await loading;
    if (result.faults.length > 0) throw new Error(result.faults.join('\n'));
    const [first, last] = [samples[0], samples.at(-1)];
    if (first === undefined || last === undefined) throw new Error('nothing was sampled');
    const timers = samples.map((sample) => sample.timers);
    return [
      told('sessions begun', result.begun, ''),
      told('a second', result.begun / seconds, ''),
      told('not begun in time', result.skipped, ''),
      told('broken off in a call', result.dropped, ''),
      atLeast('resumed, with their result', result.resumed, '', 1),
      atLeast('asked, with their result', result.asked, '', 1),
      atLeast('deleted', result.deleted, '', 1),
      atLeast('with a GET stream that was left', result.listened, '', 1),
      told('heap after the warm-up', first.heapMb, 'MB'),
      told('heap at the end', last.heapMb, 'MB'),
      ...(scale === 'long'
        ? [
            atMost('heap, growing by', slopeOf(samples), 'MB/min', 0.5),
            asSpeed(atMost('RSS at the end', last.rssMb / first.rssMb, '× before', 1.1)),
          ]
        : []),
      atMost('timers apart by', Math.max(...timers) - Math.min(...timers), '', 20),
      ...(await afterwards(server, handlesBefore, scale)),
    ];
  });
}

/** Everything is given back: connections at once, sessions when they have been idle for their time. */
async function afterwards(server: ServerUnderTest, before: number, scale: Scale) {
  const handles = await server.askUntil('handles', (count) => count <= before + 20, 20_000);
  const figures = [atMost('handles left over', Math.max(0, handles - before), '', 20)];
  if (scale === 'short') return figures;
  const sessions = await server.askUntil('sessions', (count) => count === 0, 120_000);
  return [...figures, exactly('sessions left after their idle time', sessions, '', 0)];
}

export const SOAK: Experiment = {
  id: 'REL-50',
  title: 'A day of sessions in ten minutes',
  run,
};
