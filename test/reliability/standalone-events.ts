/**
 * What came on sessions' own streams, against what was said.
 *
 * Knows: the messages of the tool `announce`. Does not know: what broke meanwhile.
 *
 * @module
 */
import type { ResumingClient } from '../support/resuming-client.js';
import type { Listening } from '../support/resuming-stream.js';
import { exactly, type Figure, told } from './experiment.js';
import { none } from './trips.js';

interface Said {
  readonly nonce: string;
  readonly nth: number;
  readonly at: number;
}

/** What the tool said on this stream, in the order in which it came. */
export const saidOn = ({ heard }: Listening): (Said & { readonly heardAt: number })[] =>
  heard.flatMap(({ message: { method, params }, at }) =>
    method === 'notifications/message' ? [{ ...(params?.data as Said), heardAt: at }] : [],
  );

/** Lets a call of every client say `count` things when it is over, at the instance `at`. */
export async function announceAll(
  clients: readonly ResumingClient[],
  at: string,
  { count, everyMs }: { readonly count: number; readonly everyMs: number },
): Promise<string[]> {
  return Promise.all(
    clients.map(async (client, nth) => {
      const nonce = `said-${nth}`;
      const trip = await client.ask('announce', { nonce, count, everyMs }, { at });
      if (trip.words !== nonce) throw new Error(`announce: ${trip.end} ${trip.words}`);
      return nonce;
    }),
  );
}

/** Waits until everything has come, or the time is over; then counts. */
export async function heardInOrder(
  streams: readonly Listening[],
  nonces: readonly string[],
  count: number,
  patienceMs: number,
): Promise<Figure[]> {
  const deadline = performance.now() + patienceMs;
  const isWhole = (stream: Listening) =>
    new Set(saidOn(stream).map(({ nth }) => nth)).size >= count;
  while (!streams.every(isWhole) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const missed: string[] = [];
  const disordered: string[] = [];
  const foreign: string[] = [];
  let repeated = 0;
  streams.forEach((stream, at) => {
    const said = saidOn(stream);
    const own = said.filter(({ nonce }) => nonce === nonces[at]).map(({ nth }) => nth);
    const firsts = [...new Set(own)];
    repeated += own.length - firsts.length;
    if (firsts.length < count) missed.push(`${nonces[at]}: ${firsts.length} of ${count}`);
    if (firsts.some((nth, place) => nth !== place + 1)) disordered.push(`${nonces[at]}: ${own}`);
    for (const { nonce } of said) if (nonce !== nonces[at]) foreign.push(`${nonces[at]}: ${nonce}`);
  });
  return [
    told('messages said', nonces.length * count, ''),
    none('streams that missed some', missed),
    none('streams out of order', disordered),
    none('messages of somebody else', foreign),
    told('messages that came again', repeated, ''),
    exactly(
      'gaps told',
      streams.reduce((sum, { gaps }) => sum + gaps, 0),
      '',
      0,
    ),
    exactly(
      'streams begun anew',
      streams.reduce((sum, { restarts }) => sum + restarts, 0),
      '',
      0,
    ),
  ];
}
