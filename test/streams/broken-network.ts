/**
 * One long call of the official client over a network that breaks.
 *
 * Knows: both SDK generations' clients, and what they are to see. Does not know: how often it is run.
 *
 * @module
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import {
  Client as Client2,
  StreamableHTTPClientTransport as Transport2,
} from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { type McpRouterOptions, mcpRouter } from 'express-mcp-router';
import { cuttingProxy, seeded } from '../support/cutting-proxy.js';

/** A call as it is to be made. */
export interface Journey {
  readonly seed: number;
  readonly reports: number;
  /** Time between two reports, milliseconds. */
  readonly everyMs: number;
  /** The tool closes its stream after so many reports; 0 for never. */
  readonly closeAfter: number;
  /** Share of the streams that are cut, 0 to 1. */
  readonly cutShare: number;
  readonly options: McpRouterOptions;
  readonly client: 'v1' | 'v2';
}

/** What the client saw of it. */
export interface Travelled {
  readonly progress: readonly number[];
  readonly result: string;
  readonly cuts: number;
}

const RECONNECTION = {
  initialReconnectionDelay: 5,
  maxReconnectionDelay: 50,
  reconnectionDelayGrowFactor: 1.2,
  maxRetries: 100,
};

/** A tool that reports and, now and then, closes its own connection. */
function reporter({ reports, everyMs, closeAfter }: Journey): McpServer {
  const server = new McpServer({ name: 'reporter', version: '1.0.0' });
  server.registerTool('report', {}, async ({ _meta, sendNotification, closeSSEStream }) => {
    const progressToken = _meta?.progressToken ?? '';
    for (let progress = 1; progress <= reports; progress += 1) {
      const params = { progressToken, progress, total: reports };
      await sendNotification({ method: 'notifications/progress', params });
      if (closeAfter > 0 && progress % closeAfter === 0) closeSSEStream?.();
      await wait(everyMs);
    }
    return { content: [{ type: 'text', text: `${reports} reports` }] };
  });
  return server;
}

/** Makes the call; every event and the result are what a client is owed. */
export async function travel(journey: Journey): Promise<Travelled> {
  const router = mcpRouter(reporter(journey), { retryIntervalMs: 5, ...journey.options });
  const web = createServer(express().use(router)).listen(0, '127.0.0.1');
  await once(web, 'listening');
  const origin = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  const random = seeded(journey.seed);
  const proxy = await cuttingProxy(origin, { random, share: journey.cutShare, withinBytes: 1_500 });
  try {
    const seen = await CLIENTS[journey.client](new URL('/mcp', proxy.origin));
    return { ...seen, cuts: proxy.cuts() };
  } finally {
    await router.mcp.close();
    await proxy.close();
    web.closeAllConnections();
    await new Promise((resolve) => web.close(resolve));
  }
}

type Seen = Omit<Travelled, 'cuts'>;

const INFO = { name: 'traveller', version: '1.0.0' };
const CALL = { name: 'report', arguments: {} };

const textOf = (result: unknown): string =>
  (result as { content: [{ text: string }] }).content[0].text;

const CLIENTS: Record<Journey['client'], (url: URL) => Promise<Seen>> = {
  v1: async (url) => {
    const progress: number[] = [];
    const client = new Client(INFO);
    await client.connect(
      new StreamableHTTPClientTransport(url, { reconnectionOptions: RECONNECTION }),
    );
    const onprogress = (told: { progress: number }) => void progress.push(told.progress);
    const result = await client.callTool(CALL, undefined, { onprogress, timeout: 120_000 });
    await client.close();
    return { progress, result: textOf(result) };
  },
  v2: async (url) => {
    const progress: number[] = [];
    const client = new Client2(INFO);
    await client.connect(new Transport2(url, { reconnectionOptions: RECONNECTION }));
    const onprogress = (told: { progress: number }) => void progress.push(told.progress);
    const result = await client.callTool(CALL, { onprogress, timeout: 120_000 });
    await client.close();
    return { progress, result: textOf(result) };
  },
};
