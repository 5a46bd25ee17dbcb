/**
 * Calls that end before their answer: cancelled, timed out, left, or gone with their session.
 *
 * @module
 */
import { EventEmitter, once } from 'node:events';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { endpoint } from '../support/endpoint.js';
import { text, told } from '../support/tool-result.js';

const FORM = { message: '?', requestedSchema: { type: 'object' as const, properties: {} } };

/** A server that waits for `open`, and tells of what it begins and what is aborted. */
function waiting() {
  const events = new EventEmitter();
  const server = new McpServer({ name: 'waiting', version: '1.0.0' });
  server.registerTool('wait', {}, async ({ signal }) => {
    signal.addEventListener('abort', () => events.emit('aborted', signal.reason));
    const isOpen = once(events, 'open');
    events.emit('begun');
    await isOpen;
    events.emit('finished');
    return text('done');
  });
  server.registerTool('ask', {}, async ({ signal }) => {
    const asked = server.server.elicitInput(FORM, { signal });
    asked.catch((error) => events.emit('unasked', error));
    return text((await asked).action);
  });
  server.registerTool('echo', {}, () => text('here'));
  return { server, events };
}

describe('a cancelled call', () => {
  it('ends its response without an answer (2025-11-25 cancellation)', async () => {
    const { server, events } = waiting();
    const { client } = await endpoint(server);
    const ada = await client();
    const begun = once(events, 'begun');
    const aborted = once(events, 'aborted');
    const call = ada.callTool('wait', {}, { id: 'w' });
    await begun;
    expect(await ada.notify('notifications/cancelled', { requestId: 'w', reason: 'bored' })).toBe(
      202,
    );
    expect(await call.response).toBeUndefined();
    expect(await aborted).toEqual(['bored']);
    expect(call.inbox.all).toEqual([]);
  });

  it('ends with JSON mode too', async () => {
    const { server, events } = waiting();
    const { client } = await endpoint(server, { responseMode: 'json' });
    const ada = await client();
    const begun = once(events, 'begun');
    const call = ada.callTool('wait', {}, { id: 1 });
    await begun;
    await ada.notify('notifications/cancelled', { requestId: 1 });
    expect(await call.response).toBeUndefined();
  });

  it('frees its id: the same one may be used again', async () => {
    const { server, events } = waiting();
    const { client } = await endpoint(server);
    const ada = await client();
    const begun = once(events, 'begun');
    const call = ada.callTool('wait', {}, { id: 5 });
    await begun;
    await ada.notify('notifications/cancelled', { requestId: 5 });
    await call.response;
    expect(told(await ada.callTool('echo', {}, { id: 5 }).response).value).toBe('here');
  });

  it('is known by the type of its id: 1 is not "1"', async () => {
    const { server, events } = waiting();
    const { client } = await endpoint(server);
    const ada = await client();
    const begun = once(events, 'begun');
    const call = ada.callTool('wait', {}, { id: 1 });
    await begun;
    await ada.notify('notifications/cancelled', { requestId: '1' });
    events.emit('open');
    expect(told(await call.response).value).toBe('done');
  });

  it('takes its question with it: the client is told, and a late answer is ignored', async () => {
    const { server, events } = waiting();
    const { client, router } = await endpoint(server);
    const ada = await client({ capabilities: { elicitation: {} } });
    const stream = await ada.listen();
    const unasked = once(events, 'unasked');
    const call = ada.callTool('ask', {}, { id: 2 });
    const { id } = await call.inbox.method('elicitation/create');
    await ada.notify('notifications/cancelled', { requestId: 2 });
    await unasked;
    expect(await call.response).toBeUndefined();
    expect(await ada.answer(id, { action: 'accept', content: {} })).toBe(202);
    router.mcp.notify.promptsChanged();
    await stream.inbox.method('notifications/prompts/list_changed');
    const heard = [...call.inbox.all, ...stream.inbox.all].find(
      ({ method }) => method === 'notifications/cancelled',
    );
    expect(heard?.params?.requestId).toBe(id);
  });
});

