/**
 * Where each kind of message of the server goes.
 *
 * @module
 */
import { EventEmitter, once } from 'node:events';
import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
  UrlElicitationRequiredError,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { endpoint, type TestEndpoint } from '../support/endpoint.js';
import type { Message } from '../support/inbox.js';
import { text, told } from '../support/tool-result.js';

const NEWS = 'news://today';

const named = (capabilities: Record<string, unknown> = {}) =>
  new McpServer(
    { name: 'routing', version: '1.0.0' },
    { capabilities: { logging: {}, resources: { subscribe: true }, ...capabilities } },
  );

/** Two clients with GET streams. `fence` resolves when all that was sent before has arrived. */
async function pair({ client, router }: TestEndpoint, capabilities = {}) {
  const ada = await client({ name: 'ada', capabilities });
  const bob = await client({ name: 'bob', capabilities });
  const [hers, his] = [await ada.listen(), await bob.listen()];
  const fence = async () => {
    router.mcp.notify.promptsChanged();
    await Promise.all([hers, his].map(({ inbox }) => inbox.method(FENCE)));
  };
  const heard = (messages: readonly Message[]) => messages.filter(({ method }) => method !== FENCE);
  return {
    ada,
    bob,
    fence,
    hers: () => heard(hers.inbox.all),
    his: () => heard(his.inbox.all),
  };
}

const FENCE = 'notifications/prompts/list_changed';

describe('progress', () => {
  function stepping(): McpServer {
    const server = named();
    server.registerTool('step', {}, async ({ sendNotification, _meta }) => {
      const progressToken = _meta?.progressToken ?? 'invented';
      for (const progress of [1, 2, 3]) {
        await sendNotification({
          method: 'notifications/progress',
          params: { progressToken, progress },
        });
      }
      return text(typeof progressToken);
    });
    return server;
  }

  it.each(['token', 0, 7, ''])('carries the client’s own token %j', async (progressToken) => {
    const { client } = await endpoint(stepping());
    const call = (await client()).callTool('step', {}, { progressToken });
    await call.response;
    expect(call.inbox.all.slice(0, 3).map(({ params }) => params)).toEqual(
      [1, 2, 3].map((progress) => ({ progressToken, progress })),
    );
  });

  it('is not sent to a client that did not ask for it', async () => {
    const { client } = await endpoint(stepping());
    const call = (await client()).callTool('step');
    await call.response;
    expect(call.inbox.all).toHaveLength(1);
  });

  it('works without a session', async () => {
    const { client } = await endpoint(stepping(), { stateless: true });
    const call = (await client()).callTool('step', {}, { progressToken: 'p' });
    await call.response;
    expect(call.inbox.methods).toEqual([...Array(3).fill('notifications/progress'), undefined]);
  });
});

describe('logging', () => {
  function logging(): McpServer {
    const server = named();
    server.registerTool('log', {}, async ({ sendNotification }) => {
      await server.server.sendLoggingMessage({ level: 'debug', data: 'inner debug' });
      await server.server.sendLoggingMessage({ level: 'error', data: 'inner error' });
      const params = { level: 'info' as const, data: 'extra info' };
      await sendNotification({ method: 'notifications/message', params });
      return text('done');
    });
    return server;
  }

  const logged = ({ all }: { readonly all: readonly Message[] }) =>
    all.flatMap(({ params }) => (params === undefined ? [] : [params.data]));

  it('keeps each client’s level to itself', async () => {
    const { ada, bob } = await pair(await endpoint(logging()));
    expect((await ada.ask('logging/setLevel', { level: 'error' })).result).toEqual({});
    const calls = [ada.callTool('log'), bob.callTool('log')];
    await Promise.all(calls.map(({ response }) => response));
    expect(calls.map(({ inbox }) => logged(inbox))).toEqual([
      ['inner error'],
      ['inner debug', 'inner error', 'extra info'],
    ]);
  });

  it('follows a level that is changed', async () => {
    const { client } = await endpoint(logging());
    const ada = await client();
    const heard: unknown[] = [];
    for (const level of ['emergency', 'info', 'debug']) {
      await ada.ask('logging/setLevel', { level });
      const call = ada.callTool('log');
      await call.response;
      heard.push(logged(call.inbox));
    }
    expect(heard).toEqual([
      [],
      ['inner error', 'extra info'],
      ['inner debug', 'inner error', 'extra info'],
    ]);
  });

  it('refuses a level that there is not', async () => {
    const { client } = await endpoint(logging());
    const answer = await (await client()).ask('logging/setLevel', { level: 'loud' });
    expect(answer.error?.code).toBe(-32602);
  });

  it('goes to nobody outside every call', async () => {
    const server = logging();
    const { fence, hers, his } = await pair(await endpoint(server));
    await server.server.sendLoggingMessage({ level: 'error', data: 'to whom?' });
    await fence();
    expect([hers(), his()]).toEqual([[], []]);
  });
});

