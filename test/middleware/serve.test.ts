/**
 * The direct server: where it listens, what it prints, how it ends.
 *
 * @module
 */
import { type Listening, type ServeOptions, serve } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../support/free-port.js';
import { greeter, greeting, greetingIn } from '../support/greeter.js';
import { listen } from '../support/listen.js';
import { RawClient } from '../support/raw-client.js';
import { post, send } from '../support/raw-request.js';
import { RawSse } from '../support/raw-sse.js';
import { expectRefusal } from '../support/refusal.js';

async function served(options: ServeOptions = {}, { server } = greeter()): Promise<Listening> {
  const listening = await serve(server, { port: 0, print: false, ...options });
  onTestFinished(() => listening.close());
  return listening;
}

const isRefused = (url: string) =>
  post(url, greeting()).then(
    () => false,
    (error: { code?: string }) => error.code === 'ECONNREFUSED',
  );

describe('serve()', () => {
  it('serves the endpoint and the health routes, with safe headers', async () => {
    const { url, port } = await served({ stateless: true });
    expect(url).toBe(`http://127.0.0.1:${port}/mcp`);
    const answer = await post(url, greeting());
    expect(greetingIn(answer)).toBe('greeter greets world');
    expect(answer.headers).not.toHaveProperty('x-powered-by');
    expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff' });
    for (const target of ['/healthz', '/readyz']) {
      expect((await send(url, { method: 'GET', target })).status).toBe(200);
    }
  });

  it.each([
    [{ mcpPath: '/' }, ''],
    [{ mcpPath: '/tools/' }, '/tools'],
  ])('takes every option of mcpRouter: %j', async (options, path) => {
    const { url, port } = await served({ stateless: true, ...options });
    expect(url).toBe(`http://127.0.0.1:${port}${path}`);
    expect((await post(url, greeting())).status).toBe(200);
  });

  it('listens on this machine only, and lets no foreign host in', async () => {
    const { url } = await served({ stateless: true });
    const answer = await post(url, greeting(), { headers: { Host: 'evil.example' } });
    expectRefusal(answer, { status: 403, reason: 'host_not_allowed' });
  });

  it('serves the deprecated transport where it is asked to, and prints its address', async () => {
    const lines: string[] = [];
    const { port } = await served({ legacySse: true, print: (line) => lines.push(line) });
    const sse = `http://127.0.0.1:${port}/sse`;
    expect(lines.join('\n')).toContain(`${sse} (deprecated)`);
    const client = await RawSse.connect(sse);
    expect((await client.callTool('greet')).result).toBeDefined();
  });

  it('prints the addresses, one to a line', async () => {
    const lines: string[] = [];
    const { port } = await served({ print: (line) => lines.push(line) });
    const bound = `http://127.0.0.1:${port}`;
    const urls = lines.flatMap((line) => line.match(/http\S+/g)?.slice(-1) ?? []);
    expect(urls).toEqual([`${bound}/mcp`, `${bound}/healthz`, `${bound}/readyz`, `${bound}/mcp`]);
  });

  it('prints the public address and the one it is bound to', async () => {
    const lines: string[] = [];
    const baseUrl = 'https://mcp.example.com';
    const { port, url } = await served({ baseUrl, print: (line) => lines.push(line) });
    expect(url).toBe(`${baseUrl}/mcp`);
    expect(lines[0]).toContain(`${baseUrl}/mcp`);
    expect(lines[1]).toContain(`http://127.0.0.1:${port}/mcp`);
  });

  it.each<[string, object]>([
    ['a port below 0', { port: -1 }],
    ['a port above 65535', { port: 65_536 }],
    ['a port that is no integer', { port: 1.5 }],
    ['a port that is no number', { port: '8000' }],
    ['no host', { host: '' }],
    ['an unknown option', { prot: 8000 }],
  ])('throws for %s', async (_name, options) => {
    await expect(serve(greeter().server, { print: false, ...options })).rejects.toMatchObject({
      code: 'ERR_MCP_OPTION',
    });
  });

  it('tells that the port is in use, and can be tried again on another', async () => {
    const port = Number(new URL(await listen(() => {})).port);
    const create = () => greeter().server;
    await expect(serve(create, { port, print: false })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    expect(process.listenerCount('SIGTERM')).toBe(0);
    const { url } = await served({ stateless: true });
    expect((await post(url, greeting())).status).toBe(200);
  });

  it('tells at the start that a server cannot be shared, and frees the port', async () => {
    const port = await freePort();
    const { server } = greeter();
    const attempt = serve(server, { port, print: false });
    server.server.oninitialized = () => {};
    await expect(attempt).rejects.toMatchObject({ code: 'ERR_MCP_SHARED_STATE' });
    expect(await isRefused(`http://127.0.0.1:${port}/mcp`)).toBe(true);
  });
});

describe('the end of a direct server', () => {
  it('by drain(): calls finish, then the port is free', async () => {
    const gate = greeter();
    const listening = await served({}, gate);
    const client = await RawClient.connect(listening.url);
    onTestFinished(() => client.close());
    const stream = await client.listen();
    const call = client.callTool('wait');
    await gate.waiting();
    const drained = listening.drain();
    gate.open();
    expect((await call.response)?.result).toBeDefined();
    await drained;
    await stream.ended;
    expect(await isRefused(listening.url)).toBe(true);
  });

  it('by close(): at once, however often', async () => {
    const gate = greeter();
    const listening = await served({}, gate);
    const client = await RawClient.connect(listening.url);
    onTestFinished(() => client.close());
    const call = client.callTool('wait');
    await gate.waiting();
    await listening.close();
    expect((await call.response)?.error?.data).toMatchObject({ reason: 'shutting_down' });
    expect(await isRefused(listening.url)).toBe(true);
    await listening.close();
    await listening.drain();
  });

  it('takes its listeners for signals with it', async () => {
    const { close } = await served();
    expect(process.listenerCount('SIGTERM')).toBe(1);
    await close();
    expect(process.listenerCount('SIGTERM')).toBe(0);
    expect(process.listenerCount('SIGINT')).toBe(0);
  });
});
