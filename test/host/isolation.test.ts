/**
 * Sixty-four clients, one server, the same ids: nobody hears what is not theirs.
 *
 * @module
 */
import { EventEmitter, once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { endpoint, type TestEndpoint } from '../support/endpoint.js';
import type { Message } from '../support/inbox.js';
import type { RawCall, RawClient, RawStream } from '../support/raw-client.js';
import { text, told } from '../support/tool-result.js';

const CLIENTS = 64;
const CALLS = 200;
/**
 * With eight at once and every core busy, answers reach the endpoint up to 40 s late: all arrive, but
 * `askMs` would run out first, and this test is of isolation.
 */
const AT_ONCE = 4;

/** A question that went astray is a fault soon, not a minute later. */
const LIMITS = { limits: { askMs: 40_000 } };

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

const ARGS = { who: z.string(), nth: z.number() };

/** What the server sent, and which calls it saw cancelled. */
interface Ledger {
  progress: number;
  logs: number;
  questions: number;
  readonly cancelled: Set<string>;
  /** Emits the name of each call that hangs from now on. */
  readonly hanging: EventEmitter;
}

function busyServer(ledger: Ledger): McpServer {
  const server = new McpServer(
    { name: 'busy', version: '1.0.0' },
    { capabilities: { logging: {} } },
  );
  const report = async (who: string, nth: number, extra: Extra) => {
    const progressToken = extra._meta?.progressToken ?? 'none';
    ledger.progress += 1;
    await extra.sendNotification({
      method: 'notifications/progress',
      params: { progressToken, progress: nth, message: who },
    });
    await setImmediate();
    ledger.logs += 1;
    await server.server.sendLoggingMessage({ level: 'info', data: `${who} ${nth}` });
  };
  server.registerTool('talk', { inputSchema: ARGS }, async ({ who, nth }, extra) => {
    await report(who, nth, extra);
    return text([who, nth, server.server.getClientVersion()?.name]);
  });
  server.registerTool('ask', { inputSchema: ARGS }, async ({ who, nth }, extra) => {
    await report(who, nth, extra);
    ledger.questions += 1;
    const requestedSchema = { type: 'object' as const, properties: {} };
    const { content } = await server.server.elicitInput({ message: who, requestedSchema });
    return text([who, nth, content?.name]);
  });
  server.registerTool('hang', { inputSchema: ARGS }, async ({ who, nth }, extra) => {
    await report(who, nth, extra);
    const aborted = new Promise((resolve) => extra.signal.addEventListener('abort', resolve));
    ledger.hanging.emit(`${who} ${nth}`);
    await aborted;
    ledger.cancelled.add(`${who} ${nth}`);
    return text('never read');
  });
  return server;
}

/** What one client saw that was its own; anything else is a fault. */
class Receiver {
  readonly seen = { progress: 0, logs: 0, questions: 0, answers: 0, cancelled: 0 };
  readonly faults: unknown[] = [];
  readonly #client: RawClient;
  readonly #hanging: EventEmitter;

  constructor(client: RawClient, { hanging }: Ledger) {
    this.#client = client;
    this.#hanging = hanging;
  }

  async run(): Promise<void> {
    let next = 0;
    const worker = async () => {
      for (let nth = next++; nth < CALLS; nth = next++) await this.#call(nth);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  async #call(nth: number): Promise<void> {
    const tool = ['talk', 'ask', 'talk', 'hang'][nth % 4] ?? 'talk';
    const args = { who: this.#client.name, nth };
    const isHanging = tool === 'hang' && once(this.#hanging, `${this.#client.name} ${nth}`);
    const call = this.#client.callTool(tool, args, { id: nth, progressToken: nth });
    if (await isHanging) await this.#client.notify('notifications/cancelled', { requestId: nth });
    this.#check(call, tool, nth, await call.response);
  }

  #check(call: RawCall, tool: string, nth: number, response: Message | undefined): void {
    const { name } = this.#client;
    const { seen } = this;
    for (const message of call.inbox.all) {
      const { params } = message;
      if (message === response) continue;
      if (message.method === 'notifications/progress') {
        seen.progress += 1;
        this.#expect([params?.progressToken, params?.message], [nth, name]);
      } else if (message.method === 'notifications/message') {
        seen.logs += 1;
        this.#expect(params?.data, `${name} ${nth}`);
      } else {
        seen.questions += 1;
        this.#expect([message.method, params?.message], ['elicitation/create', name]);
      }
    }
    if (tool === 'hang') {
      seen.cancelled += 1;
      this.#expect(response, undefined);
    } else {
      seen.answers += 1;
      this.#expect([response?.id, told(response).value], [nth, [name, nth, name]]);
    }
  }

  #expect(got: unknown, wanted: unknown): void {
    if (JSON.stringify(got) !== JSON.stringify(wanted)) this.faults.push({ got, wanted });
  }
}

/** Clients with names of their own that answer every question with their name. */
const crowd = ({ client }: TestEndpoint): Promise<RawClient[]> =>
  Promise.all(
    Array.from({ length: CLIENTS }, (_, index) =>
      client({
        name: `client-${index}`,
        capabilities: { elicitation: {} },
        onRequest: () => ({ action: 'accept', content: { name: `client-${index}` } }),
      }),
    ),
  );

it('keeps 64 clients with identical ids apart over 12 800 calls', {
  timeout: 180_000,
}, async () => {
  const ledger: Ledger = {
    progress: 0,
    logs: 0,
    questions: 0,
    cancelled: new Set(),
    hanging: new EventEmitter().setMaxListeners(0),
  };
  const clients = await crowd(await endpoint(busyServer(ledger), LIMITS));
  const streams = await Promise.all(clients.map((client) => client.listen()));
  const receivers = clients.map((client) => new Receiver(client, ledger));
  await Promise.all(receivers.map((receiver) => receiver.run()));

  expect(receivers.flatMap(({ faults }) => faults)).toEqual([]);
  const quarter = CALLS / 4;
  const perClient = {
    progress: CALLS,
    logs: CALLS,
    questions: quarter,
    answers: CALLS - quarter,
    cancelled: quarter,
  };
  expect(receivers.map(({ seen }) => seen)).toEqual(clients.map(() => perClient));
  expect(ledger).toMatchObject({
    progress: CLIENTS * CALLS,
    logs: CLIENTS * CALLS,
    questions: CLIENTS * quarter,
  });
  expect(ledger.cancelled.size).toBe(CLIENTS * quarter);
  expect(streams.flatMap(({ inbox }) => inbox.all)).toEqual([]);
});

it('tells 64 of 64 clients of a change that one client’s call made', async () => {
  const server = new McpServer({ name: 'changing', version: '1.0.0' });
  server.registerTool('change', {}, () => {
    server.registerTool('added', {}, () => text('new'));
    return text('done');
  });
  const clients = await crowd(await endpoint(server));
  const streams = await Promise.all(clients.map((client) => client.listen()));
  const call = clients[0]?.callTool('change');
  await call?.response;
  await Promise.all(streams.map(({ inbox }) => inbox.method('notifications/tools/list_changed')));
  expect(streams.map(({ inbox }: RawStream) => inbox.all.length)).toEqual(clients.map(() => 1));
  expect(call?.inbox.all).toHaveLength(1);
});

it('ignores an answer from a session that was not asked', async () => {
  const server = new McpServer({ name: 'asking', version: '1.0.0' });
  server.registerTool('ask', {}, async () => {
    const requestedSchema = { type: 'object' as const, properties: {} };
    return text((await server.server.elicitInput({ message: '?', requestedSchema })).content);
  });
  const { client } = await endpoint(server);
  const ada = await client({ capabilities: { elicitation: {} } });
  const eve = await client({ capabilities: { elicitation: {} } });
  const call = ada.callTool('ask');
  const { id } = await call.inbox.method('elicitation/create');
  const answer = (name: string) => ({ action: 'accept', content: { name } });
  expect(await eve.answer(id, answer('eve'))).toBe(202);
  expect(await ada.answer(id, answer('ada'))).toBe(202);
  expect(told(await call.response).value).toEqual({ name: 'ada' });
});

it('ignores a cancellation from a session that did not call', async () => {
  const aborted: string[] = [];
  const server = new McpServer(
    { name: 'waiting', version: '1.0.0' },
    { capabilities: { logging: {} } },
  );
  const gate = new EventEmitter();
  server.registerTool('wait', { inputSchema: ARGS }, async ({ who }, extra) => {
    extra.signal.addEventListener('abort', () => aborted.push(who));
    await extra.sendNotification({
      method: 'notifications/message',
      params: { level: 'info', data: who },
    });
    await once(gate, 'open');
    return text(who);
  });
  const { client } = await endpoint(server);
  const [ada, eve] = [await client({ name: 'ada' }), await client({ name: 'eve' })];
  const call = ada.callTool('wait', { who: 'ada', nth: 0 }, { id: 7 });
  await call.inbox.method('notifications/message');
  expect(await eve.notify('notifications/cancelled', { requestId: 7 })).toBe(202);
  gate.emit('open');
  expect(told(await call.response).value).toBe('ada');
  expect(aborted).toEqual([]);
});
