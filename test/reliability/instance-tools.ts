/**
 * The MCP server of an instance: tools that write down what they do, so that it can be counted.
 *
 * Knows: the v1 SDK. Does not know: stores, what happens to instances.
 *
 * @module
 */
import { appendFileSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import type { Deed } from './effects.js';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

const text = (words: string) => ({ content: [{ type: 'text' as const, text: words }] });

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Writes a tool's deeds to the end of a file that all instances share. */
export type Write = (deed: Deed, nonce: string) => void;

/** @param instance - named in every line. */
export const writer =
  (file: string, instance: string): Write =>
  (deed, nonce) =>
    appendFileSync(file, `${deed} ${nonce} ${instance}\n`);

const nonce = z.string();

/**
 * `echo` answers at once; `slow` reports progress until its time is over or it is aborted; `ask` elicits;
 * `announce` answers at once and goes on saying things to its session; `plain` is `echo` without a trace.
 */
export function createServer(write: Write): McpServer {
  const capabilities = { logging: {} };
  const server = new McpServer({ name: 'instance', version: '1.0.0' }, { capabilities });
  server.registerTool('echo', { inputSchema: { nonce } }, (args) => {
    write('begun', args.nonce);
    return text(args.nonce);
  });
  server.registerTool('plain', { inputSchema: { nonce } }, (args) => text(args.nonce));
  const slow = { nonce, ms: z.number(), reports: z.int() };
  server.registerTool('slow', { inputSchema: slow }, (args, extra) => linger(args, extra, write));
  const requestedSchema = { type: 'object' as const, properties: {} };
  server.registerTool('ask', { inputSchema: { nonce } }, async ({ nonce: message }) => {
    write('begun', message);
    const { content } = await server.server.elicitInput({ message, requestedSchema });
    return text(`${message} ${content?.words}`);
  });
  const announce = { nonce, count: z.int(), everyMs: z.number() };
  server.registerTool('announce', { inputSchema: announce }, (args) => {
    write('begun', args.nonce);
    setImmediate(() => void say(server, args, write));
    return text(args.nonce);
  });
  return server;
}

interface Lingering {
  readonly nonce: string;
  readonly ms: number;
  readonly reports: number;
}

async function linger({ nonce, ms, reports }: Lingering, extra: Extra, write: Write) {
  write('begun', nonce);
  extra.signal.addEventListener('abort', () => write('aborted', nonce), { once: true });
  const progressToken = extra._meta?.progressToken ?? '';
  const endsAt = performance.now() + ms;
  for (let progress = 1; progress <= reports && !extra.signal.aborted; progress += 1) {
    const params = { progressToken, progress, message: nonce };
    await extra.sendNotification({ method: 'notifications/progress', params });
    await pause((endsAt - performance.now()) / (reports - progress + 1));
  }
  if (!extra.signal.aborted) await pause(endsAt - performance.now());
  write('finished', nonce);
  return text(nonce);
}

/** In the context of a call that is over: what is said goes to the session's own stream. */
async function say(
  server: McpServer,
  { nonce, count, everyMs }: { nonce: string; count: number; everyMs: number },
  write: Write,
): Promise<void> {
  for (let nth = 1; nth <= count; nth += 1) {
    const data = { nonce, nth, at: Date.now() };
    await server.server.sendLoggingMessage({ level: 'info', data }).catch(() => {
      write('unsaid', nonce);
    });
    await pause(everyMs);
  }
  write('finished', nonce);
}
