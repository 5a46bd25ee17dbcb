/**
 * SEC-24: clients that hang up anywhere in the middle of a request.
 *
 * @module
 */
import { postLines, requestText, Wire } from '../support/wire.js';
import { atMost, type Experiment, exactly, type Figure, type Scale, told } from './experiment.js';
import { SEED } from './seed.js';
import { withServer } from './server-under-test.js';
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

async function run(scale: Scale): Promise<Figure[]> {
  return withServer({ shape: 'direct' }, async (server) => {
    const { url } = server;
    const session = await SessionWire.open(url);
    const requests = requestsIn(session);
    const random = randomFrom(SEED);
    const abortMany = (times: number) =>
      Promise.all(
        Array.from({ length: LANES }, async () => {
          for (let nth = 0; nth < times / LANES; nth += 1) {
            const request = requests[Math.floor(random() * requests.length)] ?? '';
            await abort(url, request, random());
          }
        }),
      );
    // As often as is measured: what is made once, or grows to a limit, is there then.
    await abortMany(ABORTS[scale]);
    await session.post(callText(1, 'echo', { value: 1 }));
    const handles = await server.askUntil('handles', (count) => count <= 8, 15_000);
    const before = await server.ask('memory');
    await abortMany(ABORTS[scale]);
    const { status } = await session.post(callText(1, 'echo', { value: 1 }));
    const left = await server.askUntil('handles', (count) => count <= handles, 15_000);
    const after = await server.ask('memory');
    session.close();
    return [
      told('seed', SEED, ''),
      told('requests cut off', ABORTS[scale], ''),
      exactly('status of a normal call afterwards', status, '', 200),
      told('handles before', handles, ''),
      exactly('handles more than before', Math.max(0, left - handles), '', 0),
      told('heap before', before.heapUsed / MIB, 'MiB'),
      atMost('heap more than before', (after.heapUsed - before.heapUsed) / MIB, 'MiB', 2),
      atMost(
        'buffers more than before',
        (after.arrayBuffers - before.arrayBuffers) / MIB,
        'MiB',
        1,
      ),
      atMost('calls still running after 1 s', (await server.ask('drained')) < 1_000 ? 0 : 1, '', 0),
    ];
  });
}

export const ABORTED_REQUESTS: Experiment = {
  id: 'SEC-24',
  title: 'Requests that are cut off anywhere',
  run,
};
