/**
 * A step: something that can happen to sessions, done to the model and to the world alike.
 *
 * Knows: how a request of a session is sent. Does not know: what comes of it; the model does.
 *
 * @module
 */
import type { Message } from '../support/inbox.js';
import type { ModelCall, ModelSession } from './model-session.js';
import type { Expectation, ModelStream } from './model-stream.js';
import type { Connection, Sender } from './recording-wire.js';
import type { Model } from './session-model.js';
import type { World } from './world.js';

/** Both sides of a run. */
export interface Sides {
  readonly model: Model;
  readonly world: World;
}

/** Something that can happen to one of several things. */
export interface Step {
  isPossible(model: Model): boolean;
  /** Chooses one of them. */
  on(model: Model, pick: number): Deed;
}

/** A step that knows what it happens to. */
export interface Deed {
  /** The target, for whoever reads a failed run. */
  readonly target: string;
  /** @param choice - a number that decides between variants. */
  act(choice: number, sides: Sides): void | Promise<void>;
}

/**
 * Makes a step.
 *
 * @param targets - what it can happen to now; twice what should be hit twice as often.
 */
export const step = <T>(
  targets: (model: Model) => readonly T[],
  nameOf: (target: T) => string,
  act: (target: T, choice: number, sides: Sides) => void | Promise<void>,
): Step => ({
  isPossible: (model) => targets(model).length > 0,
  on: (model, pick) => {
    const possible = targets(model);
    const target = possible[pick % possible.length] as T;
    return { target: nameOf(target), act: (choice, sides) => act(target, choice, sides) };
  },
});

export const nonceOf = ({ nonce }: ModelSession): string => nonce;
export const labelOf = ({ label }: { readonly label: string }): string => label;
export const keyOf = ({ key }: { readonly key: string }): string => key;

/** All sessions, and those that can be used more often. */
export const sessions = ({ sessions: all }: Model): ModelSession[] =>
  all.flatMap((session) => (session.life === 'gone' ? [session] : [session, session, session]));

export const usable = (model: Model): ModelSession[] =>
  model.sessions.filter(({ life }) => life !== 'gone');

/** All calls, and those that run more often. */
export const calls = ({ calls: all }: Model): ModelCall[] =>
  all.flatMap((call) => (call.isOver ? [call] : [call, call, call]));

export const running = (model: Model): ModelCall[] => model.calls.filter(({ isOver }) => !isOver);

/** Connections that their client still reads. */
export const open = ({ expectations }: Model): Expectation[] =>
  expectations.filter((it) => !it.isEnded && !it.isDeaf && !it.isDropped);

export const senderOf = (world: World, { nonce, user, version }: ModelSession): Sender => ({
  nonce,
  user,
  version,
  sessionId: world.sessionIds.get(nonce),
});

/** Posts a message of a session, or a batch, on the connection that the model expects last. */
export function post(
  { model, world }: Sides,
  session: ModelSession,
  ...bodies: readonly Omit<Message, 'jsonrpc'>[]
): Connection {
  const messages = bodies.map((body): Message => ({ jsonrpc: '2.0', ...body }));
  return world.send(model.last.key, senderOf(world, session), { method: 'POST', messages });
}

/** Opens or resumes a stream, on the connection that the model expects last. */
export function get({ model, world }: Sides, session: ModelSession, after?: string): Connection {
  const sending = { method: 'GET' as const, ...(after !== undefined && { after }) };
  return world.send(model.last.key, senderOf(world, session), sending);
}

/** A call of one of the puppets' tools. */
export const callOf = (id: number, name: string, label: string): Omit<Message, 'jsonrpc'> => ({
  id,
  method: 'tools/call',
  params: { name, arguments: { label }, _meta: { progressToken: id } },
});

/** The id of an event that the client of `stream` has read. */
export const eventIdOf = (world: World, stream: ModelStream, position: number): string =>
  `${world.idPrefixes.get(stream.key) ?? 'none.none.'}${position}`;

/** The client is gone: so that the server notices, or not. */
export function hangUp(connection: Expectation, isDeaf: boolean, { model, world }: Sides): void {
  const real = world.connection(connection.key);
  if (isDeaf) {
    connection.isDeaf = true;
    real.deafen();
    return;
  }
  model.drop(connection);
  real.drop();
}
