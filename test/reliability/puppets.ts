/**
 * A server whose calls do what they are told, when they are told, in their own context.
 *
 * Knows: the v1 SDK. Does not know: who calls, what comes of it.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
  ElicitResultSchema,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

const ARGS = { label: z.string() };

const text = (words: string) => ({ content: [{ type: 'text' as const, text: words }] });

/** The servers, and their calls by the label that the client gave them. */
export class Puppets {
  readonly #begun = new Map<string, Puppet>();
  readonly #told: (label: string) => void;

  /** @param told - called with the label of a call that begins. */
  constructor(told: (label: string) => void = () => {}) {
    this.#told = told;
  }

  /** A server with a tool that answers at once, and one that does what it is told. */
  create(): McpServer {
    const options = { capabilities: { logging: {} } };
    const server = new McpServer({ name: 'puppets', version: '1.0.0' }, options);
    server.registerTool('echo', { inputSchema: ARGS }, ({ label }) => text(label));
    server.registerTool('act', { inputSchema: ARGS }, async ({ label }, extra) => {
      const puppet = new Puppet(server, extra);
      this.#begun.set(label, puppet);
      this.#told(label);
      return text(await puppet.result);
    });
    return server;
  }

  /** The call of this label; undefined until it has begun. */
  find(label: string): Puppet | undefined {
    return this.#begun.get(label);
  }
}

/** One call of `act`. It goes on doing what it is told after its end. */
export class Puppet {
  readonly result: Promise<string>;
  readonly #server: McpServer;
  readonly #extra: Extra;
  readonly #steps: (() => void)[] = [];
  #wake = () => {};
  #finish: (value: string) => void = () => {};
  #fail: (error: Error) => void = () => {};

  constructor(server: McpServer, extra: Extra) {
    this.#server = server;
    this.#extra = extra;
    this.result = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    this.result.catch(() => {});
    void this.#play();
  }

  finish(value: string): void {
    this.#finish(value);
  }

  fail(message: string): void {
    this.#fail(new Error(message));
  }

  /** Reports progress; rejects when the server is gone. */
  report(message: string): Promise<void> {
    const progressToken = this.#extra._meta?.progressToken ?? 'none';
    const params = { progressToken, progress: 1, message };
    return this.#inContext(() =>
      this.#extra.sendNotification({ method: 'notifications/progress', params }),
    );
  }

  /** Says something that belongs to whatever call is running here. */
  log(data: string): Promise<void> {
    return this.#inContext(() => this.#server.server.sendLoggingMessage({ level: 'info', data }));
  }

  /** Asks the client; the words of its answer. */
  async ask(message: string): Promise<string> {
    const requestedSchema = { type: 'object' as const, properties: {} };
    const params = { message, requestedSchema };
    const request = { method: 'elicitation/create' as const, params };
    const { content } = await this.#inContext(() =>
      this.#extra.sendRequest(request, ElicitResultSchema),
    );
    return String(content?.words);
  }

  closeSse(): void {
    this.#extra.closeSSEStream?.();
  }

  closeStandalone(): void {
    this.#extra.closeStandaloneSSEStream?.();
  }

  #inContext<T>(step: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#steps.push(() => step().then(resolve, reject));
      this.#wake();
    });
  }

  async #play(): Promise<void> {
    for (;;) {
      for (const step of this.#steps.splice(0)) step();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
