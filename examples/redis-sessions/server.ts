/**
 * Two processes that share their sessions in Redis, behind nginx, which sends each request to the next.
 *
 * Without an argument this program starts the instances and nginx. With one it is an instance; the argument
 * is its name.
 *
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { mcpRouter } from 'express-mcp-router';
import { redisStore } from 'express-mcp-router/redis';
import { startNginx } from './front.js';

const [, program = '', name] = process.argv;

if (name === undefined) await supervise();
else await serve(name);

async function serve(instance: string): Promise<void> {
  const server = new McpServer({ name: 'guestbook', version: '1.0.0' });
  server.registerTool('who', { description: 'Names the instance that answers' }, () => ({
    content: [{ type: 'text', text: instance }],
  }));
  server.registerTool('sign', { description: 'Asks for a name and writes it down' }, async () => {
    const { content } = await server.server.elicitInput({
      message: 'Your name?',
      requestedSchema: { type: 'object', properties: { name: { type: 'string' } } },
    });
    return { content: [{ type: 'text', text: `${content?.name}, signed at ${instance}` }] };
  });

  const app = express();
  const mcp = mcpRouter(server, {
    store: redisStore(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'),
    secret: 'an example; yours comes from the environment',
  });
  app.use(mcp);
  // Any instance tells the clients of all.
  app.post('/announce', (_req, res) => {
    mcp.mcp.notify.toolsChanged();
    res.json({ announcedBy: instance });
  });

  const listener = app.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  await mcp.mcp.ready();
  process.send?.((listener.address() as AddressInfo).port);
  process.once('disconnect', () => process.exit());
}

async function supervise(): Promise<void> {
  const instances = ['A', 'B'].map((each) => fork(program, [each]));
  const ports = await Promise.all(instances.map(portOf));
  const port = Number(process.env.PORT ?? 3000) || (await freePort());
  const front = await startNginx(port, ports);
  console.log(`MCP endpoint   http://127.0.0.1:${port}/mcp`);
  process.once('SIGTERM', async () => {
    await front.stop();
    for (const instance of instances) instance.disconnect();
  });
}

async function portOf(instance: ChildProcess): Promise<number> {
  const started = once(instance, 'message');
  const ended = once(instance, 'exit').then(() => Promise.reject(new Error('it did not start')));
  const [port] = await Promise.race([started, ended]);
  return Number(port);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}
