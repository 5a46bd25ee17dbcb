/**
 * Sessions as they come and go in a day: most do a little and are left, some break off, resume, are asked,
 * listen, are deleted.
 *
 * Knows: Streamable HTTP on shared keep-alive connections. Does not know: how the server fares.
 *
 * @module
 */
import { Agent, type IncomingMessage, request } from 'node:http';
import { seeded } from '../support/cutting-proxy.js';
import { initializeText } from './session-wire.js';

/** How much, and for how long. */
export interface Load {
  readonly url: string;
  readonly seconds: number;
  readonly sessionsPerSecond: number;
  readonly seed: number;
}

/** What was done, by name, and what went wrong. */
export interface LoadResult {
  readonly begun: number;
  /** Begun later than they should have been: the machine is slower than the plan. */
  readonly skipped: number;
  readonly dropped: number;
  readonly resumed: number;
  readonly asked: number;
  readonly deleted: number;
  readonly listened: number;
  readonly faults: readonly string[];
}

const TICK_MS = 50;
const MAX_AT_ONCE = 400;
const MAX_FAULTS = 10;

/** Runs in a process of its own. */
export async function load({ url, seconds, sessionsPerSecond, seed }: Load): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: 128 });
  const random = seeded(seed);
  const counts = {
    begun: 0,
    skipped: 0,
    dropped: 0,
    resumed: 0,
    asked: 0,
    deleted: 0,
    listened: 0,
  };
  const faults: string[] = [];
  const running = new Set<Promise<void>>();
  const perTick = (sessionsPerSecond * TICK_MS) / 1_000;
  const until = performance.now() + seconds * 1_000;
  while (performance.now() < until) {
    for (let nth = 0; nth < perTick; nth += 1) {
      if (running.size >= MAX_AT_ONCE) {
        counts.skipped += 1;
        continue;
      }
      counts.begun += 1;
      const life = new Life(url, agent, random(), counts)
        .run()
        .catch((error) => void (faults.length < MAX_FAULTS && faults.push(String(error))));
      running.add(life);
      void life.then(() => running.delete(life));
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await Promise.all(running);
  agent.destroy();
  return { ...counts, faults };
}

type Counts = Record<'dropped' | 'resumed' | 'asked' | 'deleted' | 'listened', number>;

class Life {
  readonly #url: string;
  readonly #agent: Agent;
  readonly #chance: number;
  readonly #counts: Counts;
  #sessionId = '';

  constructor(url: string, agent: Agent, chance: number, counts: Counts) {
    this.#url = url;
    this.#agent = agent;
    this.#chance = chance;
    this.#counts = counts;
  }

  async run(): Promise<void> {
    const opened = await this.#send('POST', INITIALIZE);
    this.#sessionId = String(opened.headers['mcp-session-id']);
    await textOf(opened);
    await textOf(await this.#send('POST', INITIALIZED));
    await this.#call('echo', { value: 1 });
    if (this.#chance < 0.2) await this.#breakOff(this.#chance < 0.1);
    else if (this.#chance < 0.25) await this.#beAsked();
    else if (this.#chance < 0.3) await this.#delete();
    else if (this.#chance < 0.4) await this.#listen();
    else await this.#call('echo', { value: 2 });
  }

  /** A call whose connection breaks after its first event; half of those who break off come back. */
  async #breakOff(comesBack: boolean): Promise<void> {
    const answer = await this.#send('POST', callOf('linger', { reports: 3, everyMs: 20 }));
    const eventId = /^id: (.*)$/m.exec(await firstChunk(answer))?.[1] ?? '';
    answer.destroy();
    this.#counts.dropped += 1;
    if (!comesBack) return;
    const rest = await textOf(await this.#send('GET', undefined, { 'Last-Event-ID': eventId }));
    if (!rest.includes('"result"')) throw new Error(`resumed without a result: ${rest}`);
    this.#counts.resumed += 1;
  }

  async #beAsked(): Promise<void> {
    const answer = await this.#send('POST', callOf('ask', {}));
    let text = '';
    for await (const chunk of answer.setEncoding('utf8')) {
      text += chunk;
      const id = /"id":"(s\.[^"]+)"/.exec(text)?.[1];
      if (id === undefined || text.includes('"result"')) continue;
      const result = { action: 'accept', content: {} };
      await textOf(await this.#send('POST', JSON.stringify({ jsonrpc: '2.0', id, result })));
    }
    if (!text.includes('"result"')) throw new Error(`asked without a result: ${text}`);
    this.#counts.asked += 1;
  }

  async #delete(): Promise<void> {
    const { statusCode } = await this.#send('DELETE');
    if (statusCode !== 200) throw new Error(`DELETE answered ${statusCode}`);
    this.#counts.deleted += 1;
  }

  /** A GET stream whose client goes away and does not come back. */
  async #listen(): Promise<void> {
    const answer = await this.#send('GET');
    await firstChunk(answer);
    answer.destroy();
    this.#counts.listened += 1;
  }

  async #call(name: string, args: object): Promise<void> {
    const text = await textOf(await this.#send('POST', callOf(name, args)));
    if (!text.includes('"result"')) throw new Error(`${name} answered ${text}`);
  }

  #send(method: string, body?: string, extra: Record<string, string> = {}) {
    const headers: Record<string, string> = {
      Accept: method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream',
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(this.#sessionId !== '' && { 'Mcp-Session-Id': this.#sessionId }),
      ...extra,
    };
    return new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(this.#url, { method, headers, agent: this.#agent });
      sent.once('response', (answer) => {
        if (method === 'DELETE') answer.resume();
        resolve(answer);
      });
      sent.once('error', reject);
      sent.end(body);
    });
  }
}

/** A client that can be asked. */
const INITIALIZE = initializeText().replace(
  '"capabilities":{}',
  '"capabilities":{"elicitation":{}}',
);
const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}';

const callOf = (name: string, args: object): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name, arguments: args, _meta: { progressToken: 't' } },
  });

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += chunk;
  return text;
}

function firstChunk(answer: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    answer.once('data', (chunk) => resolve(String(chunk))).once('error', reject);
    answer.on('error', () => {});
  });
}
