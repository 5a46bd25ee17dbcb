/**
 * JSON arrays of messages: 2025-03-26 has them, later revisions do not.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { McpRouterOptions } from 'express-mcp-router';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { endpoint } from '../support/endpoint.js';
import { messagesOf, refusalOf, type Sent, send } from '../support/http-client.js';
import { text, told } from '../support/tool-result.js';

type Answers = Parameters<typeof told>[0][];

/** A server whose tools answer at once, after a report, or when they are cancelled. */
function createServer() {
  const server = new McpServer({ name: 'batches', version: '1.0.0' });
  const seen = { held: 0, cancelled: 0 };
  server.registerTool('echo', { inputSchema: { say: z.string() } }, ({ say }) => text(say));
  server.registerTool('report', {}, async ({ _meta, sendNotification }) => {
    const params = { progressToken: _meta?.progressToken ?? 'none', progress: 1 };
    await sendNotification({ method: 'notifications/progress', params });
    return text('reported');
  });
  server.registerTool('hold', {}, async ({ signal }) => {
    seen.held += 1;
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    seen.cancelled += 1;
    return text('never read');
  });
  return { server, seen };
}

/** An endpoint and a session of one revision; `post` sends a batch in it. */
async function session(version = '2025-03-26', options: McpRouterOptions = {}) {
  const { server, seen } = createServer();
  const { url, client } = await endpoint(server, options);
  const ada = await client({ version });
  const named = { 'Mcp-Session-Id': ada.sessionId };
  const post = (body: unknown, headers: Sent['headers'] = {}) =>
    send(url, { body, headers: { ...named, ...headers } });
  return { ada, url, seen, post };
}

const call = (id: string | number, name: string, args: object = {}, _meta?: object) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args, ...(_meta && { _meta }) },
});
const echo = (id: string | number) => call(id, 'echo', { say: `said ${id}` });
const cancel = (requestId: string | number) => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId },
});

const byId = (answers: Answers) =>
  Object.fromEntries(answers.map((answer) => [answer?.id, told(answer).value]));

describe('a batch in 2025-03-26', () => {
  it('is answered with one array, an answer for each request', async () => {
    const { post } = await session();
    const answer = await post([echo(1), echo('two'), echo(3)]);
    expect(answer.headers['content-type']).toMatch('application/json');
    expect(answer.text).toMatch(/^\[.*\]$/s);
    expect(byId(messagesOf(answer))).toEqual({ 1: 'said 1', two: 'said two', 3: 'said 3' });
  });

  it('of one request is still answered with an array', async () => {
    const { post } = await session();
    expect(JSON.parse((await post([echo(1)])).text)).toMatchObject([{ id: 1, result: {} }]);
  });

  it('holds errors beside results', async () => {
    const { post } = await session();
    const unknown = { jsonrpc: '2.0', id: 2, method: 'no/such' };
    const answers = messagesOf(await post([echo(1), unknown]));
    expect(answers.find(({ id }) => id === 2)?.error?.code).toBe(-32601);
    expect(answers.find(({ id }) => id === 1)?.result).toBeDefined();
  });

  it.each([
    ['notifications', [cancel(8), cancel(9)]],
    ['answers', [{ jsonrpc: '2.0', id: 's.x.1', result: {} }]],
    ['both', [cancel(8), { jsonrpc: '2.0', id: 's.x.1', result: {} }]],
  ])('of %s alone is accepted with 202 and no body', async (_what, batch) => {
    const { post } = await session();
    const { status, text: body } = await post(batch);
    expect({ status, body }).toEqual({ status: 202, body: '' });
  });

  it('answers its requests, not its notifications', async () => {
    const { post } = await session();
    const answers = messagesOf(await post([cancel(9), echo(1), cancel(8)]));
    expect(byId(answers)).toEqual({ 1: 'said 1' });
  });

  it('becomes an event stream when one of its calls sends something first', async () => {
    const { post } = await session();
    const answer = await post([echo(1), call(2, 'report', {}, { progressToken: 'p' }), echo(3)]);
    expect(answer.headers['content-type']).toMatch('text/event-stream');
    const answers = messagesOf(answer).filter(({ method }) => method === undefined);
    expect(byId(answers)).toEqual({ 1: 'said 1', 2: 'reported', 3: 'said 3' });
  });

  it('is an event stream of single messages in mode sse', async () => {
    const { post } = await session('2025-03-26', { responseMode: 'sse' });
    const answer = await post([echo(1), echo(2)]);
    expect(answer.headers['content-type']).toMatch('text/event-stream');
    expect(byId(messagesOf(answer))).toEqual({ 1: 'said 1', 2: 'said 2' });
  });

  it('ends when its last call does, a cancelled one unanswered', async () => {
    const { ada, seen, post } = await session();
    const answering = post([echo(1), call(2, 'hold')]);
    await expect.poll(() => seen.held).toBe(1);
    await ada.post(cancel(2));
    expect(byId(messagesOf(await answering))).toEqual({ 1: 'said 1' });
    expect(seen.cancelled).toBe(1);
  });

  it('is what a client without a version header may send', async () => {
    const { url } = await endpoint(createServer().server, { stateless: true });
    expect(byId(messagesOf(await send(url, { body: [echo(1)] })))).toEqual({ 1: 'said 1' });
  });
});

