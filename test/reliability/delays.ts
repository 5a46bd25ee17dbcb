/**
 * Stores that take a few turns of the event loop to answer, as many as a seed decides.
 *
 * Two operations that are under way at once may end in either order, as over a network; those on one
 * stream of events keep theirs.
 *
 * Knows: the ports of stores and logs. Does not know: what is kept in them.
 *
 * @module
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { EventLog, SessionStore } from 'express-mcp-router';
import { seeded } from '../support/cutting-proxy.js';

type StreamLog = ReturnType<EventLog['open']>;

/** Does work a little later. */
export type Delay = <T>(work: () => T | Promise<T>) => Promise<T>;

const MAX_TURNS = 6;

/** Delays of 0 to 6 turns before the work and as many after it. */
export function delays(seed: number): Delay {
  const random = seeded(seed);
  const pause = async () => {
    for (let left = Math.floor(random() * (MAX_TURNS + 1)); left > 0; left -= 1) await turn();
  };
  return async (work) => {
    await pause();
    const done = await work();
    await pause();
    return done;
  };
}

export const delayedSessions = (store: SessionStore, delay: Delay): SessionStore => ({
  find: (address, now) => delay(() => store.find(address, now)),
  admit: (record, now) => delay(() => store.admit(record, now)),
  touch: (record, phase, now) => delay(() => store.touch(record, phase, now)),
  end: (address, until, now) => delay(() => store.end(address, until, now)),
  ended: (address, now) => delay(() => store.ended(address, now)),
  count: () => store.count(),
});

export function delayedLog(log: EventLog, delay: Delay): EventLog {
  const delayed = (stream: StreamLog): StreamLog => ({
    prime: () => delay(() => stream.prime()),
    append: (json, isResponse) => delay(() => stream.append(json, isResponse)),
    finish: () => stream.finish(),
    replay: (after, to) => delay(() => stream.replay(after, to)),
  });
  return {
    name: 'delayed',
    open: (key, requests) => delayed(log.open(key, requests)),
    find: (key) =>
      delay(async () => {
        const found = await log.find(key);
        return found && { ...found, log: delayed(found.log) };
      }),
    drop: (session) => log.drop(session),
    close: () => log.close(),
  };
}
