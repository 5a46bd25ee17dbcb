/**
 * A server that says all a page has to be able to hear: results, progress, a form, news.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';

const FORM = {
  message: 'Your name?',
  requestedSchema: { type: 'object' as const, properties: { name: { type: 'string' as const } } },
};

const told = (text: string) => ({ content: [{ type: 'text' as const, text }] });

/** A server and what was asked of it. */
export interface Talker {
  readonly server: McpServer;
  /** Names of the tools that have run, in order. */
  readonly ran: readonly string[];
  /** Registers one more tool, of which every client is told. */
  grow(name: string): void;
}

/** Builds a server with the tools `greet`, `ask` (a form) and `count` (progress 1, 2, 3). */
export function talker(): Talker {
  const server = new McpServer({ name: 'talker', version: '1.0.0' });
  const ran: string[] = [];
  const grow = (name: string) =>
    void server.registerTool(name, {}, () => {
      ran.push(name);
      return told(`${name} ran`);
    });
  grow('greet');
  server.registerTool('ask', {}, async () => {
    const { content } = await server.server.elicitInput(FORM);
    return told(`Hello ${content?.name}`);
  });
  server.registerTool('count', {}, async ({ sendNotification, _meta }) => {
    const progressToken = _meta?.progressToken ?? 0;
    for (const progress of [1, 2, 3]) {
      const params = { progressToken, progress };
      await sendNotification({ method: 'notifications/progress', params });
    }
    return told('counted');
  });
  return { server, ran, grow };
}
