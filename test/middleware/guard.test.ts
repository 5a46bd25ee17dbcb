/**
 * Which `Host` and which `Origin` are let in: the defence against DNS rebinding (DESIGN §5, Guards).
 *
 * @module
 */
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import connectApp from 'connect';
import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { McpRouterOptions } from '../../lib/options.js';
import { resolveOptions } from '../../lib/resolve-options.js';
import { guardHandler } from '../../middleware/guard.js';
import { listen } from '../support/listen.js';
import { type Answer, send } from '../support/raw-request.js';
import { expectRefusal } from '../support/refusal.js';

const passed: RequestListener = (_req, res) => void res.end('passed');

/** The guard, and behind it a handler that says so. */
function guarded(options: McpRouterOptions = {}): RequestListener {
  const guard = guardHandler(resolveOptions(options, {}).settings);
  return (req, res) => guard(req, res, () => passed(req as never, res as never));
}

const ask = async (listener: RequestListener, headers: Record<string, string>): Promise<Answer> =>
  send(await listen(listener), { method: 'GET', headers });

const expectPassed = (answer: Answer) =>
  expect({ status: answer.status, text: answer.text }).toEqual({ status: 200, text: 'passed' });

const expectHostRefused = (answer: Answer) =>
  expectRefusal(answer, { status: 403, reason: 'host_not_allowed' });

const expectOriginRefused = (answer: Answer) =>
  expectRefusal(answer, { status: 403, reason: 'origin_not_allowed' });

/** Serves at any address of this machine until the test ends; returns the port. */
async function listenAt(host: string, listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** Sends bytes as they are and reads until the server closes the connection. */
function sendBytes(origin: string, lines: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(origin);
  const host = hostname.replace(/[[\]]/g, '');
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(Number(port), host, () => {
      socket.write(`${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`);
    });
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.once('end', () => resolve(text)).once('error', reject);
  });
}

const addresses = Object.values(networkInterfaces()).flatMap((group = []) => group);
const outer = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
const hasIPv6 = addresses.some(({ address }) => address === '::1');

describe('Host, on a loopback connection with neither baseUrl nor allowedHosts', () => {
  it.each([
    'localhost',
    'LOCALHOST:3000',
    'localhost.',
    'localhost.:3000',
    'app.localhost:80',
    '127.0.0.1',
    '127.1.2.3:8000',
    '[::1]',
    '[::1]:8000',
  ])('lets %s in', async (host) => {
    expectPassed(await ask(guarded(), { host }));
  });

  it.each([
    'evil.example.com',
    'evil.example.com:8000',
    'localhost.evil.example.com',
    '127.0.0.1.evil.example.com',
    '127.0.0.1.nip.io',
    'evillocalhost',
    '10.0.0.1',
    '0.0.0.0',
    '[::]',
    '::1',
    'localhost:',
    'localhost:x',
    'localhost:123456',
    'me@localhost',
    'localhost/evil',
    'localhost, evil.example.com',
    'http://localhost',
  ])('refuses %o', async (host) => {
    expectHostRefused(await ask(guarded(), { host }));
  });

  it.each([['GET / HTTP/1.0'], ['GET / HTTP/1.1', 'Host:']])(
    'refuses no Host: %s',
    async (...lines) => {
      const answer = await sendBytes(await listen(guarded()), lines);
      expect(answer).toMatch(/^HTTP\/1\.1 403 /);
      expect(answer).toContain('"reason":"host_not_allowed"');
    },
  );

  it.each([
    ['localhost', 'evil.example.com'],
    ['evil.example.com', 'localhost'],
    ['localhost', 'localhost'],
  ])('refuses two Host headers: %s and %s', async (one, other) => {
    const lines = ['GET / HTTP/1.1', `Host: ${one}`, `hOST: ${other}`];
    const answer = await sendBytes(await listen(guarded()), lines);
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer).not.toContain('passed');
  });

  it.runIf(hasIPv6).each(['127.0.0.1', '[::1]'])(
    'knows %s on a socket for both families',
    async (local) => {
      const url = `http://${local}:${await listenAt('::', guarded())}`;
      const askAs = (host: string) => sendBytes(url, ['GET / HTTP/1.1', `Host: ${host}`]);
      expect(await askAs('localhost')).toMatch(/^HTTP\/1\.1 200 /);
      expect(await askAs('evil.example.com')).toMatch(/^HTTP\/1\.1 403 /);
    },
  );
});

