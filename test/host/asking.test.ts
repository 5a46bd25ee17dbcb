/**
 * What a server asks its clients: elicitation, sampling, roots, ping.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { endpoint } from '../support/endpoint.js';
import { text, told } from '../support/tool-result.js';

const FORM = {
  message: 'Your name?',
  requestedSchema: { type: 'object' as const, properties: { name: { type: 'string' as const } } },
};
const ACCEPTED = { action: 'accept', content: { name: 'Ada' } };

type Ask = (server: McpServer['server']) => Promise<unknown>;

/** A server with one tool that asks its client something and returns what it was told. */
function asking(ask: Ask): McpServer {
  const server = new McpServer({ name: 'asking', version: '1.0.0' });
  server.registerTool('ask', {}, async () => text(await ask(server.server)));
  return server;
}

const ELICITS: Ask = (server) => server.elicitInput(FORM);
const SAMPLES: Ask = (server) =>
  server.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text: 'Hi' } }],
    maxTokens: 10,
  });

describe('elicitation', () => {
  it('is answered in milliseconds on the call’s own stream, without a GET stream', async () => {
    const { client } = await endpoint(asking(ELICITS));
    const ada = await client({ capabilities: { elicitation: {} }, onRequest: () => ACCEPTED });
    const startedAt = performance.now();
    const call = ada.callTool('ask');
    const response = await call.response;
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(call.inbox.methods).toEqual(['elicitation/create', undefined]);
    expect(told(response)).toEqual({ value: ACCEPTED, isError: false });
  });

  it('sends the form as it was asked and an id that is unique to the instance', async () => {
    const { client } = await endpoint(asking(ELICITS));
    const ada = await client({ capabilities: { elicitation: {} } });
    const call = ada.callTool('ask');
    const question = await call.inbox.method('elicitation/create');
    expect(question.params).toMatchObject(FORM);
    expect(question.id).toMatch(/^s\.[\w-]+\.\d+$/);
    expect(await ada.answer(question.id, ACCEPTED)).toBe(202);
    expect(told(await call.response).isError).toBe(false);
  });

  it('sends a client to a URL', async () => {
    const url = 'https://example.com/pay';
    const ask: Ask = (server) =>
      server.elicitInput({ mode: 'url', message: 'Pay', elicitationId: 'e1', url });
    const { client } = await endpoint(asking(ask));
    const ada = await client({
      capabilities: { elicitation: { url: {} } },
      onRequest: () => ({ action: 'accept' }),
    });
    const call = ada.callTool('ask');
    expect(told(await call.response)).toEqual({ value: { action: 'accept' }, isError: false });
    expect(call.inbox.all[0]?.params).toMatchObject({ mode: 'url', elicitationId: 'e1', url });
  });

  it('hands a client’s refusal to the tool', async () => {
    const { client } = await endpoint(asking(ELICITS));
    const ada = await client({
      capabilities: { elicitation: {} },
      onRequest: () => ({ action: 'decline' }),
    });
    expect(told(await ada.callTool('ask').response).value).toEqual({ action: 'decline' });
  });

  it('hands a client’s error to the tool', async () => {
    const { client } = await endpoint(asking(ELICITS));
    const ada = await client({ capabilities: { elicitation: {} } });
    const call = ada.callTool('ask');
    const { id } = await call.inbox.method('elicitation/create');
    await ada.post({ jsonrpc: '2.0', id, error: { code: -32000, message: 'not today' } });
    const { value, isError } = told(await call.response);
    expect({ isError, value }).toEqual({
      isError: true,
      value: expect.stringContaining('not today'),
    });
  });
});

describe('sampling, roots and ping', () => {
  it('samples', async () => {
    const sampled = { role: 'assistant', content: { type: 'text', text: 'Hello' }, model: 'm' };
    const { client } = await endpoint(asking(SAMPLES));
    const ada = await client({ capabilities: { sampling: {} }, onRequest: () => sampled });
    expect(told(await ada.callTool('ask').response).value).toEqual(sampled);
  });

  it('lists roots', async () => {
    const roots = { roots: [{ uri: 'file:///home/ada' }] };
    const { client } = await endpoint(asking((server) => server.listRoots()));
    const ada = await client({ capabilities: { roots: {} }, onRequest: () => roots });
    expect(told(await ada.callTool('ask').response).value).toEqual(roots);
  });

  it('pings', async () => {
    const { client } = await endpoint(asking((server) => server.ping()));
    const ada = await client({ onRequest: () => ({}) });
    const call = ada.callTool('ask');
    expect(told(await call.response)).toEqual({ value: {}, isError: false });
    expect(call.inbox.methods).toEqual(['ping', undefined]);
  });

  it('passes a client’s progress on a question to the tool', async () => {
    const reported: unknown[] = [];
    const ask: Ask = (server) =>
      server.elicitInput(FORM, { onprogress: ({ progress }) => reported.push(progress) });
    const { client } = await endpoint(asking(ask));
    const ada = await client({ capabilities: { elicitation: {} } });
    const call = ada.callTool('ask');
    const { id, params } = await call.inbox.method('elicitation/create');
    const { progressToken } = (params?._meta ?? {}) as { progressToken?: string };
    await ada.notify('notifications/progress', { progressToken, progress: 3 });
    await ada.answer(id, ACCEPTED);
    await call.response;
    expect(reported).toEqual([3]);
  });
});

describe('what a client cannot do', () => {
  const toolUse: Ask = (server) =>
    server.createMessage({
      messages: [{ role: 'user', content: { type: 'text', text: 'Hi' } }],
      maxTokens: 10,
      tools: [{ name: 't', inputSchema: { type: 'object' } }],
    });
  const visit: Ask = (server) =>
    server.elicitInput({
      mode: 'url',
      message: 'Go',
      elicitationId: 'e',
      url: 'https://a.example',
    });

  it.each([
    ['elicitation', {}, ELICITS, 'Client does not support elicitation'],
    ['URLs', { elicitation: { form: {} } }, visit, 'Client does not support url elicitation.'],
    ['forms', { elicitation: { url: {} } }, ELICITS, 'Client does not support form elicitation.'],
    ['sampling', {}, SAMPLES, 'Client does not support sampling'],
    ['tools in sampling', { sampling: {} }, toolUse, 'Client does not support sampling tools'],
    ['roots', {}, (server: McpServer['server']) => server.listRoots(), 'Client does not support'],
  ])(
    '%s is refused with the SDK’s words and never sent',
    async (_what, capabilities, ask, words) => {
      const { client } = await endpoint(asking(ask as Ask));
      const ada = await client({ capabilities });
      const call = ada.callTool('ask');
      const { value, isError } = told(await call.response);
      expect({ isError, value }).toEqual({ isError: true, value: expect.stringContaining(words) });
      expect(call.inbox.all).toHaveLength(1);
    },
  );

  it('is told per call: two clients of one server differ', async () => {
    const server = asking(async (inner) => [
      inner.getClientCapabilities(),
      inner.getClientVersion(),
    ]);
    const { client } = await endpoint(server);
    const [ada, bob] = [
      await client({ name: 'ada', capabilities: { sampling: {} } }),
      await client({ name: 'bob', capabilities: { roots: {} } }),
    ];
    const answers = await Promise.all([ada, bob].map((one) => one.callTool('ask').response));
    expect(answers.map((answer) => told(answer).value)).toEqual([
      [{ sampling: {} }, { name: 'ada', version: '1.0.0' }],
      [{ roots: {} }, { name: 'bob', version: '1.0.0' }],
    ]);
  });
});
