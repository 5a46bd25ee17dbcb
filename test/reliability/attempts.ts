/**
 * Single calls while something is wrong, which are not repeated: served, or told to come back later.
 *
 * Knows: what an outage looks like to a client. Does not know: what is wrong.
 *
 * @module
 */
import type { CallOptions, ResumingClient, Trip } from '../support/resuming-client.js';
import { inWords } from './trips.js';

/** One call that is not repeated, and how long its answer took. */
export interface Try {
  readonly nonce: string;
  readonly trip: Trip;
  readonly tookMs: number;
}

const TRY_EVERY_MS = 100;
const PATIENCE_MS = 10_000;
/** So many calls in a row say that all is well. */
const WELL_AFTER = 4;
const LOOK_EVERY_MS = 50;

export async function attempt(
  client: ResumingClient,
  nonce: string,
  options: CallOptions = {},
): Promise<Try> {
  const began = performance.now();
  const trip = await client.ask('echo', { nonce }, { patienceMs: PATIENCE_MS, ...options });
  return { nonce, trip, tookMs: performance.now() - began };
}

/** 503 and `Retry-After`. */
export const isOutage = ({ trip }: Try): boolean =>
  trip.end === 'refused' && trip.statuses[0] === 503 && trip.retryAfter !== undefined;

export const isServed = ({ trip, nonce }: Try): boolean =>
  trip.end === 'result' && trip.words === nonce;

/** Calls now and then for so long; they do not wait for each other. */
export async function tryFor(clients: readonly ResumingClient[], ms: number): Promise<Try[]> {
  const tries: Promise<Try>[] = [];
  const endsAt = performance.now() + ms;
  while (performance.now() < endsAt) {
    const client = clients[tries.length % clients.length] as ResumingClient;
    tries.push(attempt(client, `try-${tries.length}-${Date.now()}`));
    await new Promise((resolve) => setTimeout(resolve, TRY_EVERY_MS));
  }
  return Promise.all(tries);
}

/** How long calls were not served, and what was neither that nor an outage. */
export interface Recovery {
  /** Milliseconds until calls are served at every instance. */
  readonly tookMs: number;
  readonly odd: readonly Try[];
}

/** Calls every instance, again and again, until all of them serve. */
export async function untilServed(
  clients: readonly ResumingClient[],
  urls: readonly string[],
  limitMs: number,
): Promise<Recovery> {
  const all = await Promise.all(urls.map((url) => untilServedAt(url, clients, limitMs)));
  return {
    tookMs: Math.max(...all.map(({ tookMs }) => tookMs)),
    odd: all.flatMap(({ odd }) => odd),
  };
}

async function untilServedAt(
  at: string,
  clients: readonly ResumingClient[],
  limitMs: number,
): Promise<Recovery> {
  const began = performance.now();
  const tries: Promise<Try>[] = [];
  const endedMs: number[] = [];
  const served: boolean[] = [];
  const isWell = () =>
    served.length === tries.length &&
    served.slice(-WELL_AFTER).filter(Boolean).length === WELL_AFTER;
  while (!isWell() && performance.now() - began < limitMs) {
    const nth = tries.length;
    const client = clients[nth % clients.length] as ResumingClient;
    const trying = attempt(client, `after-${Date.now()}-${nth}-${at}`, { at }).then((it) => {
      endedMs[nth] = performance.now() - began;
      served[nth] = isServed(it);
      return it;
    });
    tries.push(trying);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  const all = await Promise.all(tries);
  const lastBad = all.findLastIndex((it) => !isServed(it));
  const odd = all.filter((it) => !isServed(it) && !isOutage(it));
  return { tookMs: endedMs[lastBad + 1] ?? limitMs, odd };
}

export const wordsOf = (tries: readonly Try[]): string[] =>
  tries.map(({ nonce, trip }) => inWords(nonce, trip));