describe('Host, on other connections', () => {
  it.runIf(outer)('is not looked at with neither baseUrl nor allowedHosts', async () => {
    const port = await listenAt('0.0.0.0', guarded());
    const headers = { host: 'evil.example.com' };
    expectPassed(await send(`http://${outer}:${port}`, { method: 'GET', headers }));
    expectHostRefused(await send(`http://127.0.0.1:${port}`, { method: 'GET', headers }));
  });

  it.runIf(outer)('is guarded as soon as there is a list', async () => {
    const port = await listenAt('0.0.0.0', guarded({ allowedHosts: ['mcp.example.com'] }));
    const url = `http://${outer}:${port}`;
    const askAs = (host: string) => send(url, { method: 'GET', headers: { host } });
    expectPassed(await askAs('mcp.example.com'));
    expectHostRefused(await askAs('evil.example.com'));
  });
});

describe('Host, with baseUrl or allowedHosts', () => {
  const options = {
    baseUrl: 'https://MCP.example.com:8443/t/:tenant',
    allowedHosts: [
      'one.example.com',
      'Two.example.com:9000',
      'three.example.com.',
      '[2001:db8::1]',
    ],
  };

  it.each([
    'mcp.example.com',
    'mcp.example.com:8443',
    'mcp.example.com:1234',
    'MCP.EXAMPLE.COM.:8443',
    'one.example.com',
    'ONE.example.com:1',
    'two.example.com:9000',
    'three.example.com',
    'three.example.com.:80',
    '[2001:DB8::1]:80',
    'localhost:3000',
    '127.0.0.1',
  ])('lets %s in', async (host) => {
    expectPassed(await ask(guarded(options), { host }));
  });

  it.each([
    'evil.example.com',
    'example.com',
    'x.one.example.com',
    'one.example.com.evil.com',
    'two.example.com',
    'two.example.com:9001',
    '[2001:db8::2]',
  ])('refuses %s', async (host) => {
    expectHostRefused(await ask(guarded(options), { host }));
  });

  it('lets any host in with dangerouslyAllowAnyHost', async () => {
    const open = { ...options, dangerouslyAllowAnyHost: true };
    expectPassed(await ask(guarded(open), { host: 'evil.example.com' }));
  });
});

describe('a forwarded host', () => {
  const forwarded = { host: 'localhost', 'x-forwarded-host': 'evil.example.com' };
  const options = { allowedHosts: ['mcp.example.com'] };

  function app(trust: boolean | string) {
    return express().set('trust proxy', trust).use(guarded(options));
  }

  it('does not count in node:http and Connect, which know no proxy', async () => {
    expectPassed(await ask(guarded(options), forwarded));
    const listener = connectApp().use(guarded(options) as never);
    expectPassed(await ask(listener, forwarded));
    const wanted = { host: 'evil.example.com', 'x-forwarded-host': 'mcp.example.com' };
    expectHostRefused(await ask(guarded(options), wanted));
  });

  it.each([false, '10.0.0.1'])('does not count where Express trusts %s', async (trust) => {
    expectPassed(await ask(app(trust), forwarded));
    const wanted = { host: 'evil.example.com', 'x-forwarded-host': 'mcp.example.com' };
    expectHostRefused(await ask(app(trust), wanted));
  });

  it.each([true, 'loopback'])('counts where Express trusts %s', async (trust) => {
    expectHostRefused(await ask(app(trust), forwarded));
    const wanted = { host: 'evil.example.com', 'x-forwarded-host': 'mcp.example.com' };
    expectPassed(await ask(app(trust), wanted));
  });

  it('is the first of a chain, and refused when it is odd', async () => {
    const chain = (value: string) =>
      ask(app('loopback'), { host: 'localhost', 'x-forwarded-host': value });
    expectPassed(await chain('mcp.example.com, evil.example.com'));
    expectHostRefused(await chain('evil.example.com, mcp.example.com'));
    expectHostRefused(await chain(''));
  });
});

