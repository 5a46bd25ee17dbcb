/**
 * The programme: which races are run, and the floors that DESIGN.md §11 asks for in them.
 *
 * @module
 */
import { contestant } from './contestants.mjs';
import { hasRedis } from './peers/redis.mjs';
import { keyOf } from './race.mjs';

const BARE = ['node-echo', 'express-constant', 'express-echo', 'ceiling'];
const OURS = ['ours-stateless', 'ours-session', 'ours-factory'];
const DIRECT = ['ours-serve'];
const PEERS = [
  'v1-request',
  'v1-request-sse',
  'v1-request-example',
  'v1-cached',
  'v1-cached-sse',
  'v2-modern',
  'v2-legacy',
  'fastmcp',
  'hono',
];
const LISTERS = [
  'ours-stateless',
  'ours-session',
  'v1-request',
  'v1-cached',
  'v2-legacy',
  'fastmcp',
  'hono',
];

const of = (/** @type {readonly string[]} */ ids, /** @type {number} */ tools) =>
  ids.map((id) => contestant(id, tools));

/** @param {number} manySessions @returns {import('./race.mjs').Race[]} */
export function programme(manySessions) {
  const crowd = { ...contestant('ours-many-sessions', 10), sessions: manySessions };
  return [
    ...[32, 1].flatMap((connections) => [
      race('call', 10, connections, of([...BARE, ...OURS, ...DIRECT, ...PEERS], 10)),
      race('call', 500, connections, [
        ...of(['ours-stateless', 'ours-session'], 10),
        ...of([...OURS, ...PEERS], 500),
      ]),
      race('list', 500, connections, of(LISTERS, 500)),
      tokenRace(connections),
      ...(hasRedis ? [redisRace(connections)] : []),
    ]),
    {
      id: 'sessions-32',
      title: `tools/call, ${manySessions} sessions against 1, 32 connections`,
      operation: /** @type {const} */ ('call'),
      connections: 32,
      contestants: [contestant('ours-1-session', 10), crowd],
    },
  ];
}

/** The same calls with and without a token. @param {number} connections */
function tokenRace(connections) {
  const calls = race('call', 10, connections, of(['ours-stateless', 'ours-token'], 10));
  return { ...calls, id: `token-10-${connections}`, title: `${calls.title}, with a token` };
}

/** The same calls with sessions in memory and in Redis. @param {number} connections */
function redisRace(connections) {
  const calls = race('call', 10, connections, of(['ours-session', 'ours-redis'], 10));
  return { ...calls, id: `redis-10-${connections}`, title: `${calls.title}, sessions in Redis` };
}

/**
 * @param {'call' | 'list'} operation @param {number} tools @param {number} connections
 * @param {import('./contestants.mjs').Contestant[]} contestants
 */
function race(operation, tools, connections, contestants) {
  const plural = connections === 1 ? 'connection' : 'connections';
  return {
    id: `${operation}-${tools}-${connections}`,
    title: `tools/${operation}, ${tools} tools, ${connections} ${plural}`,
    operation,
    connections,
    contestants,
  };
}

/**
 * @typedef {object} Floor
 * @property {string} what
 * @property {string} race
 * @property {string} ours - key of a result.
 * @property {string} over - key of a result.
 * @property {number} atLeast
 */

/** @returns {Floor[]} */
export function floors() {
  const sessions = {
    what: 'many sessions against 1',
    race: 'sessions-32',
    ours: keyOf('ours-many-sessions', 10),
    over: keyOf('ours-1-session', 10),
    atLeast: 0.95,
  };
  return [...[32, 1].flatMap(floorsAt), sessions];
}

/** @param {number} connections @returns {Floor[]} */
function floorsAt(connections) {
  const call = (
    /** @type {string} */ id,
    /** @type {string} */ over,
    /** @type {number} */ atLeast,
  ) => ({
    what: `tools/call, ${id} against ${over}, ${connections} conn.`,
    race: `call-10-${connections}`,
    ours: keyOf(id, 10),
    over: keyOf(over, 10),
    atLeast,
  });
  const perMode = (/** @type {string} */ mode) => [
    call(`ours-${mode}`, 'express-echo', 0.75),
    call(`ours-${mode}`, 'v1-request', 4),
    call(`ours-${mode}`, 'v1-request-sse', 4),
    call(`ours-${mode}`, 'v1-request-example', 4),
    call(`ours-${mode}`, 'v1-cached', 1.8),
    call(`ours-${mode}`, 'v1-cached-sse', 1.8),
    {
      what: `tools/call, ours-${mode}, 500 tools against 10, ${connections} conn.`,
      race: `call-500-${connections}`,
      ours: keyOf(`ours-${mode}`, 500),
      over: keyOf(`ours-${mode}`, 10),
      atLeast: 0.95,
    },
    {
      what: `tools/list, 500 tools, ours-${mode} against v1-request, ${connections} conn.`,
      race: `list-500-${connections}`,
      ours: keyOf(`ours-${mode}`, 500),
      over: keyOf('v1-request', 500),
      atLeast: 10,
    },
  ];
  return [
    ...perMode('stateless'),
    ...perMode('session'),
    call('ours-factory', 'ours-session', 0.9),
    { ...call('ours-token', 'ours-stateless', 0.8), race: `token-10-${connections}` },
    { ...call('ours-redis', 'ours-session', 0.6), race: `redis-10-${connections}` },
  ];
}