describe('a batch that is refused as a whole', () => {
  it.each([
    ['empty', [], { status: 400, code: -32600, reason: 'empty_batch' }],
    [
      'too long',
      Array.from({ length: 4 }, (_, id) => echo(id)),
      {
        status: 413,
        code: -32600,
        reason: 'batch_too_large',
      },
    ],
    [
      'with initialize',
      [{ jsonrpc: '2.0', id: 1, method: 'initialize', params: {} }],
      {
        status: 400,
        code: -32600,
        reason: 'initialize_in_batch',
      },
    ],
    [
      'with the same id twice',
      [echo(1), echo(1)],
      {
        status: 409,
        code: -32600,
        reason: 'duplicate_id',
      },
    ],
    ['with a batch inside', [[echo(1)]], { status: 400, code: -32600, reason: 'invalid_message' }],
    [
      'with null inside',
      [echo(1), null],
      {
        status: 400,
        code: -32600,
        reason: 'invalid_message',
      },
    ],
  ])('%s', async (_what, batch, refusal) => {
    const { post } = await session('2025-03-26', { limits: { batch: 3 } });
    expect(refusalOf(await post(batch))).toEqual(refusal);
  });

  it('is not served in part: a fault at its end stops its beginning', async () => {
    const { post, seen } = await session();
    await post([call(1, 'hold'), { jsonrpc: '1.0', id: 2, method: 'ping' }]);
    expect(seen.held).toBe(0);
  });

  it('counts against callsPerSession', async () => {
    const { post } = await session('2025-03-26', { limits: { callsPerSession: 2 } });
    expect(refusalOf(await post([echo(1), echo(2), echo(3)]))).toMatchObject({
      status: 429,
      reason: 'calls_per_session',
    });
    expect((await post([echo(1), echo(2)])).status).toBe(200);
  });
});

describe.each(['2025-06-18', '2025-11-25'])('in %s (changelog: removed batching)', (version) => {
  const REFUSED = { status: 400, code: -32600, reason: 'batch_not_allowed' };

  it.each([
    ['requests', [echo(1), echo(2)]],
    ['one request', [echo(1)]],
    ['notifications', [cancel(8), cancel(9)]],
    ['answers', [{ jsonrpc: '2.0', id: 's.x.1', result: {} }]],
  ])('a batch of %s is refused', async (_what, batch) => {
    const { post } = await session(version);
    expect(refusalOf(await post(batch))).toEqual(REFUSED);
  });

  it('a refused batch does nothing: what it cancels runs on', async () => {
    const { ada, post, seen } = await session(version);
    const held = ada.callTool('hold', {}, { id: 'held' });
    await expect.poll(() => seen.held).toBe(1);
    expect(refusalOf(await post([cancel('held'), echo(1)]))).toEqual(REFUSED);
    expect(seen.cancelled).toBe(0);
    await ada.post(cancel('held'));
    await held.response;
  });

  it('a stateless endpoint refuses it by the version header', async () => {
    const { url } = await endpoint(createServer().server, { stateless: true });
    const headers = { 'MCP-Protocol-Version': version };
    expect(refusalOf(await send(url, { body: [echo(1)], headers }))).toEqual(REFUSED);
  });
});
