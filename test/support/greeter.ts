/**
 * A small server: a tool that answers at once, and one that waits until the test lets it go.
 *
 * Knows: the v1 SDK. Does not know: who calls.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import type { Answer } from './raw-request.js';

/** The server and the gate that its `wait` tool stands at. */
export interface Greeter {
  readonly server: McpServer;
  /** Resolves as soon as `calls` calls of `wait` have begun. */
  waiting(calls?: number): Promise<void>;
  /** Lets every call of `wait` go, present and future. */
  open(): void;
}

/** Builds a server named `name`; `greet` answers with that name. */
export function greeter(name = 'greeter'): Greeter {
  const server = new McpServer({ name, version: '1.0.0' });
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const watchers: { calls: number; resolve: () => void }[] = [];
  let begun = 0;
  const inputSchema = { whom: z.string().default('world') };
  server.registerTool('greet', { inputSchema }, ({ whom }) => ({
    content: [{ type: 'text', text: `${name} greets ${whom}` }],
  }));
  server.registerTool('wait', {}, async () => {
    begun += 1;
    for (const { calls, resolve } of watchers) if (begun >= calls) resolve();
    await opened;
    return { content: [{ type: 'text', text: 'waited' }] };
  });
  return {
    server,
    waiting: (calls = 1) =>
      new Promise((resolve) => {
        if (begun >= calls) resolve();
        else watchers.push({ calls, resolve });
      }),
    open: () => open(),
  };
}

/** A call of `greet`, as a JSON-RPC request. */
export const greeting = (id: string | number = 1) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'greet', arguments: {} },
});

/** Text of the first block of content in a whole JSON answer; undefined for an error. */
export const greetingIn = ({ text }: Answer): string | undefined =>
  JSON.parse(text).result?.content?.[0]?.text;
