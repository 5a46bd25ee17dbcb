/**
 * A server whose tool says what the test tells it to say, when the test says so.
 *
 * Knows: the v1 SDK, and both ways of closing a connection early. Does not know: who listens.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import { text } from './tool-result.js';

export type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** One call of the tool `tell`, in the test's hands. */
export interface Telling {
  readonly extra: Extra;
  /** Reports progress; the value is `nth`. */
  say(nth: number): Promise<void>;
  /** Ends the call with this result. */
  finish(result?: unknown): void;
  /** Ends the call with an error. */
  fail(error: Error): void;
}

/** The server, and its calls in the order they began. */
export interface Teller {
  readonly server: McpServer;
  /** The nth call of `tell`, as soon as it has begun; counts from 0. */
  call(nth?: number): Promise<Telling>;
}

/** Builds a server with the tool `tell`, a resource and a logging level. */
export function teller(): Teller {
  const options = { capabilities: { logging: {}, resources: { subscribe: true } } };
  const server = new McpServer({ name: 'teller', version: '1.0.0' }, options);
  const begun: Telling[] = [];
  const waiting: (() => void)[] = [];
  server.registerTool('tell', {}, async (extra) => {
    const result = await new Promise<unknown>((resolve, reject) => {
      const say = (progress: number) => {
        const progressToken = extra._meta?.progressToken ?? 'none';
        const params = { progressToken, progress };
        return extra.sendNotification({ method: 'notifications/progress', params });
      };
      begun.push({ extra, say, finish: (value = 'told') => resolve(value), fail: reject });
      for (const wake of waiting.splice(0)) wake();
    });
    return text(result);
  });
  return {
    server,
    call: async (nth = 0) => {
      for (;;) {
        const telling = begun[nth];
        if (telling !== undefined) return telling;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
  };
}

/** Progress values among messages, in order. */
export const progressIn = (messages: readonly { readonly params?: Record<string, unknown> }[]) =>
  messages.flatMap(({ params }) => (params?.progress === undefined ? [] : [params.progress]));
