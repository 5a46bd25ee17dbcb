/**
 * The official clients of both generations, each calling all the time in one session.
 *
 * Knows: both SDKs' clients, which resume by themselves. Does not know: what breaks meanwhile.
 *
 * @module
 */
import {
  Client as Client2,
  StreamableHTTPClientTransport as Transport2,
} from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { atLeast, exactly, type Figure } from './experiment.js';
import { none } from './trips.js';

const INFO = { name: 'official', version: '1.0.0' };
const CALL_MS = 300;
const PAUSE_MS = 20;
const RECONNECTION = {
  initialReconnectionDelay: 50,
  maxReconnectionDelay: 500,
  reconnectionDelayGrowFactor: 1.5,
  maxRetries: 100,
};

/** One client of one generation. */
interface Caller {
  readonly generation: string;
  sessionId(): string | undefined;
  call(nonce: string): Promise<unknown>;
  close(): Promise<void>;
}

const argumentsOf = (nonce: string) => ({
  name: 'slow',
  arguments: { nonce, ms: CALL_MS, reports: 2 },
});

async function firstGeneration(url: string): Promise<Caller> {
  const transport = new Transport1(new URL(url), { reconnectionOptions: RECONNECTION });
  const client = new Client1(INFO);
  await client.connect(transport);
  return {
    generation: 'v1',
    sessionId: () => transport.sessionId,
    call: (nonce) =>
      client.callTool(argumentsOf(nonce), undefined, { onprogress: () => {}, timeout: 20_000 }),
    close: () => client.close(),
  };
}

async function secondGeneration(url: string): Promise<Caller> {
  const transport = new Transport2(new URL(url), { reconnectionOptions: RECONNECTION });
  const client = new Client2(INFO);
  await client.connect(transport);
  return {
    generation: 'v2',
    sessionId: () => transport.sessionId,
    call: (nonce) => client.callTool(argumentsOf(nonce), { onprogress: () => {}, timeout: 20_000 }),
    close: () => client.close(),
  };
}

const textOf = (result: unknown): string =>
  (result as { content?: [{ text: string }] }).content?.[0].text ?? '';

/**
 * Starts one client of each generation; `stop` tells how it went.
 *
 * @param isExcused - for what else than a result may come of a call, as its error says.
 */
export async function officialCallers(
  url: string,
  isExcused: (words: string) => boolean = () => false,
): Promise<{ stop(): Promise<Figure[]> }> {
  const callers = await Promise.all([firstGeneration(url), secondGeneration(url)]);
  let isRunning = true;
  const running = callers.map(async (caller) => {
    const { generation } = caller;
    const began = caller.sessionId();
    const faults: string[] = [];
    let calls = 0;
    for (; isRunning; calls += 1) {
      const nonce = `${generation}-${calls}`;
      const text = await caller.call(nonce).then(textOf, String);
      if (text !== nonce && !isExcused(text)) faults.push(`${nonce}: ${text}`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    const isSame = caller.sessionId() === began && began !== undefined;
    await caller.close();
    return [
      atLeast(`client ${generation}: calls`, calls, '', 1),
      none(`client ${generation}: that ended otherwise`, faults),
      exactly(`client ${generation}: still in its session`, isSame ? 1 : 0, '', 1),
    ];
  });
  return {
    stop: async () => {
      isRunning = false;
      return (await Promise.all(running)).flat();
    },
  };
}
