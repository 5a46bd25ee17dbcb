/**
 * REL-43 and SEC-21: messages around the grammar of JSON-RPC, over keep-alive connections.
 *
 * @module
 */
import fc from 'fast-check';
import { requestText, type WireAnswer } from '../support/wire.js';
import {
  atLeast,
  atMost,
  type Experiment,
  exactly,
  type Figure,
  type Scale,
  told,
} from './experiment.js';
import { framingFigures } from './framing.js';
import { type FuzzedPost, fuzzedPosts } from './json-rpc-grammar.js';
import { SEED } from './seed.js';
import { type ServerUnderTest, withServer } from './server-under-test.js';
import { SessionWire } from './session-wire.js';
import { lawfulMessages, requireAnsweredOnce } from './wire-laws.js';

const SHAPES = ['direct', 'app', 'parser-first'] as const;
const LANES = 4;
const CASES: Record<Scale, number> = { short: 2_000, long: 500_000 };

/** An answer that takes longer is one that does not come. */
const HANG_MS = 20_000;

/** How often each status was given. */
type Tally = Map<number, number>;

const requestOf = ({ headers, body }: FuzzedPost) =>
  requestText(['POST /mcp HTTP/1.1', 'Host: localhost', ...headers], body);

async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** One connection's share of the cases; throws with seed and counterexample when a law is broken. */
async function fuzz(server: ServerUnderTest, seed: number, cases: number, tally: Tally) {
  const versions = ['2025-03-26', '2025-11-25'];
  const wires = await Promise.all(
    versions.map((version) => SessionWire.open(server.url, { version })),
  );
  const [wire] = wires;
  if (wire === undefined) throw new Error('no connection');
  const posts = fuzzedPosts(wires.map(({ sessionId }) => sessionId));
  const isLawful = async (post: FuzzedPost) => {
    const answer = await within(HANG_MS, wire.exchange(requestOf(post)));
    requireAnsweredOnce(post.body, lawfulMessages(answer));
    count(tally, answer);
  };
  const parameters = { numRuns: cases, seed, interruptAfterTimeLimit: 3_600_000 };
  await fc.assert(fc.asyncProperty(posts, isLawful), parameters);
  for (const open of wires) open.close();
}

function count(tally: Tally, { status }: WireAnswer): void {
  tally.set(status, (tally.get(status) ?? 0) + 1);
}

async function fuzzShape(shape: (typeof SHAPES)[number], cases: number): Promise<Figure[]> {
  return withServer({ shape }, async (server) => {
    const tally: Tally = new Map();
    const began = performance.now();
    const share = Math.ceil(cases / LANES);
    const first = SEED + SHAPES.indexOf(shape) * LANES;
    const lanes = Array.from({ length: LANES }, (_, lane) => first + lane);
    await Promise.all(lanes.map((seed) => fuzz(server, seed, share, tally)));
    const seconds = (performance.now() - began) / 1_000;
    const done = [...tally.values()].reduce((sum, times) => sum + times, 0);
    const served = tally.get(200) ?? 0;
    return [
      atLeast(`${shape}: cases`, done, '', share * LANES),
      atLeast(`${shape}: of them served (200)`, served / done, '', 0.1),
      ...[...tally]
        .sort(([a], [b]) => a - b)
        .map(([status, times]) => told(`${shape}: answered ${status}`, times, 'times')),
      told(`${shape}: cases a second`, done / seconds, ''),
      exactly(
        `${shape}: members of Object.prototype`,
        (await server.ask('inherited')).length,
        '',
        0,
      ),
      atMost(`${shape}: calls still running after 1 s`, await stillRunning(server), '', 0),
    ];
  });
}

/** Nothing that was asked for runs on; 1 if something does. */
const stillRunning = async (server: ServerUnderTest) =>
  (await server.ask('drained')) < 1_000 ? 0 : 1;

async function run(scale: Scale): Promise<Figure[]> {
  const figures: Figure[] = [told('seed', SEED, '')];
  for (const shape of SHAPES)
    figures.push(...(await fuzzShape(shape, CASES[scale] / SHAPES.length)));
  return [...figures, ...(await framingFigures(scale))];
}

export const GRAMMAR: Experiment = {
  id: 'REL-43',
  title: 'Messages around the grammar of JSON-RPC',
  run,
};
