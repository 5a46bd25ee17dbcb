/**
 * What can happen to sessions and streams that two instances serve, and to the instances.
 *
 * Knows: how each step is done. Does not know: what must come of it in the end; `shared-verdict.ts` does.
 *
 * @module
 */
import type { Sending } from './recording-wire.js';
import { SHARED_CALL_STEPS } from './shared-call-steps.js';
import type { SharedConnection, SharedSession } from './shared-model.js';
import {
  anything,
  callOf,
  IDLE_MS,
  idsOn,
  NAMES,
  post,
  readable,
  resumeCall,
  type SharedStep,
  send,
  senderOf,
  step,
  type Turn,
  whenWell,
} from './shared-step.js';
import { pause } from './shared-world.js';

const USERS = ['ada', 'bob', undefined];
const VERSIONS = ['2025-11-25', '2025-11-25', '2025-03-26', '2025-11-25', '2025-06-18'];
const MAX_LIVE = 4;

/** Opens a session and finishes its handshake at the other instance, if there is one. */
export async function openSession(turn: Turn): Promise<void> {
  const { model, world, choice } = turn;
  const version = VERSIONS[choice % VERSIONS.length] ?? '2025-11-25';
  const session = model.newSession(USERS[choice % USERS.length], version);
  const connection = model.connect(session, model.nameAt(choice), 'other');
  const params = {
    protocolVersion: version,
    capabilities: { elicitation: {} },
    clientInfo: { name: 'model', version: '1.0.0' },
  };
  post(turn, connection, { id: session.nextRequest(), method: 'initialize', params });
  const { sessionId, status } = await world.ended(connection.key);
  if (sessionId === undefined) throw new Error(`initialize was answered with ${status}`);
  world.sessionIds.set(session.nonce, sessionId);
  world.history.push({ what: 'opened', session: session.nonce });
  const confirming = model.connect(session, model.nameAt(choice + 1), 'other');
  post(turn, confirming, { method: 'notifications/initialized' });
  await world.ended(confirming.key);
}

export const SHARED_STEPS = {
  ...SHARED_CALL_STEPS,

  Init: step(
    3,
    whenWell((model) => (model.live.length < MAX_LIVE ? ['anything'] : [])),
    (_, turn) => openSession(turn),
  ),

  Drop: step<SharedConnection>(
    6,
    ({ open }) => open,
    async (connection, { world }) => {
      connection.isDropped = true;
      world.connection(connection.key).drop();
    },
  ),

  Listen: step<SharedSession>(
    4,
    ({ live }) => live,
    async (session, turn) => {
      const connection = turn.model.connect(session, turn.model.nameAt(turn.choice), 'standalone');
      send(turn, connection, { method: 'GET' });
      await turn.world.answered(connection.key);
    },
  ),

  Resume: step<SharedSession>(
    9,
    ({ live }) => live,
    async (session, turn) => {
      const { model, choice } = turn;
      const possible = readable(turn, session.calls);
      const [call, id] = possible[choice % possible.length] ?? [];
      if (call === undefined || id === undefined) return;
      await turn.world.answered(resumeCall(call, model.nameAt(choice), turn, id));
    },
  ),

  ResumeListen: step<SharedSession>(
    4,
    ({ live }) => live,
    async (session, turn) => {
      const { model, world, choice } = turn;
      const own = model.connections.filter(
        (it) => it.session === session && it.kind === 'standalone',
      );
      const after = own.flatMap(({ key }) => idsOn(world, key)).at(-1)?.id;
      if (after === undefined) return;
      const connection = model.connect(session, model.nameAt(choice), 'standalone');
      send(turn, connection, { method: 'GET', after });
      await world.answered(connection.key);
    },
  ),

  ResumeForeign: step<SharedSession>(
    2,
    whenWell(({ live }) => live),
    async (session, turn) => {
      const { model, world, choice } = turn;
      const others = model.calls.filter((call) => call.session !== session);
      const possible = readable(turn, others);
      const [, id] = possible[choice % possible.length] ?? [];
      if (id === undefined) return;
      const connection = model.intrude(session, model.nameAt(choice), 400);
      send(turn, connection, { method: 'GET', after: id });
      await world.answered(connection.key);
    },
  ),

  OtherUser: step<SharedSession>(
    2,
    whenWell(({ sessions }) => sessions),
    async (session, turn) => {
      const { model, world, choice } = turn;
      const connection = model.intrude(session, model.nameAt(choice), 404);
      const sender = { ...senderOf(world, session), nonce: 'nonce-eve', user: 'eve' };
      const body = { jsonrpc: '2.0' as const, ...callOf(1, 'echo', 'nonce-eve') };
      const sendings: Sending[] = [
        { method: 'GET' },
        { method: 'DELETE' },
        { method: 'POST', messages: [body] },
      ];
      world.send(connection.key, connection.instance, sender, sendings[choice % 3] as Sending);
      await world.ended(connection.key);
    },
  ),

  Delete: step<SharedSession>(
    1,
    whenWell(({ live }) => live),
    async (session, turn) => {
      const { model, world, choice } = turn;
      const connection = model.connect(session, model.nameAt(choice), 'other');
      model.end(session);
      send(turn, connection, { method: 'DELETE' });
      await world.ended(connection.key);
      const open = model.open.filter((it) => it.session === session);
      for (const { key } of open) await world.ended(key);
      world.history.push({ what: 'deleted', session: session.nonce });
    },
  ),

  /** An instance dies; the other one goes on. */
  Kill: step<string>(
    2,
    ({ up }) => (up.size > 1 ? [...up].sort() : []),
    async (name, { model, world }) => {
      model.kill(name);
      await world.kill(name);
    },
  ),

  Restart: step<string>(
    4,
    whenWell(({ up }) => NAMES.filter((name) => !up.has(name))),
    async (name, { model, world }) => {
      await world.restart(name);
      model.up.add(name);
    },
  ),

  Freeze: step<string>(1, whenWell(anything), async (_, { model, world }) => {
    await world.redis.freeze();
    model.freeze();
  }),

  Thaw: step<string>(
    5,
    ({ isFrozen }) => (isFrozen ? anything() : []),
    (_, turn) => thaw(turn),
  ),

  /** Sessions that nobody uses are idle; their ids wake them. */
  Expire: step<string>(1, whenWell(anything), () => pause(IDLE_MS + 200)),
} as const satisfies Record<string, SharedStep>;

export async function thaw({ model, world }: Turn): Promise<void> {
  await world.redis.thaw();
  await world.ready([...model.up]);
  model.thaw();
}
