/**
 * Servers of both SDK generations that a factory builds, and what became of them.
 *
 * Knows: how each generation registers a tool. Does not know: the endpoint.
 *
 * @module
 */
import { EventEmitter } from 'node:events';
import { McpServer as McpServer1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { McpServer as McpServer2 } from '@modelcontextprotocol/server';
import type { ConnectableServer, FactoryContext } from 'express-mcp-router';
import { text } from './tool-result.js';

const INFO = { name: 'built', version: '1.0.0' };
const OPTIONS = { capabilities: { logging: {}, tools: { listChanged: true } } };
const FORM = { message: '?', requestedSchema: { type: 'object' as const, properties: {} } };

/** What the tools of a server may do, whatever its generation. */
export interface Built {
  readonly nth: number;
  readonly context: FactoryContext;
  readonly server: ConnectableServer;
  /** Registers one more tool, which announces a change. */
  grow(name: string): void;
}

/** Builds servers with the tools `who` (its number and principal) and `ask` (elicits). */
export class Builder {
  readonly built: Built[] = [];
  /** Numbers of the servers that were closed. */
  readonly closed: number[] = [];
  /** Emits `closed`. */
  readonly events = new EventEmitter();
  readonly #make: (builder: Builder, context: FactoryContext) => Built;

  constructor(make: (builder: Builder, context: FactoryContext) => Built) {
    this.#make = make;
  }

  readonly factory = (context: FactoryContext): ConnectableServer => {
    const built = this.#make(this, context);
    this.built.push(built);
    return built.server;
  };

  /** Notes the end of a server. */
  close(nth: number): void {
    this.closed.push(nth);
    this.events.emit('closed', nth);
  }
}

function buildV1(builder: Builder, context: FactoryContext): Built {
  const nth = builder.built.length;
  const server = new McpServer1(INFO, OPTIONS);
  server.registerTool('who', {}, () => text([nth, context.principal !== undefined]));
  server.registerTool('ask', {}, async () => text((await server.server.elicitInput(FORM)).action));
  server.server.onclose = () => builder.close(nth);
  const grow = (name: string) => void server.registerTool(name, {}, () => text(name));
  return { nth, context, server, grow };
}

function buildV2(builder: Builder, context: FactoryContext): Built {
  const nth = builder.built.length;
  const server = new McpServer2(INFO, OPTIONS);
  server.registerTool('who', {}, () => text([nth, context.principal !== undefined]));
  server.registerTool('ask', {}, async (ctx) => text((await ctx.mcpReq.elicitInput(FORM)).action));
  server.server.onclose = () => builder.close(nth);
  const grow = (name: string) => void server.registerTool(name, {}, () => text(name));
  return { nth, context, server, grow };
}

/** A builder of each SDK generation, by name. */
export const GENERATIONS: [string, () => Builder][] = [
  ['SDK v1', () => new Builder(buildV1)],
  ['SDK v2', () => new Builder(buildV2)],
];
