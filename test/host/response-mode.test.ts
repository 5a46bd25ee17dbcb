/**
 * JSON or an event stream: who decides, and when.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { McpRouterOptions } from 'express-mcp-router';
import { describe, expect, it } from 'vitest';
import { endpoint } from '../support/endpoint.js';
import { begin, messagesOf, refusalOf, type Sent, send } from '../support/http-client.js';
import { text, told } from '../support/tool-result.js';

const JSON_TYPE = 'application/json';
const SSE_TYPE = 'text/event-stream';

/** A server with tools that answer at once, report first, or wait for `letGo`. */
function createServer() {
  const server = new McpServer({ name: 'modes', version: '1.0.0' });
  const waiting: (() => void)[] = [];
  server.registerTool('quick', {}, () => text('quick'));
  server.registerTool('report', {}, async ({ _meta, sendNotification }) => {
    const progressToken = _meta?.progressToken ?? 'none';
    const params = { progressToken, progress: 1 };
    await sendNotification({ method: 'notifications/progress', params });
    return text('reported');
  });
  server.registerTool('hold', {}, async () => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return text('let go');
  });
  server.registerTool('hold-then-report', {}, async ({ _meta, sendNotification }) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    const progressToken = _meta?.progressToken ?? 'none';
    const params = { progressToken, progress: 1 };
    await sendNotification({ method: 'notifications/progress', params });
    return text('reported');
  });
  const letGo = () => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  return { server, letGo, held: () => waiting.length };
}

/** A client that has shaken hands and chooses what it accepts. */
async function start(options: McpRouterOptions = {}, accept?: string) {
  const { server, letGo, held } = createServer();
  const { url, client } = await endpoint(server, options);
  const ada = await client();
  const call = (name: string): Sent => ({
    body: {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name, arguments: {}, _meta: { progressToken: 'p' } },
    },
    headers: {
      'Mcp-Session-Id': ada.sessionId,
      ...(accept !== undefined && { Accept: accept === '' ? undefined : accept }),
    },
  });
  return {
    ada,
    url,
    letGo,
    held,
    call: (name: string) => send(url, call(name)),
    begin: (name: string) => begin(url, call(name)),
  };
}

const typeOf = ({ headers }: Pick<IncomingMessage, 'headers'>) =>
  headers['content-type']?.split(';')[0];

/** Text from an answer as it comes, up to and including `end`. */
async function readUntil(answer: IncomingMessage, end: string): Promise<string> {
  let read = '';
  for await (const chunk of answer.setEncoding('utf8')) {
    read += chunk;
    if (read.includes(end)) break;
  }
  return read;
}

describe("responseMode 'auto'", () => {
  it('answers as JSON what is there at once', async () => {
    const { call } = await start();
    const answer = await call('quick');
    expect(typeOf(answer)).toBe(JSON_TYPE);
    expect(told(JSON.parse(answer.text)).value).toBe('quick');
  });

  it('opens the stream at the first message, which comes before the answer', async () => {
    const { call } = await start();
    const answer = await call('report');
    expect(typeOf(answer)).toBe(SSE_TYPE);
    const [progress, response] = messagesOf(answer);
    expect(progress).toMatchObject({ method: 'notifications/progress', params: { progress: 1 } });
    expect(told(response).value).toBe('reported');
  });

  it('opens the stream after upgradeAfterMs, while the call still runs', async () => {
    const { begin: open, letGo, held } = await start({ upgradeAfterMs: 100 });
    const startedAt = performance.now();
    const answer = await open('hold');
    const tookMs = performance.now() - startedAt;
    expect({ type: typeOf(answer), held: held() }).toEqual({ type: SSE_TYPE, held: 1 });
    expect(tookMs).toBeGreaterThan(90);
    letGo();
    expect(await readUntil(answer, 'let go')).toContain('event: message');
  });

  it('does not open it before: an answer within upgradeAfterMs is JSON', async () => {
    const { begin: open, letGo, held } = await start({ upgradeAfterMs: 10_000 });
    const answering = open('hold');
    await expect.poll(held).toBe(1);
    letGo();
    expect(typeOf(await answering)).toBe(JSON_TYPE);
  });

  it('sends a late answer once, whether the stream is open or not', async () => {
    const { begin: open, letGo } = await start({ upgradeAfterMs: 20 });
    const answer = await open('hold-then-report');
    letGo();
    answer.setEncoding('utf8');
    let all = '';
    for await (const chunk of answer) all += chunk;
    expect(all.match(/"reported\\"|reported/g)).toHaveLength(1);
    expect(all.match(/notifications\/progress/g)).toHaveLength(1);
  });

  it('upgrades in a second when it is not told otherwise', async () => {
    const { begin: open, letGo } = await start();
    const startedAt = performance.now();
    expect(typeOf(await open('hold'))).toBe(SSE_TYPE);
    expect(performance.now() - startedAt).toBeGreaterThan(950);
    letGo();
  });
});

