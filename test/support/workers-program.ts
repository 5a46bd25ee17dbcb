/**
 * A direct server with workers as a program of its own: `workers-program.ts '{"workers":2,…}'`.
 *
 * Its parent may send the primary the name of a method of `Listening` and arguments, and is told how that
 * went: `['restart']` is answered by `['done']` or `['failed', code]`. Calls that take their time are told on
 * standard error as they begin. What workers suffer from is in `FAULT`; with `FAULT_FILE` only while that exists.
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
const isFaulty = cluster.isWorker && (FAULT_FILE === undefined || existsSync(FAULT_FILE));
const fault = isFaulty ? FAULT : undefined;

const text = (said: unknown) => ({ content: [{ type: 'text' as const, text: String(said) }] });

const server = new McpServer({ name: 'workers', version: '1.0.0' });
server.registerTool('who', {}, () => text(process.pid));
server.registerTool('wait', { inputSchema: { ms: z.number() } }, async ({ ms }) => {
  console.error('waiting');
  await wait(ms);
  return text(process.pid);
});
server.registerTool('block', {}, () => {
  console.error('blocking');
  for (;;);
});

if (fault === 'ends') process.exit(3);
if (fault === 'server') server.server.oninitialized = () => {};

if (FAULT === 'foreign' && cluster.isPrimary) cluster.fork();
else await begin();

async function begin(): Promise<void> {
  try {
    obey(await serve(server, JSON.parse(process.argv[2] ?? '{}')));
  } catch (error) {
    console.error((error as { code?: unknown }).code);
    process.exitCode = 1;
    return process.disconnect();
  }
  if (fault === 'crashes') process.exit(7);
  if (fault === 'stays') setInterval(() => {}, 1_000);
}

function obey(listening: Listening): void {
  if (cluster.isWorker) return;
  process.on('message', ([method, ...values]: ['restart' | 'drain' | 'close', ...[]]) => {
    const done = listening[method]?.(...values);
    done?.then(
      () => process.send?.(['done']),
      (error) => process.send?.(['failed', error.code]),
    );
  });
  process.channel?.unref();
}
