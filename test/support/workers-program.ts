/**
 * A direct server with workers as a program of its own: `workers-program.ts '{"workers":2,…}'`.
 *
 * Its parent may send the name of a method of `Listening`, with arguments, to the primary, and is told how it
 * ended: `['restart', …]` is answered by `['done']` or `['failed', code]`. What a worker should suffer from is
 * in the variable `FAULT`; with `FAULT_FILE` only as long as there is such a file.
 *
 * Knows: `serve`, and ways to fail. Does not know: what is tested.
 *
 * @module
 */
import cluster from 'node:cluster';
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { type Listening, serve } from '../../lib/index.js';

const { FAULT, FAULT_FILE } = process.env;
const fault = cluster.isWorker && (FAULT_FILE === undefined || existsSync(FAULT_FILE)) ? FAULT : '';

const text = (said: unknown) => ({ content: [{ type: 'text' as const, text: String(said) }] });

const server = new McpServer({ name: 'workers', version: '1.0.0' });
server.registerTool('who', {}, () => text(process.pid));
server.registerTool('wait', { inputSchema: { ms: z.number() } }, async ({ ms }) => {
  await wait(ms);
  return text(process.pid);
});
server.registerTool('block', {}, () => {
  for (;;);
});

if (fault === 'ends') process.exit(3);
if (fault === 'server') server.server.oninitialized = () => {};

try {
  const listening = await serve(server, JSON.parse(process.argv[2] ?? '{}'));
  if (fault === 'crashes') process.exit(7);
  if (fault === 'stays') setInterval(() => {}, 1_000);
  if (cluster.isPrimary) obey(listening);
} catch (error) {
  console.error((error as { code?: unknown }).code);
  process.exitCode = 1;
  process.channel?.unref();
}

function obey(listening: Listening): void {
  process.on('message', ([method, ...values]: [keyof Listening, ...unknown[]]) => {
    const act = listening[method] as (...values: unknown[]) => Promise<void>;
    act(...values).then(
      () => process.send?.(['done']),
      (error) => process.send?.(['failed', error.code]),
    );
  });
  process.channel?.unref();
}
