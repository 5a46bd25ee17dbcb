/**
 * A server under test, in its own process: `server-program.ts '{"shape":…,"options":…}'`.
 *
 * Tells its port when it listens, then answers questions about itself.
 *
 * Knows: how the endpoint is put into an app. Does not know: what is done to it.
 *
 * @module
 */
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { type McpRouter, mcpRouter, memoryEventStore, serve } from 'express-mcp-router';
import type { Question, ServerPlan } from './server-under-test.js';
import { createServer } from './tools.js';

const { shape, log, ...plan }: ServerPlan = JSON.parse(process.argv[2] ?? '{}');
const options = { ...plan.options, ...(log && { eventStore: memoryEventStore(log) }) };

const { router, port } = shape === 'direct' ? await direct() : await inApp();

async function direct(): Promise<{ router: McpRouter; port: number }> {
  return serve(createServer(), { ...options, port: 0, print: false });
}

async function inApp(): Promise<{ router: McpRouter; port: number }> {
  const router = mcpRouter(createServer(), options);
  const app = express();
  if (shape === 'parser-first') app.use(express.json({ limit: '4mb' }));
  app.use(router, router.mcp.errorHandler);
  const web = createHttpServer(app as RequestListener);
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  return { router, port: (web.address() as AddressInfo).port };
}

/** Milliseconds until nothing is running any more; new requests are refused from then on. */
async function drained(): Promise<number> {
  const began = performance.now();
  await router.mcp.drain({ deadlineMs: 5_000 });
  return performance.now() - began;
}

function memory() {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage();
}

/** What `for…in` finds in an object without members. */
function inherited(): string[] {
  const names: string[] = [];
  for (const holder of [{}, [], () => {}]) for (const name in holder) names.push(name);
  return names;
}

const answers: Record<Question, () => unknown> = {
  memory,
  rssBytes: () => process.memoryUsage.rss(),
  peakBytes: () => process.resourceUsage().maxRSS * 1_024,
  cpu: () => process.cpuUsage(),
  timers: () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
  handles: () => process.getActiveResourcesInfo().length,
  sessions: () => router.mcp.sessions.count(),
  drained,
  inherited,
};

process.on('message', async ({ id, question }: { id: number; question: Question }) => {
  process.send?.({ id, answer: await answers[question]() });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ port });
