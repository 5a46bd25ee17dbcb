/**
 * SEC-24: clients that hang up anywhere in the middle of a request.
 *
 * @module
 */
import { postLines, requestText, Wire } from '../support/wire.js';
import { atMost, type Experiment, exactly, type Figure, type Scale, told } from './experiment.js';
import { SEED } from './seed.js';
import { type ServerPlan, type ServerUnderTest, withServer } from './server-under-test.js';
import { callText, SessionWire } from './session-wire.js';

const LANES = 50;
const ABORTS: Record<Scale, number> = { short: 600, long: 10_000 };
const MIB = 1_048_576;

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Requests of every kind, small and large. */
function requestsIn(session: SessionWire): readonly string[] {
  const lines = postLines('/mcp', ...session.headers);
  const call = callText(1, 'echo', { value: 'x'.repeat(300) });
  const large = callText(2, 'echo', { value: 'x'.repeat(300_000) });
  const emit = callText(3, 'emit', { values: Array(50).fill('x'.repeat(200)) });
  const chunked = `${[...lines, 'Transfer-Encoding: chunked'].join('\r\n')}\r\n\r\n${call.length.toString(16)}\r\n${call}\r\n0\r\n\r\n`;
  const get = ['GET /mcp HTTP/1.1', ...lines.slice(1).filter((it) => !it.startsWith('Content'))];
  return [
    requestText(lines, call),
    requestText(lines, large),
    requestText(lines, emit),
    chunked,
    requestText(get),
  ];
}

/** Sends a part of a request and hangs up; sometimes after all of it, before or during the answer. */
async function abort(url: string, request: string, share: number): Promise<void> {
  const wire = await Wire.open(url);
  const bytes = Math.min(request.length, Math.floor(share * 1.2 * request.length));
  await wire.send(request.slice(0, bytes));
  wire.destroy();
}

/** Cuts requests off on many connections at once. */
async function abortMany(url: string, requests: readonly string[], times: number): Promise<void> {
  const random = randomFrom(SEED);
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (let nth = 0; nth < times / LANES; nth += 1) {
        const request = requests[Math.floor(random() * requests.length)] ?? '';
        await abort(url, request, random());
      }
    }),
  );
}

/** @param log - where the events of streams are kept: nowhere, or where they are kept for those who resume. */
async function figuresOf(log: Log, scale: Scale): Promise<Figure[]> {
  const { name, options, limitMib, graceMs } = log;
  return withServer({ shape: 'direct', options }, async (server) => {
    const { url } = server;
    const session = await SessionWire.open(url);
    const requests = requestsIn(session);
    const call = () => session.post(callText(1, 'echo', { value: 1 }));
    // As often as is measured: what is made once, or grows to a limit, is there then.
    await abortMany(url, requests, ABORTS[scale]);
    await call();
    const handles = await server.askUntil('handles', (count) => count <= 8, 15_000);
    const before = await server.ask('memory');
    await abortMany(url, requests, ABORTS[scale]);
    const { status } = await call();
    const left = await server.askUntil('handles', (count) => count <= handles, 15_000);
    const after = await server.ask('memory');
    session.close();
    const more = heldBy(after) - heldBy(before);
    return [
      exactly(`${name}: status of a normal call afterwards`, status, '', 200),
      told(`${name}: handles before`, handles, ''),
      exactly(`${name}: handles more than before`, Math.max(0, left - handles), '', 0),
      told(`${name}: memory held before`, heldBy(before) / MIB, 'MiB'),
      atMost(`${name}: memory held more than before`, more / MIB, 'MiB', limitMib),
      atMost(`${name}: calls still running after 1 s`, await stillRunning(server, graceMs), '', 0),
    ];
  });
}

const heldBy = ({ heapUsed, external }: NodeJS.MemoryUsage) => heapUsed + external;

/** 1 if something that was asked for runs on; the wait for clients that may come back is not counted. */
const stillRunning = async (server: ServerUnderTest, graceMs: number) =>
  (await server.ask('drained')) < 1_000 + graceMs ? 0 : 1;

interface Log {
  readonly name: string;
  readonly options: ServerPlan['options'];
  readonly limitMib: number;
  /** How long `drain()` waits for those whose answer came while they were away: twice `retryIntervalMs`, and a second. */
  readonly graceMs: number;
}

const LOGS: readonly Log[] = [
  { name: 'no event log', options: { eventStore: false }, limitMib: 2, graceMs: 0 },
  // The memory event store's own limit, and what the first figure allows.
  { name: 'event log', options: { retryIntervalMs: 1 }, limitMib: 34, graceMs: 1_100 },
];

async function run(scale: Scale): Promise<Figure[]> {
  const figures = [told('seed', SEED, ''), told('requests cut off, each time', ABORTS[scale], '')];
  for (const log of LOGS) figures.push(...(await figuresOf(log, scale)));
  return figures;
}

export const ABORTED_REQUESTS: Experiment = {
  id: 'SEC-24',
  title: 'Requests that are cut off anywhere',
  run,
};
