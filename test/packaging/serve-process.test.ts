/**
 * The direct server as a process of its own: signals, output and environment.
 *
 * Not among the tests that run once per Express: a process of its own has the one that is installed.
 *
 * @module
 */
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../support/free-port.js';
import { RawClient } from '../support/raw-client.js';
import { send } from '../support/raw-request.js';
import { serveInProcess } from '../support/served-process.js';

describe('serve() as a process', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('drains on %s and exits with 0', async (signal) => {
    const { child, exit, firstLine } = serveInProcess({ port: 0 });
    const url = (await firstLine).match(/http\S+/)?.[0] ?? '';
    const client = await RawClient.connect(url);
    onTestFinished(() => client.close());
    const stream = await client.listen();
    const begun = once(child, 'message');
    const call = client.callTool('wait');
    await begun;
    child.kill(signal);
    await expect
      .poll(async () => (await send(url, { method: 'GET', target: '/readyz' })).status)
      .toBe(503);
    child.send('open');
    expect((await call.response)?.result).toMatchObject({ content: [{ text: 'waited' }] });
    expect(await exit).toMatchObject({ code: 0, signal: null, stderr: '' });
    await stream.ended;
  });

  it('prints the URL map to standard output, with a command to paste', async () => {
    const { child, exit, firstLine } = serveInProcess({ port: 0 });
    const url = (await firstLine).match(/http\S+/)?.[0] ?? '';
    expect((await send(url, { method: 'GET', target: '/readyz' })).status).toBe(200);
    child.kill('SIGTERM');
    const { stdout } = await exit;
    expect(stdout).toContain(`claude mcp add --transport http my-server ${url}\n`);
  });

  it('listens where MCP_HOST and MCP_PORT say', async () => {
    const port = await freePort();
    const { firstLine } = serveInProcess({}, { MCP_HOST: 'localhost', MCP_PORT: String(port) });
    expect(await firstLine).toContain(`:${port}/mcp`);
    const answer = await send(`http://localhost:${port}/healthz`, { method: 'GET' });
    expect(answer.status).toBe(200);
  });

  it('listens where its options say, whatever the environment says', async () => {
    const port = await freePort();
    const options = { host: '127.0.0.1', port };
    const { firstLine } = serveInProcess(options, { MCP_HOST: '203.0.113.1', MCP_PORT: '1' });
    expect(await firstLine).toContain(`http://127.0.0.1:${port}/mcp`);
  });

  it.each<Record<string, string>>([
    { MCP_PORT: '' },
    { MCP_PORT: '80a' },
    { MCP_PORT: '65536' },
    { MCP_HOST: '' },
    { MCP_WORKERS: '2' },
  ])('does not start with %j', async (variables) => {
    const { code, stdout, stderr } = await serveInProcess({}, variables).exit;
    expect([code, stdout, stderr]).toEqual([1, '', 'ERR_MCP_OPTION\n']);
  });
});
