/**
 * Whose a message is that names no request, and how `affinity: 'explicit'` keeps such messages in.
 *
 * @module
 */
import { EventEmitter, on, once } from 'node:events';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
  ElicitResultSchema,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { endpoint } from '../support/endpoint.js';
import { text, told } from '../support/tool-result.js';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;
type Job = () => Promise<void>;

const FORM = {
  message: '?',
  requestedSchema: { type: 'object' as const, properties: {} },
};

/** One worker for all jobs; it lives in the context of whoever came first. */
class Pool {
  readonly #jobs = new EventEmitter();
  #isStarted = false;

  run(work: Job): Promise<void> {
    if (!this.#isStarted) void this.#start();
    return new Promise((resolve, reject) => {
      this.#jobs.emit('job', () => work().then(resolve, reject));
    });
  }

  async #start(): Promise<void> {
    this.#isStarted = true;
    for await (const [job] of on(this.#jobs, 'job')) await job();
  }
}

/** A server whose tools speak out of a pool, out of a timer, and by the rules. */
function speaking(ticked: EventEmitter): McpServer {
  const server = new McpServer(
    { name: 'speaking', version: '1.0.0' },
    { capabilities: { logging: {} } },
  );
  const { server: inner } = server;
  const pool = new Pool();
  const say = (data: string) => inner.sendLoggingMessage({ level: 'info', data });
  const name = () => inner.getClientVersion()?.name ?? 'nobody';
  server.registerTool('from-pool', {}, async () => {
    const words = `for ${name()}, out of the pool`;
    await pool.run(() => say(words));
    return text('done');
  });
  server.registerTool('from-timer', {}, () => {
    setTimeout(() => say('for bob, out of a timer').then(() => ticked.emit('ticked')), 1);
    return text('done');
  });
  server.registerTool('ask-from-pool', {}, async () => {
    let code: unknown = 'answered';
    await pool.run(async () => {
      await inner.elicitInput(FORM).catch((error) => {
        code = error.code;
      });
    });
    return text(code);
  });
  registerByTheRules(server);
  return server;
}

function registerByTheRules(server: McpServer): void {
  const params = { level: 'info' as const, data: 'named' };
  server.registerTool('tell', {}, async (extra: Extra) => {
    await extra.sendNotification({ method: 'notifications/message', params });
    return text('done');
  });
  server.registerTool('ask-by-extra', {}, async (extra: Extra) => {
    const request = { method: 'elicitation/create' as const, params: FORM };
    return text((await extra.sendRequest(request, ElicitResultSchema)).action);
  });
  server.registerTool('ask-by-id', {}, async ({ requestId }: Extra) => {
    return text((await server.server.elicitInput(FORM, { relatedRequestId: requestId })).action);
  });
  server.registerTool('ask-without', {}, async () => {
    const code = await server.server.elicitInput(FORM).catch((error) => error.code);
    return text(code);
  });
}

/** Two clients of one server, each with its GET stream; `heard` tells what came, up to a fence. */
async function pair(affinity: 'context' | 'explicit') {
  const ticked = new EventEmitter();
  const { client, router } = await endpoint(speaking(ticked), { affinity });
  const options = {
    capabilities: { elicitation: {} },
    onRequest: () => ({ action: 'accept', content: {} }),
  };
  const ada = await client({ ...options, name: 'ada' });
  const bob = await client({ ...options, name: 'bob' });
  const streams = [await ada.listen(), await bob.listen()];
  const heard = async () => {
    router.mcp.notify.promptsChanged();
    const fence = 'notifications/prompts/list_changed';
    await Promise.all(streams.map(({ inbox }) => inbox.method(fence)));
    return streams.map(({ inbox }) =>
      inbox.all.filter(({ method }) => method !== fence).map(({ params }) => params?.data),
    );
  };
  return { ada, bob, heard, ticked };
}

describe('affinity: context', () => {
  it('gives what a pool says to the client whose call started the pool', async () => {
    const { ada, bob, heard } = await pair('context');
    await ada.callTool('from-pool').response;
    const call = bob.callTool('from-pool');
    await call.response;
    expect(await heard()).toEqual([['for bob, out of the pool'], []]);
    expect(call.inbox.all).toHaveLength(1);
  });

  it('gives what a timer says to the client whose call set it', async () => {
    const { ada, heard, ticked } = await pair('context');
    const isOver = once(ticked, 'ticked');
    await ada.callTool('from-timer').response;
    await isOver;
    expect(await heard()).toEqual([['for bob, out of a timer'], []]);
  });

  it('refuses a question out of a pool whose call has ended', async () => {
    const { ada, bob } = await pair('context');
    await ada.callTool('from-pool').response;
    const call = bob.callTool('ask-from-pool');
    expect(told(await call.response).value).toBe('ERR_MCP_NO_CLIENT');
  });
});

describe('affinity: explicit', () => {
  it('lets nothing that a pool says through, to the wrong client or the right one', async () => {
    const { ada, bob, heard } = await pair('explicit');
    const calls = [ada.callTool('from-pool'), bob.callTool('from-pool')];
    await Promise.all(calls.map(({ response }) => response));
    expect(await heard()).toEqual([[], []]);
    expect(calls.map(({ inbox }) => inbox.all.length)).toEqual([1, 1]);
  });

  it('lets nothing that a timer says through', async () => {
    const { ada, heard, ticked } = await pair('explicit');
    const isOver = once(ticked, 'ticked');
    const call = ada.callTool('from-timer');
    await call.response;
    await isOver;
    expect(await heard()).toEqual([[], []]);
    expect(call.inbox.all).toHaveLength(1);
  });

  it.each(['ask-from-pool', 'ask-without'])('refuses at once what %s does', async (tool) => {
    const { ada, bob } = await pair('explicit');
    await ada.callTool('from-pool').response;
    const call = bob.callTool(tool);
    expect(told(await call.response).value).toBe('ERR_MCP_NO_CLIENT');
    expect(call.inbox.all).toHaveLength(1);
  });

  it('sends what names its request: a notification', async () => {
    const { ada } = await pair('explicit');
    const call = ada.callTool('tell');
    await call.response;
    expect(call.inbox.all[0]?.params?.data).toBe('named');
  });

  it.each(['ask-by-extra', 'ask-by-id'])('sends what names its request: %s', async (tool) => {
    const { ada } = await pair('explicit');
    expect(told(await ada.callTool(tool).response).value).toBe('accept');
  });
});

describe('two mounts of one server', () => {
  it('are refused when they disagree', async () => {
    const server = speaking(new EventEmitter());
    await endpoint(server, { affinity: 'context' });
    await expect(endpoint(server, { affinity: 'explicit' })).rejects.toMatchObject({
      code: 'ERR_MCP_OPTION',
    });
  });
});
