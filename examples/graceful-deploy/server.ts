/**
 * A deploy in the middle of a call: the new version takes over, the old one ends when its calls have.
 *
 * Without an argument this program is what deploys: it starts version 1 behind nginx, and on SIGHUP the next
 * one. With an argument it is an instance; the argument is its version.
 *
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as work } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { serve } from 'express-mcp-router';
import { redisStore } from 'express-mcp-router/redis';
import { z } from 'zod';
import { startNginx } from '../redis-sessions/front.js';

const [, program = '', version] = process.argv;

if (version === undefined) await deploy();
else await run(version);

async function run(version: string): Promise<void> {
  const server = new McpServer({ name: 'bakery', version });
  server.registerTool('version', { description: 'Names the version, and who deployed it' }, () => ({
    content: [{ type: 'text', text: `${version} ${process.ppid}` }],
  }));
  server.registerTool(
    'bake',
    { description: 'Takes its time', inputSchema: { minutes: z.number() } },
    async ({ minutes }) => {
      await work(minutes * 1_000);
      return { content: [{ type: 'text', text: `A loaf of bread, by version ${version}` }] };
    },
  );
  // SIGTERM drains: streams are handed over, calls end here, their results are kept for whoever asks.
  // Requests that are on their way here already are served for a moment more.
  const { port } = await serve(server, {
    port: 0,
    print: false,
    drain: { delayMs: 500, deadlineMs: 30_000 },
    store: redisStore(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'),
    secret: 'an example; yours comes from the environment',
  });
  process.send?.(port);
  process.channel?.unref();
}

async function deploy(): Promise<void> {
  const port = Number(process.env.PORT ?? 3000) || (await freePort());
  let number = 1;
  let current = await start(number);
  const front = await startNginx(port, [current.port]);
  console.log(`MCP endpoint   http://127.0.0.1:${port}/mcp`);

  process.on('SIGHUP', async () => {
    const old = current;
    number += 1;
    current = await start(number);
    await front.sendTo([current.port]);
    old.process.kill('SIGTERM');
    const [code] = await once(old.process, 'exit');
    console.log(`version ${number} took over; the old one ended with ${code}`);
  });
  process.once('SIGTERM', async () => {
    current.process.kill('SIGTERM');
    await once(current.process, 'exit');
    await front.stop();
    process.exit();
  });
}

async function start(number: number): Promise<{ process: ChildProcess; port: number }> {
  const child = fork(program, [String(number)]);
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('it did not start')));
  const [port] = await Promise.race([once(child, 'message'), ended]);
  return { process: child, port: Number(port) };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}