describe('a cancellation', () => {
  it.each([
    ['an unknown request', { requestId: 99 }],
    ['no request', {}],
    ['null', { requestId: null }],
  ])('of %s is accepted and changes nothing', async (_what, params) => {
    const { server } = waiting();
    const { client } = await endpoint(server);
    const ada = await client();
    expect(await ada.notify('notifications/cancelled', params)).toBe(202);
    expect(told(await ada.callTool('echo').response).value).toBe('here');
  });

  it('of a call that is over is ignored', async () => {
    const { server } = waiting();
    const { client } = await endpoint(server);
    const ada = await client();
    await ada.callTool('echo', {}, { id: 3 }).response;
    expect(await ada.notify('notifications/cancelled', { requestId: 3 })).toBe(202);
    expect(told(await ada.callTool('echo', {}, { id: 3 }).response).value).toBe('here');
  });

  it('without a session is accepted and ignored', async () => {
    const { server, events } = waiting();
    const { client } = await endpoint(server, { stateless: true });
    const ada = await client();
    const begun = once(events, 'begun');
    const call = ada.callTool('wait', {}, { id: 1 });
    await begun;
    expect(await ada.notify('notifications/cancelled', { requestId: 1 })).toBe(202);
    events.emit('open');
    expect(told(await call.response).value).toBe('done');
  });
});

describe('a call', () => {
  it('goes on when its connection breaks (2025-11-25 transports)', async () => {
    const { server, events } = waiting();
    const { client } = await endpoint(server);
    const ada = await client();
    const begun = once(events, 'begun');
    const call = ada.callTool('wait');
    await begun;
    call.disconnect();
    expect(told(await ada.callTool('echo').response).value).toBe('here');
    const finished = once(events, 'finished');
    events.emit('open');
    await finished;
  });

  it('ends with reason timeout after limits.callMs', async () => {
    const { server, events } = waiting();
    const { client } = await endpoint(server, { limits: { callMs: 50 } });
    const ada = await client();
    const aborted = once(events, 'aborted');
    const response = await ada.callTool('wait').response;
    await aborted;
    expect(response?.error?.data).toEqual({ reason: 'timeout' });
  });

  it('ends with a definite error when its session is deleted', async () => {
    const { server, events } = waiting();
    const { client } = await endpoint(server);
    const ada = await client();
    const begun = once(events, 'begun');
    const aborted = once(events, 'aborted');
    const call = ada.callTool('wait');
    await begun;
    expect(await ada.delete()).toBe(200);
    expect((await call.response)?.error?.data).toEqual({ reason: 'session_ended' });
    await aborted;
  });

  it('ends with shutting_down when the server closes', async () => {
    const { server, events } = waiting();
    const { client } = await endpoint(server);
    const ada = await client();
    const begun = once(events, 'begun');
    const call = ada.callTool('wait');
    await begun;
    await server.close();
    expect((await call.response)?.error?.data).toEqual({ reason: 'shutting_down' });
  });
});

describe('a question', () => {
  it('times out after limits.askMs, and the client is told', async () => {
    const { server } = waiting();
    const { client } = await endpoint(server, { limits: { askMs: 50 } });
    const ada = await client({ capabilities: { elicitation: {} } });
    const call = ada.callTool('ask');
    const response = await call.response;
    expect(told(response).isError).toBe(true);
    const question = await call.inbox.method('elicitation/create');
    const { params } = await call.inbox.method('notifications/cancelled');
    expect(params?.requestId).toBe(question.id);
  });

  it('is refused when its session is deleted, and so is its call', async () => {
    const { server, events } = waiting();
    const { client } = await endpoint(server);
    const ada = await client({ capabilities: { elicitation: {} } });
    const unasked = once(events, 'unasked');
    const call = ada.callTool('ask');
    await call.inbox.method('elicitation/create');
    await ada.delete();
    await unasked;
    expect((await call.response)?.error?.data).toEqual({ reason: 'session_ended' });
  });
});
