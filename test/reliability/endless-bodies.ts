/**
 * SEC-22: bodies without end, and bodies in very small pieces, from many clients at once.
 *
 * @module
 */
import { postLines, Wire } from '../support/wire.js';
import {
  asSpeed,
  atMost,
  type Experiment,
  exactly,
  type Figure,
  type Scale,
  told,
} from './experiment.js';
import { inProcess } from './in-process.js';
import { type ServerUnderTest, withServer } from './server-under-test.js';
import { SteadyClients } from './steady-client.js';

interface Flood {
  readonly url: string;
  readonly senders: number;
  /** Bytes of each piece; each sender gives up after `limitBytes`. */
  readonly pieceBytes: number;
  readonly limitBytes: number;
}

/** How the senders fared. */
interface FloodResult {
  /** Senders that were told 413. */
  readonly refused: number;
  /** Senders that could send all they had. */
  readonly unstopped: number;
  readonly sentBytes: number;
}

const MIB = 1_048_576;
const HEAD = `${[...postLines('/mcp'), 'Transfer-Encoding: chunked'].join('\r\n')}\r\n\r\n`;

/** Runs in a process of its own. */
export async function flood({ url, senders, pieceBytes, limitBytes }: Flood): Promise<FloodResult> {
  const piece = `${pieceBytes.toString(16)}\r\n${'x'.repeat(pieceBytes)}\r\n`;
  const block = Buffer.from(piece.repeat(Math.max(1, Math.floor(65_536 / piece.length))));
  const results = await Promise.all(
    Array.from({ length: senders }, () => sendUntilStopped(url, block, limitBytes)),
  );
  return {
    refused: results.filter(({ status }) => status === 413).length,
    unstopped: results.filter(({ isStopped }) => !isStopped).length,
    sentBytes: results.reduce((sum, { sentBytes }) => sum + sentBytes, 0),
  };
}

async function sendUntilStopped(url: string, block: Buffer, limitBytes: number) {
  const wire = await Wire.open(url);
  await wire.send(HEAD);
  let sentBytes = 0;
  while (!wire.isOver && sentBytes < limitBytes) {
    await wire.send(block);
    sentBytes += block.length;
  }
  const isStopped = wire.isOver;
  const answer = isStopped || wire.unread !== '' ? await wire.answer() : undefined;
  wire.destroy();
  return { status: answer?.status, isStopped, sentBytes };
}

/** The allocator gives back what it likes, and when it likes. */
const RSS_BYTES = 64 * MIB;

/** Everything that the process holds on purpose. */
const heldBy = ({ heapUsed, external }: NodeJS.MemoryUsage) => heapUsed + external;

/** Figures of one flood: what it did to the senders, to the memory, and to other clients. */
async function figuresOf(what: string, server: ServerUnderTest, plan: Flood): Promise<Figure[]> {
  await inProcess<FloodResult>(import.meta.url, 'flood', plan);
  const steady = await SteadyClients.start(server.url);
  const before = await server.ask('memory');
  const { refused, unstopped, sentBytes } = await inProcess<FloodResult>(
    import.meta.url,
    'flood',
    plan,
  );
  const { calls, lost } = steady.take();
  await steady.stop();
  const after = await server.askUntil('memory', ({ rss }) => rss - before.rss <= RSS_BYTES, 10_000);
  return [
    exactly(`${what}: senders told 413`, refused, '', plan.senders),
    exactly(`${what}: senders not stopped`, unstopped, '', 0),
    told(`${what}: bytes sent`, sentBytes / MIB, 'MiB'),
    atMost(`${what}: still held of it`, (heldBy(after) - heldBy(before)) / MIB, 'MiB', 2),
    asSpeed(
      atMost(
        `${what}: RSS, more than before`,
        (after.rss - before.rss) / MIB,
        'MiB',
        RSS_BYTES / MIB,
      ),
    ),
    told(`${what}: normal calls meanwhile`, calls, ''),
    exactly(`${what}: of them not served`, lost, '', 0),
  ];
}

const SIZES = {
  short: { bodyBytes: MIB / 4, large: 10, tiny: 1 },
  long: { bodyBytes: 4 * MIB, large: 50, tiny: 4 },
};

async function run(scale: Scale): Promise<Figure[]> {
  const { bodyBytes, large, tiny } = SIZES[scale];
  return withServer({ shape: 'direct', options: { limits: { bodyBytes } } }, async (server) => {
    const plan = { url: server.url, limitBytes: 1_024 * MIB };
    const idleBytes = await server.ask('peakBytes');
    const largePlan = { ...plan, senders: large, pieceBytes: 65_536 };
    const figures = await figuresOf(`${large} endless bodies`, server, largePlan);
    const peakBytes = (await server.ask('peakBytes')) - idleBytes;
    // Each may hold what the cap allows, in a buffer that has just been doubled.
    const allowed = (large * 3 * bodyBytes) / MIB + 128;
    figures.push(
      atMost('memory at the most, above its own at the start', peakBytes / MIB, 'MiB', allowed),
    );
    return [...figures, ...(await tinyFigures(server, { ...plan, senders: tiny, pieceBytes: 1 }))];
  });
}

/** One byte a chunk: the memory may not be that of four million buffers. */
async function tinyFigures(server: ServerUnderTest, plan: Flood): Promise<Figure[]> {
  const before = await server.ask('peakBytes');
  const figures = await figuresOf(`${plan.senders} bodies of one-byte chunks`, server, plan);
  const more = (await server.ask('peakBytes')) - before;
  return [...figures, atMost('memory at the most, above all before', more / MIB, 'MiB', 40)];
}

export const ENDLESS_BODIES: Experiment = {
  id: 'SEC-22',
  title: 'Bodies without end, and in very small pieces',
  run,
};
