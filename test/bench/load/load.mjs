/**
 * Closed-loop load: so many connections, each asking its next question when the last is answered.
 *
 * Every answer is checked; a wrong one ends the bench.
 *
 * @module
 */
import { Connection, headerOf } from './connection.mjs';
import { initialize, initialized } from './messages.mjs';

/** @typedef {import('./messages.mjs').Question} Question */
/** @typedef {(connectionIndex: number) => Question} Asking - the next question of a connection. */

export class WrongAnswer extends Error {}

/** @param {Connection} connection @param {Question} question */
export async function ask(connection, { text, isRight }) {
  const reply = await connection.exchange(text);
  if (isGood(isRight, reply)) return reply;
  const sent = text.slice(text.indexOf('\r\n\r\n') + 4);
  const got = reply.body.toString('utf8', 0, 400);
  throw new WrongAnswer(`asked ${sent}\nanswered ${reply.status} ${got}`);
}

/** An answer that cannot even be read is as wrong as any. @param {Question['isRight']} isRight @param {import('./connection.mjs').Reply} reply */
function isGood(isRight, reply) {
  try {
    return isRight(reply);
  } catch {
    return false;
  }
}

/**
 * @param {number} port @param {number} connections @param {Asking} asking
 * @param {() => boolean} isOver - asked before every question.
 * @param {() => void} [onAnswer]
 */
export async function loadUntil(port, connections, asking, isOver, onAnswer = () => {}) {
  const open = await openConnections(port, connections);
  try {
    await Promise.all(
      open.map(async (connection, index) => {
        while (!isOver()) {
          await ask(connection, asking(index));
          onAnswer();
        }
      }),
    );
  } finally {
    for (const connection of open) connection.close();
  }
}

/**
 * Load for a slice of time. What is answered in the first tenth does not count for the rate.
 *
 * @param {number} port @param {number} connections @param {Asking} asking @param {number} ms
 */
export async function slice(port, connections, asking, ms) {
  const startsAt = performance.now() + ms / 10;
  const endsAt = startsAt + ms;
  let answers = 0;
  let count = 0;
  let now = 0;
  await loadUntil(
    port,
    connections,
    asking,
    () => now >= endsAt,
    () => {
      now = performance.now();
      answers += 1;
      if (now >= startsAt && now < endsAt) count += 1;
    },
  );
  return { perSecond: (count * 1000) / ms, answers };
}

/** @param {number} port @param {number} connections @param {Asking} asking @param {{ requests: number, ms: number }} most */
export async function warmUp(port, connections, asking, { requests, ms }) {
  const endsAt = performance.now() + ms;
  let count = 0;
  const isOver = () => count >= requests || performance.now() >= endsAt;
  await loadUntil(port, connections, asking, isOver, () => {
    count += 1;
  });
  return count;
}

/** Opens sessions as a client does, handshake and all. @param {number} port @param {number} count @returns {Promise<string[]>} */
export async function openSessions(port, count) {
  /** @type {string[]} */
  const ids = [];
  const open = await openConnections(port, Math.min(count, 16));
  let started = 0;
  await Promise.all(
    open.map(async (connection) => {
      while (started < count) {
        started += 1;
        const reply = await ask(connection, initialize(port));
        const id = headerOf(reply.head, 'mcp-session-id') ?? '';
        await ask(connection, initialized(port, id));
        ids.push(id);
      }
    }),
  );
  for (const connection of open) connection.close();
  return ids;
}

/** @param {number} port @param {number} count */
function openConnections(port, count) {
  return Promise.all(Array.from({ length: count }, () => Connection.open(port)));
}
