/**
 * REL-41: clients that send a byte now and then, so as to hold their connections.
 *
 * @module
 */
import { connect, type Socket } from 'node:net';
import { postLines } from '../support/wire.js';
import {
  asSpeed,
  atMost,
  type Experiment,
  exactly,
  type Figure,
  percentile,
  type Scale,
  told,
} from './experiment.js';
import { inProcess } from './in-process.js';
import { withServer } from './server-under-test.js';
import { SteadyClients } from './steady-client.js';

interface Siege {
  readonly url: string;
  /** Sockets that send a byte of a header every ten seconds. */
  readonly heads: number;
  /** Requests whose body comes at ten bytes a second. */
  readonly bodies: number;
  /** Whatever is open after this is counted as never closed. */
  readonly limitMs: number;
}

interface Besieger {
  readonly socket: Socket;
  readonly openedAt: number;
  answer: string;
  closedMs: number | undefined;
}

/** How long each connection lasted; `Infinity` does not travel, so an open one counts as the limit. */
interface SiegeResult {
  readonly headsMs: readonly number[];
  readonly bodiesMs: readonly number[];
  readonly stillOpen: number;
  /** Bodies that were refused with 408, in JSON-RPC, on a connection that was then closed. */
  readonly refusals: number;
}

const HEAD = postLines('/mcp').join('\r\n');
const HEAD_START = `${HEAD}\r\nX-Slow: `;
const BODY_START = `${HEAD}\r\nContent-Length: 100000\r\n\r\n{"`;
const WAVE = { heads: 40, bodies: 10, everyMs: 100 };

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const many = <T>(times: number, make: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: times }, make));

/** Runs in a process of its own. */
export async function besiege({ url, heads, bodies, limitMs }: Siege): Promise<SiegeResult> {
  const { hostname, port } = new URL(url);
  const open = (starts: string) => openBesieger(hostname, Number(port), starts);
  const slowHeads: Besieger[] = [];
  const slowBodies: Besieger[] = [];
  const perSecond = setInterval(() => trickle(slowBodies, 'x'.repeat(10)), 1_000);
  const perTenSeconds = setInterval(() => trickle(slowHeads, 'x'), 10_000);
  // Little by little, as such an attack is made: what is measured is not a burst of connections.
  while (slowHeads.length + slowBodies.length < heads + bodies) {
    const wave = { heads: heads - slowHeads.length, bodies: bodies - slowBodies.length };
    slowHeads.push(...(await many(Math.min(wave.heads, WAVE.heads), () => open(HEAD_START))));
    slowBodies.push(...(await many(Math.min(wave.bodies, WAVE.bodies), () => open(BODY_START))));
    await pause(WAVE.everyMs);
  }
  const opened = [...slowHeads, ...slowBodies];
  const deadline = performance.now() + limitMs;
  while (opened.some(isOpen) && performance.now() < deadline) await pause(50);
  clearInterval(perSecond);
  clearInterval(perTenSeconds);
  const stillOpen = opened.filter(isOpen).length;
  for (const { socket } of opened) socket.destroy();
  const lasted = ({ closedMs = limitMs }: Besieger) => closedMs;
  return {
    headsMs: slowHeads.map(lasted),
    bodiesMs: slowBodies.map(lasted),
    stillOpen,
    refusals: slowBodies.filter(({ answer }) => isRefusal(answer)).length,
  };
}

const isOpen = ({ closedMs }: Besieger) => closedMs === undefined;

const isRefusal = (answer: string) =>
  answer.startsWith('HTTP/1.1 408 ') &&
  /^connection: close$/im.test(answer.replaceAll('\r', '')) &&
  answer.includes('"reason":"body_timeout"');

function openBesieger(host: string, port: number, starts: string): Promise<Besieger> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.once('error', reject).once('connect', () => {
      const openedAt = performance.now();
      const besieger: Besieger = { socket, openedAt, answer: '', closedMs: undefined };
      socket.off('error', reject).on('error', () => {});
      socket.on('data', (text) => {
        besieger.answer += text;
      });
      socket.once('close', () => {
        besieger.closedMs = performance.now() - openedAt;
      });
      socket.write(starts);
      resolve(besieger);
    });
  });
}

function trickle(besiegers: readonly Besieger[], bytes: string): void {
  for (const { socket } of besiegers) if (socket.writable) socket.write(bytes);
}

const SIZES = {
  short: { heads: 100, bodies: 25, calmMs: 500 },
  long: { heads: 2_000, bodies: 500, calmMs: 15_000 },
};

async function run(scale: Scale): Promise<Figure[]> {
  const { heads, bodies, calmMs } = SIZES[scale];
  return withServer({ shape: 'direct' }, async (server) => {
    const steady = await SteadyClients.start(server.url);
    await pause(calmMs);
    const handles = await server.ask('handles');
    steady.take();
    await pause(calmMs);
    const before = steady.take();
    const siege: Siege = { url: server.url, heads, bodies, limitMs: 25_000 };
    const result = await inProcess<SiegeResult>(import.meta.url, 'besiege', siege);
    const during = steady.take();
    const after = await server.askUntil('handles', (count) => count <= handles, 5_000);
    await steady.stop();
    const [calm, besieged] = [before, during].map(({ latencies }) => percentile(latencies, 0.99));
    return [
      atMost(`${heads} slow heads, closed after at most`, seconds(result.headsMs), 's', 15),
      atMost(`${bodies} slow bodies, closed after at most`, seconds(result.bodiesMs), 's', 15),
      exactly('connections never closed', result.stillOpen, '', 0),
      exactly('slow bodies answered 408, JSON-RPC, closed', result.refusals, '', bodies),
      told('normal calls meanwhile', during.calls, ''),
      exactly('of them not served', before.lost + during.lost, '', 0),
      told('p99 of a normal call before', calm ?? 0, 'ms'),
      told('p99 of a normal call meanwhile', besieged ?? 0, 'ms'),
      asSpeed(atMost('ratio of the two', (besieged ?? 0) / (calm ?? 1), '×', 1.5)),
      atMost('handles left over', Math.max(0, after - handles), '', 0),
    ];
  });
}

const seconds = (all: readonly number[]) => Math.max(...all) / 1_000;

export const SLOW_CLIENTS: Experiment = {
  id: 'REL-41',
  title: 'Clients that send a byte now and then',
  run,
};
