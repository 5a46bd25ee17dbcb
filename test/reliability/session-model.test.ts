/**
 * Sessions do what the model of them says (reliability.md REL-46, REL-47); `npm run reliability` is the long form.
 *
 * A failed run is repeated with what it prints: `SESSION_MODEL=… npx vitest run …`.
 *
 * @module
 */
import type { EventLog, SessionStore, Store } from 'express-mcp-router';
import { describe, expect, it } from 'vitest';
import { storeAround } from '../support/store-around.js';
import { runSessions, STEP_NAMES } from './session-runs.js';
import type { Sabotage } from './world.js';

const { SESSION_MODEL } = process.env;
const replay = SESSION_MODEL === undefined ? undefined : JSON.parse(SESSION_MODEL);

it('sessions do what the model says, whatever happens to them', { timeout: 180_000 }, async () => {
  const tally = await runSessions({ runs: 60, steps: 160, replay });
  const untried = replay === undefined ? STEP_NAMES.filter((name) => !tally.has(name)) : [];
  expect(untried).toEqual([]);
});

/** The same log, with streams that are read or written in another way. */
const logWith =
  (change: (stream: StreamLog) => Partial<StreamLog>) =>
  (log: EventLog): EventLog => {
    const changed = (stream: StreamLog): StreamLog => ({
      prime: () => stream.prime(),
      append: (...event) => stream.append(...event),
      finish: () => stream.finish(),
      replay: (...asked) => stream.replay(...asked),
      ...change(stream),
    });
    return {
      name: 'sabotaged',
      open: (...asked) => changed(log.open(...asked)),
      find: async (key) => {
        const found = await log.find(key);
        return found && { ...found, log: changed(found.log) };
      },
      drop: (session) => log.drop(session),
      close: () => log.close(),
    };
  };

const storeWith =
  (change: (store: SessionStore) => Partial<SessionStore>) =>
  (store: Store): Store =>
    storeAround({ store, sessions: (sessions) => Object.assign(sessions, change(sessions)) });

type StreamLog = ReturnType<EventLog['open']>;

const SABOTAGES: readonly (readonly [string, Sabotage])[] = [
  [
    'a log that skips an event of a replay',
    {
      log: logWith((stream) => ({
        replay: (after, to) =>
          stream.replay(after, {
            missed: (...gap) => to.missed(...gap),
            event: (position, json) => position === '2' || to.event(position, json),
          }),
      })),
    },
  ],
  [
    'a log that does not keep responses',
    {
      log: logWith((stream) => ({
        append: (json, isResponse) => (isResponse ? '7' : stream.append(json, isResponse)),
      })),
    },
  ],
  [
    'a log that keeps a gap to itself',
    {
      log: logWith((stream) => ({
        replay: (after, to) =>
          stream.replay(after, {
            missed: () => {},
            event: (position, json) => to.event(position, json),
          }),
      })),
    },
  ],
  [
    'a store that ends no session',
    { store: storeWith(() => ({ end: () => ({ wasThere: true, users: [] }) })) },
  ],
  [
    'a store that finds sessions that are busy idle',
    {
      store: (store) => storeAround({ store, hooks: (hooks) => ({ ...hooks, busy: () => false }) }),
    },
  ],
  ['a store that knows nobody’s last use', { store: storeWith(() => ({ touch: () => {} })) }],
];

describe('the model', () => {
  it.each(SABOTAGES)('notices %s, and tells how to see it again', async (_what, sabotage) => {
    const failure = runSessions({ runs: 200, steps: 120, sabotage });
    await expect(failure).rejects.toThrow(/To repeat it: SESSION_MODEL='\{"seed":.*\}'\n/);
  });
});
