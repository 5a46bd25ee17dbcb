/**
 * A step of the model of shared sessions, and how a request of a session is sent.
 *
 * Knows: both sides of a run. Does not know: which steps there are.
 *
 * @module
 */
import type { Message } from '../support/inbox.js';
import { placeOf } from './history.js';
import type { Connection, Sender, Sending } from './recording-wire.js';
import type { SharedCall, SharedConnection, SharedModel, SharedSession } from './shared-model.js';
import type { SharedWorld } from './shared-world.js';

/** Both sides of a run, and two numbers that decide between variants. */
export interface Turn {
  readonly model: SharedModel;
  readonly world: SharedWorld;
  readonly pick: number;
  readonly choice: number;
}

/** Something that can happen. */
export interface SharedStep {
  readonly weight: number;
  isPossible(model: SharedModel): boolean;
  act(turn: Turn): Promise<void>;
}

export const IDLE_MS = 1_500;
export const NAMES = ['a', 'b'];
/** Long enough for what is written behind to be written. */
export const SETTLED_MS = 150;

export const step = <T>(
  weight: number,
  targets: (model: SharedModel) => readonly T[],
  act: (target: T, turn: Turn) => unknown,
): SharedStep => ({
  weight,
  isPossible: (model) => targets(model).length > 0,
  act: async (turn) => {
    const possible = targets(turn.model);
    await act(possible[turn.pick % possible.length] as T, turn);
  },
});

export const whenWell =
  <T>(targets: (model: SharedModel) => readonly T[]) =>
  (model: SharedModel) =>
    model.isFrozen ? [] : targets(model);

export const senderOf = (world: SharedWorld, { nonce, user, version }: SharedSession): Sender => ({
  nonce,
  user,
  version,
  sessionId: world.sessionIds.get(nonce),
});

export function send(
  { world }: Turn,
  { key, instance, session }: SharedConnection,
  sending: Sending,
) {
  return world.send(key, instance, senderOf(world, session), sending);
}

export function post(
  turn: Turn,
  connection: SharedConnection,
  body: Omit<Message, 'jsonrpc'>,
): Connection {
  return send(turn, connection, { method: 'POST', messages: [{ jsonrpc: '2.0', ...body }] });
}

export const callOf = (id: number, name: string, label: string): Omit<Message, 'jsonrpc'> => ({
  id,
  method: 'tools/call',
  params: { name, arguments: { label }, _meta: { progressToken: id } },
});

/** The last event that the client of a call has read of its stream. */
export function lastRead(call: SharedCall, { model, world }: Pick<Turn, 'model' | 'world'>) {
  const keys = model.connections.filter((it) => it.call === call || it.key === call.key);
  const ids = keys.flatMap(({ key }) => idsOn(world, key));
  return ids.sort((one, two) => one.position - two.position).at(-1)?.id;
}

export function idsOn({ history }: SharedWorld, key: string) {
  return history.flatMap((entry) => {
    if (entry.what !== 'read' || entry.connection !== key || entry.id === undefined) return [];
    return [{ id: entry.id, position: placeOf(entry.id)?.position ?? -1 }];
  });
}

/** Comes back for a call's stream at any instance. */
export function resumeCall(call: SharedCall, instance: string, turn: Turn, after: string): string {
  const connection = turn.model.connect(call.session, instance, 'resume', call);
  send(turn, connection, { method: 'GET', after });
  return connection.key;
}

export type Readable = readonly [SharedCall, string];

export const readable = (
  turn: Pick<Turn, 'model' | 'world'>,
  calls: readonly SharedCall[],
): Readable[] =>
  calls.flatMap((call) => {
    const id = lastRead(call, turn);
    return id === undefined ? [] : [[call, id] as const];
  });

export const anything = () => ['anything'];
