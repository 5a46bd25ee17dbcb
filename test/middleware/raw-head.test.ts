/**
 * Heads that no client library would send: what Node refuses, what reaches the endpoint, and what of
 * it is ever sent back (reliability.md SEC-24, SEC-25, SEC-32, SEC-33).
 *
 * @module
 */
import express, { type RequestHandler } from 'express';
import { type McpRouterOptions, mcpRouter } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { scopeRefusal } from '../../lib/host/scope-challenge.js';
import { greeter, greeting, greetingIn } from '../support/greeter.js';
import { listen } from '../support/listen.js';
import { RecordedLogger } from '../support/recorded-logger.js';
import { expectRefusal } from '../support/refusal.js';
import { postLines, requestText, Wire, type WireAnswer } from '../support/wire.js';

const BODY = JSON.stringify(greeting());
const LENGTH = Buffer.byteLength(BODY);
const CHUNKS = `${LENGTH.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;
const POST = postLines('/mcp');

const headed = (...headers: string[]) => `${[...POST, ...headers].join('\r\n')}\r\n\r\n`;
const sized = (...headers: string[]) => requestText([...POST, ...headers], BODY);

async function wireTo(...handlers: RequestHandler[]): Promise<Wire> {
  const wire = await Wire.open(await listen(express().use(...handlers)));
  onTestFinished(() => wire.destroy());
  return wire;
}

function endpoint(options: McpRouterOptions = {}) {
  const router = mcpRouter(greeter().server, options);
  onTestFinished(() => router.mcp.close());
  return router;
}

/** The answer to one request at a stateless endpoint, and the requests that its app saw. */
async function exchange(request: string, options: McpRouterOptions = { stateless: true }) {
  const seen: string[] = [];
  const watch: RequestHandler = (req, _res, next) => {
    seen.push(`${req.method} ${req.url}`);
    next();
  };
  const wire = await wireTo(watch, endpoint(options));
  await wire.send(request);
  return { wire, seen, answer: (await wire.answer()) ?? expect.fail('no answer') };
}

describe('a request that two readers would not read alike (SEC-32)', () => {
  it.each<[string, string]>([
    ['both lengths', headed('Content-Length: 4', 'Transfer-Encoding: chunked') + CHUNKS],
    ['both lengths, the other way', headed('Transfer-Encoding: chunked', 'Content-Length: 4')],
    ['chunked, but not last', headed('Transfer-Encoding: chunked, identity') + CHUNKS],
    ['a blank before the colon', headed('Transfer-Encoding : chunked') + CHUNKS],
    ['a vertical tab', headed('Transfer-Encoding:\x0bchunked') + CHUNKS],
    ['two lengths', headed(`Content-Length: ${LENGTH}`, 'Content-Length: 1') + BODY],
    ['one length twice', headed(`Content-Length: ${LENGTH}`, `Content-Length: ${LENGTH}`)],
    ['a list of lengths', headed(`Content-Length: ${LENGTH}, ${LENGTH}`) + BODY],
    ['a signed length', headed(`Content-Length: +${LENGTH}`) + BODY],
    ['a negative length', headed('Content-Length: -1') + BODY],
    ['a length in hexadecimal', headed(`Content-Length: 0x${LENGTH.toString(16)}`) + BODY],
    ['a length that overflows', headed(`Content-Length: ${'9'.repeat(30)}`) + BODY],
    ['bare line feeds', sized().replaceAll('\r\n', '\n')],
    ['one bare line feed', sized('X-A: b\nX-C: d')],
    ['one bare carriage return', sized('X-A: b\rX-C: d')],
    ['a folded line', sized('X-A: b\r\n c')],
    ['a folded length', headed(`Content-Length:\r\n\t${LENGTH}`) + BODY],
    ['a nul in a value', sized('X-A: b\0c')],
    ['a nul in a name', sized('X\0A: b')],
    ['a line without a colon', sized('X-A')],
    ['a line without a name', sized(': b')],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['no Host', requestText(POST.filter((line) => !line.startsWith('Host'))) + BODY],
    ['raw Latin-1 in its path', sized().replace('/mcp', '/mc\xfd')],
  ])('is refused before the app sees it: %s', async (_name, request) => {
    // What would be a second request to whoever took the first one's length from the other header.
    const { answer, seen, wire } = await exchange(`${request}GET /smuggled HTTP/1.1\r\n\r\n`);
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 400, text: '' });
    await wire.ended;
    expect([seen, wire.unread]).toEqual([[], '']);
  });

  const chunked = headed('Transfer-Encoding: chunked');
  it.each<[string, string]>([
    ['an unknown transfer encoding', headed('Transfer-Encoding: xchunked') + CHUNKS],
    ['bare line feeds', chunked + CHUNKS.replaceAll('\r\n', '\n')],
    ['a signed size', `${chunked}-1\r\n${BODY}\r\n0\r\n\r\n`],
    ['a size that overflows', `${chunked}${'f'.repeat(20)}\r\n`],
    ['a size in other letters', `${chunked}5g\r\n${BODY}\r\n0\r\n\r\n`],
    ['more than its size', `${chunked}1\r\n${BODY}\r\n0\r\n\r\n`],
  ])('is refused in its chunks, and no tool has run: %s', async (_name, request) => {
    const { answer, seen, wire } = await exchange(`${request}GET /smuggled HTTP/1.1\r\n\r\n`);
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 400, text: '' });
    await wire.ended;
    expect(seen.filter((request) => request !== 'POST /mcp')).toEqual([]);
  });

  it.each<[string, string, number]>([
    ['Mcp-Session-Id', 'Mcp-Session-Id: a\r\nMcp-Session-Id: b', 404],
    ['Origin', 'Origin: http://localhost\r\nOrigin: http://evil.example', 403],
    ['MCP-Protocol-Version', 'MCP-Protocol-Version: 2025-11-25\r\nMcp-Protocol-Version: x', 400],
    ['Host', 'Host: evil.example', 403],
  ])('is refused when it has %s twice', async (_name, lines, status) => {
    const { answer } = await exchange(sized(lines), {});
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text).error).toBeDefined();
  });

  it.each<[string, string]>([
    ['an extension of a chunk', CHUNKS.replace('\r\n', ';a="b"\r\n')],
    ['a header after the body', `${CHUNKS.slice(0, -2)}Mcp-Session-Id: a\r\n\r\n`],
  ])('is served once when it is plain: %s', async (_name, chunks) => {
    const { answer, seen } = await exchange(headed('Transfer-Encoding: chunked') + chunks);
    expect([greetingIn(answer), seen]).toEqual(['greeter greets world', ['POST /mcp']]);
  });
});

describe('a Host that cannot be read (SEC-24)', () => {
  const withHost = (host: string) => sized().replace('Host: localhost', `Host: ${host}`);

  it.each(['/', 'a b', '[', '[::1', '[::1]]', '\xe9', '"', '@', ':', '%00', 'x'.repeat(10_000)])(
    'is refused by the guard: %o',
    async (host) => {
      const { answer } = await exchange(withHost(host));
      expectRefusal(answer, { status: 403, reason: 'host_not_allowed' });
    },
  );

  it('is refused by Node when it is larger than a head may be', async () => {
    const { answer, wire } = await exchange(withHost('x'.repeat(20_000)));
    expect(answer).toMatchObject({ status: 431, text: '' });
    await wire.ended;
  });
});

describe('a query or a form made to be expensive (SEC-25)', () => {
  it.each<[string, string]>([
    ['thousands of parameters', 'a=1&'.repeat(3_000)],
    ['thousands of brackets', `a${'[b]'.repeat(3_000)}=1`],
    ['an index that is huge', 'a[999999999]=1'],
    ['__proto__', '__proto__[x]=1&constructor[prototype][x]=1'],
  ])('is not read in the query: %s', async (_name, query) => {
    const { answer } = await exchange(sized().replace('/mcp', `/mcp?${query}`));
    expect(greetingIn(answer)).toBe('greeter greets world');
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it('is not read in the body', async () => {
    const form = Array.from({ length: 100_000 }, (_, n) => `a[${n}]=1`).join('&');
    const lines = POST.map((line) => line.replace('json', 'x-www-form-urlencoded'));
    const { answer } = await exchange(requestText(lines, form));
    expectRefusal(answer, { status: 415, reason: 'media_type' });
  });
});

describe('what a client sends', () => {
  const ODD = 'odd"\\\';<b>\xe9\x80';
  const { logger, lines } = recorded();

  it.each([
    ...['Mcp-Session-Id', 'Last-Event-ID', 'Origin', 'MCP-Protocol-Version', 'Accept', 'Host'],
    ...['X-Forwarded-Host', 'Content-Type', 'Access-Control-Request-Headers', 'Mcp-Method'],
  ])('never comes back in a header (SEC-33): %s', async (name) => {
    for (const method of ['POST', 'GET', 'DELETE', 'OPTIONS']) {
      const kept = POST.filter((line) => !line.startsWith(`${name}:`));
      const head = [`${method} /mcp HTTP/1.1`, ...kept.slice(1), `${name}: ${ODD}`];
      const { answer } = await exchange(requestText(head, method === 'POST' ? BODY : ''), {});
      expect(answer.status).toBeGreaterThanOrEqual(200);
      expect(namedIn(answer)).not.toContain('odd');
      expect(answer.headers['content-type'] ?? 'application/json').toBe('application/json');
    }
  });

  it('comes back to an allowed origin alone, on one line', async () => {
    const options = { dangerouslyAllowAnyOrigin: true, stateless: true };
    const { answer } = await exchange(sized('Origin: http://odd"\';<b>'), options);
    expect(answer.headers['access-control-allow-origin']).toBe('http://odd"\';<b>');
  });

  it('is on one line of the log, in its path too', async () => {
    const router = mcpRouter(() => greeter().server, { baseUrl: 'http://localhost/b', logger });
    onTestFinished(() => router.mcp.close());
    const app = express().use('/a/:any', router);
    const wire = await Wire.open(await listen(app));
    onTestFinished(() => wire.destroy());
    for (const segment of ['x%0d%0aERROR%20forged', 'x%1b[31m', 'x%22y', 'x"y', 'x%e2%80%a8']) {
      await wire.send(sized().replace('/mcp', `/a/${segment}/mcp`));
      expect((await wire.answer())?.status).toBe(500);
    }
    expect(lines).toHaveLength(4);
    expect(lines.map(({ told }) => told.map(textsIn)).flat(3)).toEqual(
      expect.not.arrayContaining([expect.stringMatching(/[\p{Cc}\u2028]|x"/u)]),
    );
  });

  it('is no part of a challenge, and neither is what a server says (SEC-33)', async () => {
    const scopes = ['read"', 'wri\r\nte', 'caf\xe9\u2028'];
    const challenge = { scopes, errorDescription: 'say "no"\\\r\nSet-Cookie: a=b' };
    const request = { jsonrpc: '2.0', id: 1, method: 'tools/call' } as const;
    const exchange = { authInfo: { resourceMetadataUrl: 'https://h/"\r\n' } } as never;
    const refusal = await scopeRefusal([request], async () => challenge as never, exchange);
    expect(refusal?.headers?.['WWW-Authenticate']).toBe(
      'Bearer error="insufficient_scope", error_description="say noSet-Cookie: a=b", scope="read write caf", resource_metadata="https://h/"',
    );
  });
});

const namedIn = ({ headers }: WireAnswer) => Object.entries(headers).flat().join('\n');

function recorded() {
  const logger = new RecordedLogger();
  return { logger, lines: logger.lines };
}

const textsIn = (value: unknown): unknown[] =>
  typeof value === 'object' && value !== null ? Object.values(value) : [value];
