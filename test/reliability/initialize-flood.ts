/**
 * SEC-23: clients that open sessions and never end them.
 *
 * @module
 */
import { postLines, requestText, Wire } from '../support/wire.js';
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
import { callText, initializeText } from './session-wire.js';
import { SteadyClients } from './steady-client.js';

interface Flood {
  readonly url: string;
  readonly handshakes: number;
  /** Loopback addresses that they come from, each over one connection. */
  readonly addresses: number;
  /** Whether the handshakes are finished. */
  readonly finishes: boolean;
}

interface FloodResult {
  /** How often each status was given. */
  readonly statuses: Readonly<Record<number, number>>;
  /** A session of each address, the last that it opened. */
  readonly sessions: readonly string[];
  readonly seconds: number;
}

const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}';

/** Runs in a process of its own. */
export async function openSessions(flood: Flood): Promise<FloodResult> {
  const statuses: Record<number, number> = {};
  const began = performance.now();
  const share = Math.ceil(flood.handshakes / flood.addresses);
  const sessions = await Promise.all(
    Array.from({ length: flood.addresses }, (_, at) =>
      openFrom(flood, `127.0.${1 + Math.floor(at / 250)}.${1 + (at % 250)}`, share, statuses),
    ),
  );
  return { statuses, sessions, seconds: (performance.now() - began) / 1_000 };
}

async function openFrom(
  { url, finishes }: Flood,
  from: string,
  handshakes: number,
  statuses: Record<number, number>,
): Promise<string> {
  const wire = await Wire.open(url, { from });
  let session = '';
  const exchange = async (text: string, ...headers: string[]) => {
    await wire.send(requestText(postLines('/mcp', ...headers), text));
    return (await wire.answer()) ?? { status: 0, headers: {}, text: '' };
  };
  for (let nth = 0; nth < handshakes; nth += 1) {
    const { status, headers } = await exchange(initializeText('2025-11-25', `${from} ${nth}`));
    statuses[status] = (statuses[status] ?? 0) + 1;
    session = headers['mcp-session-id'] ?? session;
    if (finishes) await exchange(INITIALIZED, `Mcp-Session-Id: ${session}`);
  }
  wire.destroy();
  return session;
}

const SIZES = {
  short: { handshakes: 3_000, addresses: 6, perAddress: 200, idleMs: 1_000 },
  long: { handshakes: 50_000, addresses: 50, perAddress: 1_000, idleMs: 1_800_000 },
};

/** One address, whose older sessions make room for its newer ones. */
const WARM_UP = { handshakes: 2_000, addresses: 1 };

/** Unfinished handshakes are dropped after a minute, by a sweep every half minute. */
const SWEPT_MS = 100_000;

async function run(scale: Scale): Promise<Figure[]> {
  const { handshakes, addresses, perAddress, idleMs } = SIZES[scale];
  const plan = { shape: 'direct', options: { session: { perAddress, idleMs } } } as const;
  return withServer(plan, async (server) => {
    const flood = { url: server.url, handshakes, addresses, finishes: false };
    const steady = await SteadyClients.start(server.url);
    // A process that has served nothing yet grows with its first requests, whatever they are.
    await inProcess(import.meta.url, 'openSessions', { ...flood, ...WARM_UP });
    steady.take();
    const sessionsBefore = await server.ask('sessions');
    const before = await server.ask('memory');
    const result = await inProcess<FloodResult>(import.meta.url, 'openSessions', flood);
    const { calls, lost } = steady.take();
    const open = await server.ask('sessions');
    const after = await server.askUntil('memory', ({ rss }) => rss - before.rss <= 60e6, 10_000);
    const figures = [
      exactly('handshakes answered 200', result.statuses[200] ?? 0, '', handshakes),
      told('handshakes a second', handshakes / result.seconds, ''),
      atMost('sessions open afterwards', open, '', addresses * perAddress + sessionsBefore),
      told('of them before', sessionsBefore, ''),
      atMost('heap of the others', (after.heapUsed - before.heapUsed) / 1e6, 'MB', 60),
      asSpeed(atMost('RSS of the others', (after.rss - before.rss) / 1e6, 'MB', 60)),
      told('normal calls meanwhile', calls, ''),
      exactly('of them not served', lost, '', 0),
      ...(await (scale === 'short' ? forgotten(server, result, idleMs) : swept(server))),
    ];
    await steady.stop();
    return figures;
  });
}

/** After the idle time the ids are those of nobody. */
async function forgotten(
  { url }: ServerUnderTest,
  { sessions }: FloodResult,
  idleMs: number,
): Promise<Figure[]> {
  await new Promise((resolve) => setTimeout(resolve, idleMs));
  const wire = await Wire.open(url);
  let found = 0;
  for (const session of sessions) {
    const lines = postLines('/mcp', `Mcp-Session-Id: ${session}`);
    await wire.send(requestText(lines, callText(1, 'echo', {})));
    if ((await wire.answer())?.status !== 404) found += 1;
  }
  wire.destroy();
  return [exactly('sessions still there after their idle time', found, '', 0)];
}

/** With the default times: nobody asks for them any more, and they go. */
async function swept(server: ServerUnderTest): Promise<Figure[]> {
  const began = performance.now();
  const left = await server.askUntil('sessions', (count) => count <= 4, SWEPT_MS);
  return [
    atMost('sessions left but those of the normal clients', left - 4, '', 0),
    told('gone after', (performance.now() - began) / 1_000, 's'),
  ];
}

export const INITIALIZE_FLOOD: Experiment = {
  id: 'SEC-23',
  title: 'Sessions that are opened and never ended',
  run,
};
