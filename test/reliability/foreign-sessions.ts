/**
 * SEC-11: a session of somebody else cannot be told from one that does not exist.
 *
 * @module
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { mcpRouter, staticTokens } from 'express-mcp-router';
import { type Answer, post, type Sent, send } from '../support/raw-request.js';
import {
  asSpeed,
  atMost,
  type Experiment,
  exactly,
  type Figure,
  percentile,
  type Scale,
  told,
} from './experiment.js';
import { createServer as createMcpServer } from './tools.js';

export const ADA = 'the token of ada, long enough'.replaceAll(/[ ,]/g, '-');
export const EVE = 'the token of eve, long enough'.replaceAll(/[ ,]/g, '-');
const SECRET = 'a secret of an experiment, 32 bytes or more';

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'ada', version: '1.0.0' },
  },
};

const bearer = (token: string, sessionId?: string) => ({
  Authorization: `Bearer ${token}`,
  ...(sessionId !== undefined && { 'Mcp-Session-Id': sessionId }),
});

/** The verbs that name a session, as somebody who has its id would use them. */
export const VERBS: Readonly<
  Record<string, (url: string, headers: Sent['headers']) => Promise<Answer>>
> = {
  POST: (url, headers) => post(url, { jsonrpc: '2.0', id: 1, method: 'ping' }, { headers }),
  GET: (url, headers) =>
    send(url, { method: 'GET', headers: { Accept: 'text/event-stream', ...headers } }),
  DELETE: (url, headers) => send(url, { method: 'DELETE', headers }),
};

/** What a stranger sees of an answer, without what is another in every one. */
function seen({ status, headers, text }: Answer): string {
  const { date: _date, ...others } = headers;
  return JSON.stringify([status, others, text]);
}

/** The id of a session that ada has opened; sealed ids of the same handshake are of the same length. */
async function opened(url: string): Promise<string> {
  const { headers } = await post(url, INITIALIZE, { headers: bearer(ADA) });
  const id = headers['mcp-session-id'];
  if (typeof id !== 'string') throw new Error('no session was opened');
  return id;
}

/** Asks for a session of somebody else and for one that does not exist, in turn. */
export async function compare(url: string, verb: string, times: number): Promise<Figure[]> {
  const ask = VERBS[verb];
  if (ask === undefined) throw new Error(`no verb ${verb}`);
  const foreign = await opened(url);
  const unknown = `${foreign.slice(0, -8)}${[...foreign.slice(-8)].reverse().join('')}`;
  const took: Record<string, number[]> = { foreign: [], unknown: [] };
  const answers = new Set<string>();
  for (let time = 0; time < 2 * times; time += 1) {
    const [name, id] = time % 2 === 0 ? ['foreign', foreign] : ['unknown', unknown];
    const began = performance.now();
    answers.add(seen(await ask(url, bearer(EVE, id))));
    took[name]?.push(performance.now() - began);
  }
  const [mine = 0, none = 0] = Object.values(took).map((all) => percentile(all, 0.5));
  return [
    exactly(`${verb}: different answers`, answers.size, '', 1),
    told(`${verb}: median, somebody else’s`, mine, 'ms'),
    told(`${verb}: median, unknown`, none, 'ms'),
    asSpeed(atMost(`${verb}: apart by`, Math.abs(mine - none), 'ms', 1)),
  ];
}

async function run(scale: Scale): Promise<Figure[]> {
  const auth = staticTokens({
    [ADA]: { clientId: 'app', subject: 'ada' },
    [EVE]: { clientId: 'app', subject: 'eve' },
  });
  const router = mcpRouter(createMcpServer(), { auth, secret: SECRET });
  const web = createServer(express().use(router)).listen(0, '127.0.0.1');
  await once(web, 'listening');
  const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/mcp`;
  try {
    const figures: Figure[] = [];
    for (const verb of Object.keys(VERBS)) {
      figures.push(...(await compare(url, verb, scale === 'long' ? 500 : 50)));
    }
    return figures;
  } finally {
    await router.mcp.close();
    web.closeAllConnections();
    await new Promise((resolve) => web.close(resolve));
  }
}

export const FOREIGN_SESSIONS: Experiment = {
  id: 'SEC-11',
  title: 'Sessions of somebody else',
  run,
};
