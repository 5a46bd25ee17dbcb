/**
 * A server that is killed in the middle of a call, and started again over the same files.
 *
 * Without an argument this program is the supervisor that starts it again, as systemd or Kubernetes would.
 * With one it is the server; the argument is the folder of its files.
 *
 * @module
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { keyvEventStore, mcpRouter } from 'express-mcp-router';
import Keyv from 'keyv';
import { KeyvFile } from 'keyv-file';

const [, program = '', folder] = process.argv;

if (folder === undefined) await supervise();
else await serve(folder);

async function supervise(): Promise<void> {
  const files = await mkdtemp(join(tmpdir(), 'event-store-keyv-'));
  let port = process.env.PORT ?? '3000';
  let code: number | null = null;
  while (code === null) {
    const child = fork(program, [files], { env: { ...process.env, PORT: port } });
    child.once('message', (listening) => {
      port = String(listening);
      console.log(`MCP endpoint   http://127.0.0.1:${port}/api/mcp`);
    });
    [code] = await once(child, 'exit');
  }
  process.exitCode = code;
}

async function serve(filename: string): Promise<void> {
  const keyv = new Keyv({ store: new KeyvFile({ filename, separatedFile: true }) });
  const eventStore = keyvEventStore(keyv);
  const options = { eventStore, secret: 'an example; yours comes from the environment' };

  const server = new McpServer(
    { name: 'reports', version: '1.0.0' },
    { capabilities: { logging: {} } },
  );
  server.registerTool('report', { description: 'Writes a report in four steps' }, async () => {
    for (const step of [1, 2, 3]) {
      await server.sendLoggingMessage({ level: 'info', data: `step ${step} of 4` });
    }
    return new Promise(() => {});
  });

  const app = express();
  app.use('/api', mcpRouter(server, options));

  // Stands for whatever kills a process. A crash loses what was not yet written; here the disk catches up
  // first, so that there is no luck in what the client shows.
  app.post('/crash', async () => {
    await eventStore.close();
    process.kill(process.pid, 'SIGKILL');
  });

  const listener = app.listen(Number(process.env.PORT), '127.0.0.1');
  await once(listener, 'listening');
  process.send?.((listener.address() as AddressInfo).port);
  process.once('disconnect', () => {
    rmSync(filename, { recursive: true });
    process.exit();
  });
}
