/**
 * REL-40: readers that stop reading while a tool sends without end.
 *
 * @module
 */
import { request } from 'node:http';
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
import { type ServerUnderTest, withServer } from './server-under-test.js';
import { callText, SessionWire } from './session-wire.js';
import { SteadyClients } from './steady-client.js';

interface Crowd {
  readonly url: string;
  readonly readers: number;
  readonly messages: number;
  readonly bytes: number;
}

/** What became of the readers. */
interface CrowdResult {
  /** Connections that the server cut. */
  readonly cut: number;
  /** Readers that came back and were given their result. */
  readonly answered: number;
  /** Of these, told that events are gone. */
  readonly toldOfGap: number;
}

/** Runs in a process of its own: starts the floods, does not read, and comes back when they are over. */
export async function crowd({ url, readers, messages, bytes }: Crowd): Promise<CrowdResult> {
  const sessions = await Promise.all(Array.from({ length: readers }, () => SessionWire.open(url)));
  const args = { messages, bytes };
  const stopped = await Promise.all(
    sessions.map((session) => stopAfterFirstEvent(url, session, flood(args))),
  );
  const counter = await SessionWire.open(url);
  for (let id = 1; (await flooded(counter, id)) < readers; id += 1) {
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  const results = await Promise.all(
    sessions.map((session, at) => rest(url, session, stopped[at]?.eventId ?? '')),
  );
  for (const { destroy } of stopped) destroy();
  counter.close();
  for (const session of sessions) session.close();
  return {
    cut: stopped.filter(({ wasCut }) => wasCut()).length,
    answered: results.filter((text) => text.includes('"result"')).length,
    toldOfGap: results.filter((text) => text.includes('event: gap')).length,
  };
}

const headersOf = ({ sessionId, version }: SessionWire) => ({
  Accept: 'application/json, text/event-stream',
  'Mcp-Session-Id': sessionId,
  'MCP-Protocol-Version': version,
});

/** A call that wants to hear of its progress. */
const flood = (args: object): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'flood', arguments: args, _meta: { progressToken: 't' } },
  });

async function flooded(session: SessionWire, id: number): Promise<number> {
  const { text } = await session.post(callText(id, 'flooded', {}));
  return Number(JSON.parse(text).result.content[0].text);
}

interface Stopped {
  readonly eventId: string;
  wasCut(): boolean;
  destroy(): void;
}

/** Posts a call, reads its first event, and nothing more. */
function stopAfterFirstEvent(url: string, session: SessionWire, body: string): Promise<Stopped> {
  return new Promise((resolve, reject) => {
    const headers = { ...headersOf(session), 'Content-Type': 'application/json' };
    const sent = request(url, { method: 'POST', headers, agent: false });
    let wasCut = false;
    sent.once('error', reject);
    sent.once('response', (answer) => {
      sent.off('error', reject).on('error', () => {});
      answer.once('data', (chunk) => {
        answer.pause();
        const eventId = /^id: (.*)$/m.exec(String(chunk))?.[1] ?? '';
        // What the kernel holds is never read, so only the socket itself tells that it was cut.
        answer.socket.once('close', () => {
          wasCut = true;
        });
        resolve({ eventId, wasCut: () => wasCut, destroy: () => sent.destroy() });
      });
    });
    sent.end(body);
  });
}

/** What a reader is given that comes back for what it missed. */
function rest(url: string, session: SessionWire, eventId: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { ...headersOf(session), 'Last-Event-ID': eventId };
    const sent = request(url, { method: 'GET', headers, agent: false });
    sent.once('error', reject);
    sent.once('response', async (answer) => {
      let text = '';
      for await (const chunk of answer.setEncoding('utf8')) text += chunk;
      resolve(text);
    });
    sent.end();
  });
}

/** The most memory that a server was seen to have. */
class Highest {
  readonly #running: Promise<void>;
  #isRunning = true;
  #bytes = 0;

  constructor(server: ServerUnderTest) {
    this.#running = this.#watch(server);
  }

  async stop(): Promise<number> {
    this.#isRunning = false;
    await this.#running;
    return this.#bytes;
  }

  async #watch(server: ServerUnderTest): Promise<void> {
    while (this.#isRunning) {
      this.#bytes = Math.max(this.#bytes, await server.ask('rssBytes'));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Megabytes in use after a collection, inside and outside the heap. */
const growth = (before: NodeJS.MemoryUsage, after: NodeJS.MemoryUsage): number =>
  (after.heapUsed + after.external - before.heapUsed - before.external) / 1e6;

const SIZES = {
  short: { readers: 10, messages: 2_000, bytes: 10_000, calmMs: 500 },
  long: { readers: 100, messages: 20_000, bytes: 10_000, calmMs: 5_000 },
};

async function run(scale: Scale): Promise<Figure[]> {
  const { calmMs, ...size } = SIZES[scale];
  return withServer({ shape: 'app' }, async (server) => {
    const steady = await SteadyClients.start(server.url);
    await new Promise((resolve) => setTimeout(resolve, calmMs));
    steady.take();
    await new Promise((resolve) => setTimeout(resolve, calmMs));
    const before = steady.take();
    const calmMemory = await server.ask('memory');
    const highest = new Highest(server);
    const result = await inProcess<CrowdResult>(import.meta.url, 'crowd', {
      url: server.url,
      ...size,
    });
    const during = steady.take();
    const peak = await highest.stop();
    const kept = await server.ask('memory');
    await steady.stop();
    const [calm = 1, flooded = 0] = [before, during].map(({ latencies }) =>
      percentile(latencies, 0.99),
    );
    const sent = (size.messages * size.bytes) / 1e6;
    return [
      atMost(`${size.readers} × ${sent} MB unread: kept`, growth(calmMemory, kept), 'MB', 100),
      // Most of it is garbage: the collector counts memory outside the heap late.
      asSpeed(atMost('resident at its highest', (peak - calmMemory.rss) / 1e6, 'MB', 100)),
      exactly('readers that came back for their result', result.answered, '', size.readers),
      exactly('of them told that events are gone', result.toldOfGap, '', size.readers),
      told('connections seen to be cut', result.cut, ''),
      exactly('normal calls not served', before.lost + during.lost, '', 0),
      told('normal calls meanwhile', during.calls, ''),
      told('p99 of a normal call before', calm, 'ms'),
      told('p99 of a normal call meanwhile', flooded, 'ms'),
      asSpeed(atMost('ratio of the two', flooded / calm, '×', 1.5)),
    ];
  });
}

export const STOPPED_READERS: Experiment = {
  id: 'REL-40',
  title: 'Readers that stop reading',
  run,
};
