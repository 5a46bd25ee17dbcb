/**
 * What idle clients weigh: heap per session, resident memory per open stream, and how long a broadcast
 * takes to reach every stream.
 *
 * @module
 */
import { askingOf, contestant } from './contestants.mjs';
import { openSessions, warmUp } from './load/load.mjs';
import { Peer } from './load/peer.mjs';
import { StreamCrowd } from './load/streams.mjs';
import { spreadOf } from './statistics.mjs';

const OURS = { file: 'ours', start: 'shared' };
const CACHED = { file: 'sdk-v1', start: 'cachedSessions', options: { tools: 10, json: true } };
const SECRET = 'a bench has no secrets, but it has 32 bytes';

/** @typedef {{ label: string, sessions: number, heapBytes: number, externalBytes: number }} HeapResult */
/** @typedef {{ label: string, streams: number, rssBytes: number, broadcastMs: import('./statistics.mjs').Spread }} StreamResult */

/** @param {number} sessions @returns {Promise<HeapResult[]>} */
export async function heapPerSession(sessions) {
  const options = { tools: 10, manySessions: true };
  const withSecret = { ...OURS, options: { ...options, secret: SECRET } };
  return [
    await heapOf('ours', { ...OURS, options }, sessions),
    await heapOf('ours, with `secret` (sealed ids)', withSecret, sessions),
    await heapOf('SDK v1 cached sessions', CACHED, Math.min(sessions, 2_000)),
  ];
}

/** @param {number[]} crowds - numbers of streams. @param {number} broadcasts @returns {Promise<StreamResult[]>} */
export async function streams(crowds, broadcasts) {
  const options = { tools: 10, manySessions: true };
  const results = [];
  for (const count of crowds) {
    results.push(await streamsOf('ours', { ...OURS, options }, count, broadcasts));
  }
  const [fewest = 0] = crowds;
  results.push(await streamsOf('SDK v1 cached sessions', CACHED, fewest, broadcasts));
  return results;
}

/** @param {string} label @param {import('./load/peer.mjs').PeerKind} kind @param {number} sessions @returns {Promise<HeapResult>} */
async function heapOf(label, kind, sessions) {
  const peer = await Peer.start(kind, ['--expose-gc']);
  try {
    // Code that has run often enough to be compiled is not a session's weight.
    await openSessions(peer.port, 500);
    const before = await peer.memory();
    const ids = await openSessions(peer.port, sessions);
    const after = await peer.memory();
    await proveAlive(peer.port, ids);
    return {
      label,
      sessions,
      heapBytes: (after.heapUsed - before.heapUsed) / sessions,
      externalBytes: (after.external - before.external) / sessions,
    };
  } finally {
    await peer.stop();
  }
}

/** A session that does not answer weighs nothing: calls a tool in some of them. @param {number} port @param {readonly string[]} ids */
async function proveAlive(port, ids) {
  const some = ids.filter((_, at) => at % 50 === 0);
  const asking = askingOf(contestant('ours-session', 10), 'call', port, 1, some);
  await warmUp(port, 1, asking, { requests: some.length, ms: 60_000 });
}

/** @param {string} label @param {import('./load/peer.mjs').PeerKind} kind @param {number} count @param {number} broadcasts @returns {Promise<StreamResult>} */
async function streamsOf(label, kind, count, broadcasts) {
  const peer = await Peer.start(kind, ['--expose-gc']);
  try {
    const [first = ''] = await openSessions(peer.port, 1);
    const speaker = contestant('ours-session', 10);
    const asking = askingOf(speaker, 'call', peer.port, 1, [first]);
    await warmUp(peer.port, 1, asking, { requests: 2_000, ms: 5_000 });
    const idle = await peer.memory();
    const crowd = await StreamCrowd.open(peer.port, await openSessions(peer.port, count));
    const full = await peer.memory();
    const times = [];
    for (let at = 0; at < broadcasts; at += 1) {
      times.push(await crowd.timeUntilAllHeard(() => peer.broadcast()));
    }
    crowd.close();
    const rssBytes = (full.rss - idle.rss) / count;
    return { label, streams: count, rssBytes, broadcastMs: spreadOf(times) };
  } finally {
    await peer.stop();
  }
}
