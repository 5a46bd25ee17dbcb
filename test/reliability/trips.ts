/**
 * Many calls of many clients at once, and what became of them all.
 *
 * Knows: resuming clients. Does not know: what breaks meanwhile.
 *
 * @module
 */
import { type CallOptions, ResumingClient, type Trip } from '../support/resuming-client.js';
import { exactly, type Figure, told } from './experiment.js';

/** A call, and what its tool was told to say. */
export interface Sent {
  readonly client: ResumingClient;
  readonly nonce: string;
  readonly trip: Trip;
  readonly finished: Promise<Trip>;
}

/** Clients that have shaken hands, a few at once. */
export async function connectAll(url: string, count: number): Promise<ResumingClient[]> {
  const clients: ResumingClient[] = [];
  const worker = async () => {
    while (clients.length < count) {
      const at = clients.length;
      clients.length += 1;
      clients[at] = await ResumingClient.connect(url);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return clients;
}

/** Begins `count` slow calls, spread over the clients. */
export function sendSlow(
  clients: readonly ResumingClient[],
  count: number,
  msOf: (nth: number) => number,
  options: CallOptions & { readonly prefix?: string; readonly reports?: number } = {},
): Sent[] {
  const { prefix = 'slow', reports = 4, ...call } = options;
  return Array.from({ length: count }, (_, nth) => {
    const client = clients[nth % clients.length] as ResumingClient;
    const nonce = `${prefix}-${nth}`;
    return { client, nonce, ...client.call('slow', { nonce, ms: msOf(nth), reports }, call) };
  });
}

/** Numbers from `from` to `to`, evenly: the same calls every time. */
export const spread =
  (count: number, from: number, to: number) =>
  (nth: number): number =>
    from + ((to - from) * nth) / Math.max(1, count - 1);

/** All of them, when they are over. */
export const finished = (sent: readonly Sent[]): Promise<Trip[]> =>
  Promise.all(sent.map((it) => it.finished));

/** Ended with their own result. */
export const hasOwnResult = ({ trip, nonce }: Sent): boolean =>
  trip.end === 'result' && trip.words === nonce;

export const hasError =
  (reason: string) =>
  ({ trip }: Sent): boolean =>
    trip.end === 'error' && trip.words === reason;

/** Every other end, in words; each is a fault. */
export function oddEnds(sent: readonly Sent[], isGood: (it: Sent) => boolean): string[] {
  return sent.filter((it) => !isGood(it)).map(({ nonce, trip }) => inWords(nonce, trip));
}

export const inWords = (nonce: string, { end, words, statuses, resumes }: Trip): string =>
  `${nonce}: ${end} ${words} (${statuses.join(' ')}, resumed ${resumes} times)`;

/** Reads every call again at `url`: each has exactly the terminal message that its client has. */
export async function rereadAll(sent: readonly Sent[], url: string): Promise<string[]> {
  const faults: string[] = [];
  for (const { client, nonce, trip } of sent) {
    const { status, terminals } = await client.reread(trip, url);
    const [first] = trip.terminals;
    const isSame = status === 200 && terminals.length === 1 && terminals[0] === first;
    if (!isSame) faults.push(`${nonce}: had ${first}, reads ${status} ${terminals.join(' and ')}`);
  }
  return faults;
}

/** Terminal messages of a call that differ from each other. */
export const manyEnds = (sent: readonly Sent[]): string[] =>
  sent
    .filter(({ trip }) => new Set(trip.terminals).size > 1)
    .map(({ nonce, trip }) => `${nonce}: ${trip.terminals.join(' and ')}`);

/** Progress that came twice or in the wrong order. */
export const disordered = (sent: readonly Sent[]): string[] =>
  sent
    .filter(({ trip: { progress } }) =>
      progress.some((it, nth) => nth > 0 && it <= (progress[nth - 1] ?? 0)),
    )
    .map(({ nonce, trip }) => `${nonce}: ${trip.progress.join(' ')}`);

/** How many answers of this status the clients had. */
export const countStatus = (clients: readonly ResumingClient[], status: number): number =>
  clients.reduce((sum, { statuses }) => sum + (statuses.get(status) ?? 0), 0);

/** How many were told that the server cannot. */
export const countOutages = (clients: readonly ResumingClient[]): number =>
  clients.reduce(
    (sum, { statuses }) =>
      sum + [...statuses].reduce((all, [status, times]) => all + (status >= 500 ? times : 0), 0),
    0,
  );

/** A figure that must be 0; what is wrong is told before. */
export function none(name: string, faults: readonly string[]): Figure {
  for (const fault of faults.slice(0, 10)) console.error(`${name}: ${fault}`);
  return exactly(name, faults.length, '', 0);
}

/** Calls at an even pace for as long as it runs; each is made once. */
export class Traffic {
  readonly #clients: readonly ResumingClient[];
  readonly #pending = new Set<Promise<unknown>>();
  readonly #timer: NodeJS.Timeout;
  readonly sent: Sent[] = [];

  /** @param perSecond - calls; they do not wait for each other. */
  constructor(clients: readonly ResumingClient[], perSecond: number, prefix = 'traffic') {
    this.#clients = clients;
    const began = performance.now();
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - began) / 1_000) * perSecond);
      while (this.sent.length < due) this.#send(prefix);
    }, 5);
  }

  #send(prefix: string): void {
    const client = this.#clients[this.sent.length % this.#clients.length] as ResumingClient;
    const nonce = `${prefix}-${this.sent.length}`;
    const call = client.call('echo', { nonce }, { patienceMs: 20_000 });
    this.sent.push({ client, nonce, ...call });
    this.#pending.add(call.finished);
    call.finished.finally(() => this.#pending.delete(call.finished));
  }

  /** Sends nothing more; everything that was sent, when it is over. */
  async stop(): Promise<Sent[]> {
    clearInterval(this.#timer);
    await Promise.all(this.#pending);
    return this.sent;
  }
}

/** How traffic went. */
export const servedFigures = (name: string, sent: readonly Sent[]): Figure[] => [
  told(`${name}: calls`, sent.length, ''),
  none(`${name}: not answered with their own result`, oddEnds(sent, hasOwnResult)),
];
