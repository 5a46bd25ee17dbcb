/**
 * A memory log that is slow, or fails when the test says so.
 *
 * Knows: the port of event logs. Does not know: who uses it.
 *
 * @module
 */
import { setImmediate as turn } from 'node:timers/promises';
import { type EventLog, memoryEventStore } from 'express-mcp-router';

type Log = ReturnType<EventLog['open']>;
type Operation = 'prime' | 'append' | 'replay' | 'find';

/** The log, and what fails in it from now on. */
export interface FailingLog {
  readonly log: EventLog;
  readonly failing: Set<Operation>;
  /** A replay fails after so many events; Infinity for never. */
  failAfter: number;
}

/**
 * Every operation takes a few turns of the event loop; those in `failing` are rejected.
 *
 * @param memory - keeps the events.
 */
export function failingLog(memory: EventLog = memoryEventStore()): FailingLog {
  const failing = new Set<Operation>();
  const control: FailingLog = { failing, failAfter: Number.POSITIVE_INFINITY, log: memory };
  const slowly = async (operation: Operation): Promise<void> => {
    await turn();
    await turn();
    if (failing.has(operation)) throw new Error(`${operation} is out of reach`);
  };
  const slow = (stream: Log): Log => ({
    prime: async () => {
      await slowly('prime');
      return stream.prime();
    },
    append: async (json, isResponse) => {
      await slowly('append');
      return stream.append(json, isResponse);
    },
    finish: () => stream.finish(),
    replay: async (after, to) => {
      await slowly('replay');
      let handed = 0;
      return stream.replay(after, {
        missed: (count) => to.missed(count),
        event: async (position, json) => {
          if (handed >= control.failAfter) throw new Error('the replay broke off');
          handed += 1;
          return to.event(position, json);
        },
      });
    },
  });
  const log: EventLog = {
    name: 'failing',
    open: (key, requests) => slow(memory.open(key, requests)),
    find: async (key) => {
      await slowly('find');
      const found = await memory.find(key);
      return found && { ...found, log: slow(found.log) };
    },
    drop: (session) => memory.drop(session),
    close: () => memory.close(),
  };
  return Object.assign(control, { log });
}
