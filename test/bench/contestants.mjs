/**
 * Who takes part: every server that is measured, and how it is asked.
 *
 * @module
 */
import { bearerCall, constant, echo, legacyCall, listing, modernCall } from './load/messages.mjs';

/**
 * @typedef {object} Contestant
 * @property {string} id
 * @property {string} label
 * @property {import('./load/peer.mjs').PeerKind} kind
 * @property {'echo' | 'constant' | 'legacy' | 'bearer' | 'modern'} speaks
 * @property {number} tools
 * @property {number | 'one-each' | 'none'} sessions - how many are open; `one-each`: one per connection.
 */

/** @type {Record<string, { label: string, file: string, start: string, options?: object, speaks?: Contestant['speaks'], sessions?: Contestant['sessions'] }>} */
const ALL = {
  'node-echo': {
    label: 'bare node:http, JSON echo',
    file: 'bare',
    start: 'nodeEcho',
    speaks: 'echo',
  },
  'express-constant': {
    label: 'bare Express 5 route, constant answer',
    file: 'bare',
    start: 'expressConstant',
    speaks: 'constant',
  },
  'express-echo': {
    label: 'Express 5 + express.json() echo',
    file: 'bare',
    start: 'expressEcho',
    speaks: 'echo',
  },
  ceiling: {
    label: 'SDK v1 server, bare transport, express.json() (the ceiling, no host)',
    file: 'ceiling',
    start: 'bareTransport',
  },
  'ours-stateless': {
    label: 'ours, shared server, stateless',
    file: 'ours',
    start: 'shared',
    options: { stateless: true },
  },
  'ours-token': {
    label: 'ours, shared server, stateless, jwtAuth with a cached token',
    file: 'ours',
    start: 'shared',
    options: { stateless: true, isProtected: true },
    speaks: 'bearer',
  },
  'ours-session': {
    label: 'ours, shared server, sessions',
    file: 'ours',
    start: 'shared',
    sessions: 'one-each',
  },
  'ours-redis': {
    label: 'ours, shared server, sessions in Redis',
    file: 'ours',
    start: 'overRedis',
    sessions: 'one-each',
  },
  'ours-factory': {
    label: 'ours, factory, warm, sessions',
    file: 'ours',
    start: 'factory',
    sessions: 'one-each',
  },
  'ours-serve': {
    label: 'ours, serve() without an app, sessions',
    file: 'ours',
    start: 'direct',
    sessions: 'one-each',
  },
  'ours-1-session': {
    label: 'ours, 1 session open',
    file: 'ours',
    start: 'shared',
    options: { manySessions: true },
    sessions: 1,
  },
  'ours-many-sessions': {
    label: 'ours, many sessions open, all in use',
    file: 'ours',
    start: 'shared',
    options: { manySessions: true },
    sessions: 100_000,
  },
  'v1-request': {
    label: 'SDK v1 per request, JSON',
    file: 'sdk-v1',
    start: 'perRequest',
    options: { json: true },
  },
  'v1-request-sse': {
    label: 'SDK v1 per request, SSE',
    file: 'sdk-v1',
    start: 'perRequest',
    options: { json: false },
  },
  'v1-request-example': {
    label: 'SDK v1 per request, JSON, schemas inline as in its example',
    file: 'sdk-v1',
    start: 'perRequest',
    options: { json: true, inline: true },
  },
  'v1-cached': {
    label: 'SDK v1 cached sessions, JSON',
    file: 'sdk-v1',
    start: 'cachedSessions',
    options: { json: true },
    sessions: 'one-each',
  },
  'v1-cached-sse': {
    label: 'SDK v1 cached sessions, SSE',
    file: 'sdk-v1',
    start: 'cachedSessions',
    options: { json: false },
    sessions: 'one-each',
  },
  'v2-modern': {
    label: 'SDK v2 createMcpHandler, modern',
    file: 'sdk-v2',
    start: 'handler',
    speaks: 'modern',
  },
  'v2-legacy': {
    label: 'SDK v2 createMcpHandler, legacy stateless',
    file: 'sdk-v2',
    start: 'handler',
  },
  fastmcp: {
    label: 'npm fastmcp, stateless, JSON',
    file: 'fastmcp',
    start: 'stateless',
    options: { json: true },
  },
  hono: {
    label: '@hono/mcp, shared server, JSON',
    file: 'hono',
    start: 'shared',
    options: { json: true },
  },
};

/** @param {string} id @param {number} tools @returns {Contestant} */
export function contestant(id, tools) {
  const { label, file, start, options = {}, speaks = 'legacy', sessions = 'none' } = ALL[id];
  return {
    id,
    label,
    kind: { file, start, options: { ...options, tools } },
    speaks,
    tools,
    sessions,
  };
}

/**
 * @param {Contestant} contestant @param {'call' | 'list'} operation @param {number} port
 * @param {number} connections @param {readonly string[]} sessionIds - used in turn, each connection its own share.
 * @returns {import('./load/load.mjs').Asking}
 */
export function askingOf({ speaks, tools }, operation, port, connections, sessionIds) {
  if (speaks === 'echo') return () => echo(port);
  if (speaks === 'constant') return () => constant(port);
  if (speaks === 'bearer') return () => bearerCall(port);
  if (speaks === 'modern') return () => modernCall(port);
  const question = operation === 'list' ? listing(tools) : legacyCall;
  const turns = new Array(connections).fill(0);
  return (connection) => {
    const turn = turns[connection]++;
    return question(port, sessionIds[(connection + turn * connections) % sessionIds.length]);
  };
}