describe('resource subscriptions', () => {
  const updated = { method: 'notifications/resources/updated', params: { uri: NEWS } };

  it('tells subscribers and nobody else, until they unsubscribe', async () => {
    const server = named();
    const { ada, fence, hers, his } = await pair(await endpoint(server));
    expect((await ada.ask('resources/subscribe', { uri: NEWS })).result).toEqual({});
    await server.server.sendResourceUpdated({ uri: NEWS });
    await server.server.sendResourceUpdated({ uri: 'news://other' });
    await ada.ask('resources/unsubscribe', { uri: NEWS });
    await server.server.sendResourceUpdated({ uri: NEWS });
    await fence();
    expect([hers(), his()]).toMatchObject([[updated], []]);
  });

  it('tells subscribers of `mcp.notify.resourceUpdated`', async () => {
    const running = await endpoint(named());
    const { ada, fence, hers, his } = await pair(running);
    await ada.ask('resources/subscribe', { uri: NEWS });
    running.router.mcp.notify.resourceUpdated(NEWS);
    await fence();
    expect([hers(), his()]).toMatchObject([[updated], []]);
  });

  it('asks the server’s own handler, and unsubscribes at the session’s end', async () => {
    const events = new EventEmitter();
    const server = named();
    server.server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
      if (params.uri !== NEWS) throw new Error('no such news');
      return {};
    });
    server.server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
      events.emit('unsubscribed', params.uri);
      return {};
    });
    const { ada, bob, fence, hers, his } = await pair(await endpoint(server));
    await ada.ask('resources/subscribe', { uri: NEWS });
    expect((await bob.ask('resources/subscribe', { uri: 'news://no' })).error).toBeDefined();
    await server.server.sendResourceUpdated({ uri: 'news://no' });
    await server.server.sendResourceUpdated({ uri: NEWS });
    await fence();
    expect([hers(), his()]).toMatchObject([[updated], []]);
    const unsubscribed = once(events, 'unsubscribed');
    await ada.delete();
    expect(await unsubscribed).toEqual([NEWS]);
  });
});

describe('list_changed', () => {
  it.each(['tools', 'prompts', 'resources'])('of %s goes to every client', async (list) => {
    const capabilities = { tools: {}, prompts: {}, resources: {} };
    const server = new McpServer({ name: 'lists', version: '1.0.0' }, { capabilities });
    const { client } = await endpoint(server);
    const streams = await Promise.all([1, 2, 3].map(async () => (await client()).listen()));
    const method = `notifications/${list}/list_changed`;
    await server.server.notification({ method } as never);
    const heard = await Promise.all(streams.map(({ inbox }) => inbox.method(method)));
    expect(heard.map((message) => message.method)).toEqual([method, method, method]);
  });

  it('goes to the clients of every mount of the server', async () => {
    const server = named();
    server.registerTool('first', {}, () => text('x'));
    const mounts = [await endpoint(server), await endpoint(server, { responseMode: 'sse' })];
    const streams = await Promise.all(mounts.map(async ({ client }) => (await client()).listen()));
    server.registerTool('later', {}, () => text('x'));
    const method = 'notifications/tools/list_changed';
    const heard = await Promise.all(streams.map(({ inbox }) => inbox.method(method)));
    expect(heard).toHaveLength(2);
  });
});

describe('completions', () => {
  it('are answered in the asker’s context', async () => {
    const server = named();
    const complete = () => [server.server.getClientVersion()?.name ?? 'nobody'];
    server.registerPrompt(
      'greet',
      { argsSchema: { who: completable(z.string(), complete) } },
      () => ({
        messages: [],
      }),
    );
    const template = new ResourceTemplate('user://{who}', {
      list: undefined,
      complete: { who: complete },
    });
    server.registerResource('user', template, {}, () => ({ contents: [] }));
    const { ada, bob } = await pair(await endpoint(server));
    const argument = { name: 'who', value: '' };
    const prompt = { ref: { type: 'ref/prompt', name: 'greet' }, argument };
    const resource = { ref: { type: 'ref/resource', uri: 'user://{who}' }, argument };
    const answers = await Promise.all([
      ada.ask('completion/complete', prompt),
      bob.ask('completion/complete', resource),
    ]);
    expect(answers.map(({ result }) => result?.completion)).toMatchObject([
      { values: ['ada'] },
      { values: ['bob'] },
    ]);
  });
});

describe('elicitation/complete', () => {
  const complete = 'notifications/elicitation/complete';
  const url = 'https://example.com/login';

  it('goes to the client that was sent to the URL', async () => {
    const server = named();
    server.registerTool('login', {}, async () => {
      const params = { mode: 'url' as const, message: 'Log in', elicitationId: 'login-1', url };
      return text((await server.server.elicitInput(params)).action);
    });
    const { ada, fence, hers, his } = await pair(await endpoint(server), {
      elicitation: { url: {} },
    });
    const call = ada.callTool('login');
    const { id } = await call.inbox.method('elicitation/create');
    await ada.answer(id, { action: 'accept' });
    expect(told(await call.response).value).toBe('accept');
    const params = { elicitationId: 'login-1' };
    await server.server.notification({ method: complete, params });
    await server.server.notification({ method: complete, params: { elicitationId: 'other' } });
    await fence();
    expect([hers(), his()]).toMatchObject([[{ method: complete, params }], []]);
  });

  it('goes to the client that was told of the URL by an error', async () => {
    const server = named();
    server.registerTool('login', {}, () => {
      const elicitation = {
        mode: 'url' as const,
        message: 'Log in',
        elicitationId: 'login-2',
        url,
      };
      throw new UrlElicitationRequiredError([elicitation]);
    });
    const { bob, fence, hers, his } = await pair(await endpoint(server), {
      elicitation: { url: {} },
    });
    expect((await bob.callTool('login').response)?.error?.code).toBe(-32042);
    await server.server.notification({ method: complete, params: { elicitationId: 'login-2' } });
    await fence();
    expect([hers(), his()]).toMatchObject([[], [{ params: { elicitationId: 'login-2' } }]]);
  });
});