describe('Origin', () => {
  const options = {
    baseUrl: 'https://mcp.example.com/api',
    cors: { origins: ['https://App.example.com', 'http://other.example.com:8080'] },
  };

  it('may be absent', async () => {
    expectPassed(await ask(guarded(options), {}));
  });

  it.each([
    'https://mcp.example.com',
    'https://app.example.com',
    'http://other.example.com:8080',
    'http://localhost:6274',
    'https://localhost',
    'http://127.0.0.1:3000',
    'http://[::1]:3000',
  ])('lets %s in', async (origin) => {
    expectPassed(await ask(guarded(options), { origin }));
  });

  it.each([
    'https://evil.example.com',
    'http://mcp.example.com',
    'https://mcp.example.com:8443',
    'https://app.example.com.evil.com',
    'http://other.example.com',
    'http://localhost.evil.example.com',
    'http://localhost@evil.example.com',
    'http://me@localhost',
    'http://localhost/evil',
    'http://localhost, http://evil.example.com',
    'file://localhost',
    'null',
    '*',
    '',
  ])('refuses %o', async (origin) => {
    expectOriginRefused(await ask(guarded(options), { origin }));
  });

  it('is never compared with Host: a rebound name has both alike', async () => {
    const headers = { host: 'evil.example.com', origin: 'http://evil.example.com' };
    expectOriginRefused(await ask(guarded({ dangerouslyAllowAnyHost: true }), headers));
  });

  it('is guarded by the same list when cors is false', async () => {
    const headers = { origin: 'https://evil.example.com' };
    expectOriginRefused(await ask(guarded({ ...options, cors: false }), headers));
    expectPassed(await ask(guarded({ cors: false }), { origin: 'http://localhost:1' }));
  });

  it('lets any origin in with dangerouslyAllowAnyOrigin, and guards Host all the same', async () => {
    const open = guarded({ dangerouslyAllowAnyOrigin: true });
    expectPassed(await ask(open, { origin: 'https://evil.example.com' }));
    expectPassed(await ask(open, { origin: 'null' }));
    expectHostRefused(await ask(open, { host: 'evil.example.com', origin: 'http://localhost' }));
  });
});

describe('a refusal', () => {
  it('names the value seen and the option to set', async () => {
    const host = await ask(guarded(), { host: 'evil.example.com:1' });
    expect(JSON.parse(host.text).error.message).toMatch(/"evil\.example\.com:1".*allowedHosts/);
    const origin = await ask(guarded(), { origin: 'https://evil.example.com' });
    expect(JSON.parse(origin.text).error.message).toMatch(/"https:\/\/evil\.example\.com".*cors/);
  });

  it('quotes what it names, and cuts it off', async () => {
    const { text } = await ask(guarded(), { origin: `https://"<${'x'.repeat(4_000)}` });
    const { message } = JSON.parse(text).error;
    expect(message.length).toBeLessThan(200);
    expect(message).toContain('https://\\"');
  });

  it('is the same for a value seen again, and after many others', async () => {
    const origin = await listen(guarded({ cors: { origins: ['https://app.example.com'] } }));
    const askAs = (value: string) => send(origin, { method: 'GET', headers: { origin: value } });
    const expectVerdicts = async () => {
      expectOriginRefused(await askAs('https://evil.example.com'));
      expectPassed(await askAs('https://app.example.com'));
    };
    await expectVerdicts();
    await expectVerdicts();
    for (let other = 0; other < 260; other += 1) await askAs(`https://h${other}.example.com`);
    await expectVerdicts();
  });
});