describe("responseMode 'json'", () => {
  it('waits as long as the call takes', async () => {
    const { begin: open, letGo, held } = await start({ responseMode: 'json', upgradeAfterMs: 10 });
    const answering = open('hold');
    await expect.poll(held).toBe(1);
    const first = await Promise.race([answering, new Promise((go) => setTimeout(go, 100))]);
    expect(first).toBeUndefined();
    letGo();
    expect(typeOf(await answering)).toBe(JSON_TYPE);
  });

  it('leaves out what is sent before the answer', async () => {
    const { call } = await start({ responseMode: 'json' });
    const answer = await call('report');
    expect(typeOf(answer)).toBe(JSON_TYPE);
    expect(told(JSON.parse(answer.text)).value).toBe('reported');
  });
});

describe("responseMode 'sse'", () => {
  it('opens the stream before anything is there', async () => {
    const { begin: open, letGo } = await start({ responseMode: 'sse' });
    const answer = await open('hold');
    expect(typeOf(answer)).toBe(SSE_TYPE);
    letGo();
    expect(await readUntil(answer, 'let go')).toContain('event: message');
  });

  it('answers quick calls, and initialize, as a stream too', async () => {
    const { ada, call } = await start({ responseMode: 'sse' });
    expect(typeOf(await call('quick'))).toBe(SSE_TYPE);
    const params = {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'again', version: '1' },
    };
    expect(typeOf(await ada.request('initialize', params).head)).toBe(SSE_TYPE);
  });
});

describe('the client’s Accept narrows it', () => {
  it.each([
    [JSON_TYPE, 'auto', 'report', JSON_TYPE],
    [JSON_TYPE, 'sse', 'quick', JSON_TYPE],
    ['application/*', 'sse', 'quick', JSON_TYPE],
    [SSE_TYPE, 'auto', 'quick', SSE_TYPE],
    [SSE_TYPE, 'json', 'quick', SSE_TYPE],
    ['text/*', 'json', 'quick', SSE_TYPE],
    [`${JSON_TYPE};q=0, */*`, 'json', 'quick', JSON_TYPE],
    ['*/*', 'auto', 'quick', JSON_TYPE],
    ['*/*', 'sse', 'quick', SSE_TYPE],
    ['', 'auto', 'quick', JSON_TYPE],
    ['Application/JSON, Text/Event-Stream', 'auto', 'report', SSE_TYPE],
  ] as const)('%s in mode %s makes “%s” %s', async (accept, responseMode, tool, expected) => {
    const { call } = await start({ responseMode }, accept);
    const answer = await call(tool);
    expect({ status: answer.status, type: typeOf(answer) }).toEqual({
      status: 200,
      type: expected,
    });
  });

  it.each(['text/html', 'application/xml, image/*', `${JSON_TYPE};q=0`])(
    'a client that takes neither (%s) gets 406',
    async (accept) => {
      const { call } = await start({}, accept);
      const answer = await call('quick');
      expect(refusalOf(answer)).toMatchObject({ status: 406, reason: 'not_acceptable' });
    },
  );

  it.each([
    [JSON_TYPE, 406],
    [SSE_TYPE, 200],
    ['*/*', 200],
    ['', 200],
  ])('GET with %s: %d', async (accept, status) => {
    const { ada, url } = await start();
    const answer = await begin(url, {
      method: 'GET',
      headers: { Accept: accept === '' ? undefined : accept, 'Mcp-Session-Id': ada.sessionId },
    });
    answer.destroy();
    expect(answer.statusCode).toBe(status);
  });
});

describe('an event stream', () => {
  it('is kept from caches, transformers and proxy buffers', async () => {
    const { call } = await start({ responseMode: 'sse' });
    expect((await call('quick')).headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
  });

  it('holds comments while nothing is said, on a POST', async () => {
    const { begin: open, letGo } = await start({ responseMode: 'sse', keepAliveMs: 20 });
    const answer = await open('hold');
    expect(await readUntil(answer, '\n: ')).toMatch(/\n\n: .*\n\n$/s);
    letGo();
  });

  it('holds comments while nothing is said, on the GET stream', async () => {
    const { ada, url } = await start({ keepAliveMs: 20 });
    const headers = { Accept: SSE_TYPE, 'Mcp-Session-Id': ada.sessionId };
    const answer = await begin(url, { method: 'GET', headers });
    expect(await readUntil(answer, '\n: ')).toMatch(/\n\n: .*\n\n$/s);
  });
});
