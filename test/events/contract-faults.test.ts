/**
 * The contract of event stores sees what is wrong with one: every fault fails the case that is about it.
 *
 * @module
 */
import { type EventLog, keyvEventStore, type Replay, type StreamLog } from 'express-mcp-router';
import { eventStoreContract } from 'express-mcp-router/testing';
import Keyv from 'keyv';
import { expect, it } from 'vitest';

type Fault = Partial<Omit<EventLog, 'name'>> | ((sound: StreamLog) => Partial<StreamLog>);

/** What a replay hands over, as a list that a fault can change. */
async function collected(stream: StreamLog, after: string, to: Replay) {
  const events: [position: string, json: string][] = [];
  const isPlace = await stream.replay(after, {
    missed: (count) => to.missed(count),
    event: (...event) => events.push(event) > 0,
  });
  return { isPlace, events };
}

/** A stream whose replays hand over something else. */
const handing =
  (change: (events: [string, string][]) => [string, string][]): Fault =>
  (sound) => ({
    replay: async (after, to) => {
      const { isPlace, events } = await collected(sound, after, to);
      for (const event of change(events)) if (!(await to.event(...event))) break;
      return isPlace;
    },
  });

const sound = () => keyvEventStore(new Keyv());

const FAULTS: readonly (readonly [fault: string, name: RegExp, make: (log: EventLog) => Fault])[] =
  [
    [
      'loses the newest event',
      /every event after the prime/,
      () => handing((all) => all.slice(0, -1)),
    ],
    ['turns the order round', /keeps the order of appends/, () => handing((all) => all.reverse())],
    [
      'renames places',
      /same places in a replay/,
      () => handing((all) => all.map(([, json]) => ['0', json])),
    ],
    [
      'mends messages',
      /keeps any message as it is/,
      () =>
        handing((all) => all.map(([place, json]) => [place, json.replace('__proto__', 'proto')])),
    ],
    [
      'replays the whole stream',
      /exactly the rest after every place/,
      () => (stream) => ({ replay: (_after, to) => stream.replay('0', to) }),
    ],
    [
      'knows every place',
      /position that it never made/,
      () => (stream) => ({ replay: async (...all) => (await stream.replay(...all)) || true }),
    ],
    [
      'hands over what it refuses',
      /such a position once the stream has finished/,
      () => (stream) => ({
        replay: async (after, to) => {
          if (await stream.replay(after, to)) return true;
          await stream.replay('0', to);
          return false;
        },
      }),
    ],
    [
      'does not hear the reader stop',
      /stops when the reader does/,
      () => (stream) => ({
        replay: (after, to) =>
          stream.replay(after, {
            ...to,
            event: async (...event) => (await to.event(...event)) || true,
          }),
      }),
    ],
    [
      'does not wait for the reader',
      /waits for a slow reader/,
      () => (stream) => ({
        replay: (after, to) =>
          stream.replay(after, {
            ...to,
            event: (...event) => {
              void to.event(...event);
              return true;
            },
          }),
      }),
    ],
    [
      'replays what was there when it began',
      /appended during the replay/,
      () => (stream) => ({
        replay: async (after, to) => {
          const { isPlace, events } = await collected(stream, after, to);
          for (const event of events) if (!(await to.event(...event))) break;
          return isPlace;
        },
      }),
    ],
    [
      'gives up responses',
      /never gives up a response/,
      () => (stream) => ({ append: (json) => stream.append(json, false) }),
    ],
    [
      'hides its gaps',
      /never gives up a response/,
      () => (stream) => ({
        replay: (after, to) => stream.replay(after, { ...to, missed: () => {} }),
      }),
    ],
    [
      'makes places with dots',
      /letters, digits/,
      () => (stream) => ({ append: async (...event) => `1.${await stream.append(...event)}` }),
    ],
    [
      'has one stream a session',
      /two streams of a session/,
      (log) => ({ open: ({ session }, ids) => log.open({ session, stream: 'a' }, ids) }),
    ],
    [
      'has one session',
      /two sessions apart/,
      (log) => ({ open: ({ stream }, ids) => log.open({ session: 'a', stream }, ids) }),
    ],
    [
      'hands over other streams’ events',
      /of one stream for a place in another/,
      () => handing((all) => [...all, ['9', '"other"']]),
    ],
    [
      'forgets finished streams',
      /finds a stream that has finished/,
      () => ({ find: () => undefined }),
    ],
    [
      'makes streams up',
      /never opened/,
      (log) => ({ find: (key) => ({ log: log.open(key, []), unanswered: [] }) }),
    ],
    [
      'begins found streams anew',
      /where it ended/,
      (log) => ({ find: (key) => ({ log: log.open(key, []), unanswered: [] }) }),
    ],
    ['keeps what was dropped', /when it ends/, () => ({ drop: () => {} })],
    ['drops what it was not asked to', /when it ends/, (log) => ({ drop: () => log.close() })],
    [
      'closes only once',
      /once more/,
      (log) => {
        let closed = false;
        return {
          close: async () => {
            if (closed) throw new Error('closed');
            closed = true;
            await log.close();
          },
        };
      },
    ],
  ];

it.each(FAULTS)('a store that %s fails', async (_fault, name, make) => {
  const failed = await failures(() => {
    const log = sound();
    return withFault(log, make(log));
  });
  expect(failed).toContainEqual(expect.stringMatching(name));
});

it('a sound store fails nowhere', async () => {
  expect(await failures(sound)).toEqual([]);
});

function withFault(log: EventLog, fault: Fault): EventLog {
  const methods: EventLog = {
    name: 'faulty',
    open: (...all) => log.open(...all),
    find: (key) => log.find(key),
    drop: (session) => log.drop(session),
    close: () => log.close(),
  };
  if (typeof fault !== 'function') return { ...methods, ...fault };
  const spoilt = (stream: StreamLog): StreamLog => ({
    prime: () => stream.prime(),
    append: (...event) => stream.append(...event),
    finish: () => stream.finish(),
    replay: (...all) => stream.replay(...all),
    ...fault(stream),
  });
  return {
    ...methods,
    open: (...all) => spoilt(log.open(...all)),
    find: async (key) => {
      const found = await log.find(key);
      return found && { ...found, log: spoilt(found.log) };
    },
  };
}

async function failures(open: () => EventLog): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of eventStoreContract(open)) {
    await run().catch(() => failed.push(name));
  }
  return failed;
}
