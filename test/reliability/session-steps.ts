/**
 * What happens to sessions: they are opened, used by others, grow old and end.
 *
 * Knows: how each step is sent. Does not know: what comes of it; the model does.
 *
 * @module
 */

import type { ModelSession } from './model-session.js';
import { Expectation } from './model-stream.js';
import type { Sending } from './recording-wire.js';
import {
  callOf,
  eventIdOf,
  get,
  nonceOf,
  post,
  type Sides,
  senderOf,
  sessions,
  step,
  usable,
} from './step.js';
import type { World } from './world.js';

const MAX_USABLE = 4;
const USERS = ['ada', 'bob', undefined];
const VERSIONS = ['2025-11-25', '2025-11-25', '2025-03-26', '2025-11-25', '2025-06-18'];

/** Opens a session and finishes its handshake. */
export async function openSession(choice: number, sides: Sides): Promise<ModelSession> {
  const { model, world } = sides;
  const version = VERSIONS[choice % VERSIONS.length] ?? '2025-11-25';
  const session = model.open(USERS[choice % USERS.length], version);
  const { nonce } = session;
  const params = {
    protocolVersion: version,
    capabilities: { elicitation: {} },
    clientInfo: { name: 'model', version: '1.0.0' },
  };
  const { key } = post(sides, session, { id: 0, method: 'initialize', params });
  const { sessionId } = await world.answered(key);
  if (sessionId === undefined) throw new Error(`${nonce}: initialize was answered without an id`);
  world.sessionIds.set(nonce, sessionId);
  world.history.push({ what: 'opened', session: nonce });
  await world.ended(key);
  model.post(session, true);
  post(sides, session, { method: 'notifications/initialized' });
  return session;
}

const anything = { from: 'anything' };

export const SESSION_STEPS = {
  Init: step<typeof anything>(
    (model) => (usable(model).length < MAX_USABLE ? [anything] : []),
    () => '',
    async (_, choice, sides) => {
      await openSession(choice, sides);
    },
  ),

  Notify: step<ModelSession>(sessions, nonceOf, (session, _, sides) => {
    sides.model.post(session, true);
    post(sides, session, { method: 'notifications/of/nothing' });
  }),

  Delete: step<ModelSession>(sessions, nonceOf, async (session, _, sides) => {
    await sides.world.quiet();
    await deleted(session, sides);
  }),

  /** The server's side ends it. */
  Close: step<ModelSession>(sessions, nonceOf, async (session, _, { model, world }) => {
    await world.quiet();
    const wasThere = session.life !== 'gone';
    if (wasThere) model.end(session);
    const id = world.sessionIds.get(session.nonce) ?? '';
    const isClosed = await world.closeSession(id);
    if (isClosed !== wasThere) throw new Error(`sessions.close: expected ${wasThere}`);
    if (wasThere) world.history.push({ what: 'deleted', session: session.nonce });
  }),

  /** Time passes: whatever is not busy now, or used before it is next looked up, is idle. */
  Expire: step<typeof anything>(
    (model) => (usable(model).length > 0 ? [anything] : []),
    () => '',
    (_, __, { model, world }) => {
      model.age();
      world.age();
    },
  ),

  /** Somebody else has the session's id (SEC-11): they learn as much as from an id that never was. */
  OtherUser: step<ModelSession>(sessions, nonceOf, async (session, choice, { model, world }) => {
    const user = session.user === undefined || choice % 2 === 0 ? 'eve' : undefined;
    const sending = intrusions(session, world)[choice % 4] as Sending;
    const told: string[] = [];
    for (const sessionId of [world.sessionIds.get(session.nonce), 'an-id-that-never-was']) {
      if (sessionId === undefined) return;
      const { key } = model.intrude(session, user, sending.messages?.[0]?.id as number | undefined);
      const sender = { nonce: 'nonce-eve', user, version: session.version, sessionId };
      const connection = world.send(key, sender, sending);
      await world.ended(key);
      told.push(`${connection.status} ${connection.body}`);
    }
    if (told[0] !== told[1]) throw new Error(`a foreign id is told from none: ${told.join(', ')}`);
  }),

  /** A session ends while another of its requests is on its way: no order is promised, but an end is. */
  DeleteWhile: step<ModelSession>(usable, nonceOf, async (session, choice, sides) => {
    const { model, world } = sides;
    await world.quiet();
    if (!model.find(session)) return deleted(session, sides);
    const key = model.nextKey();
    const racing = new Expectation(key);
    racing.isFree = true;
    racing.isEnded = true;
    model.expect(racing);
    const id = session.nextRequest();
    if (choice % 3 === 0) get(sides, session);
    else post(sides, session, callOf(id, choice % 3 === 1 ? 'act' : 'echo', session.words('late')));
    await deleted(session, sides);
    racing.status = world.connection(key).status ?? 0;
  }),
} as const;

/**
 * Ends a session whose streams are at rest.
 *
 * A connection that is still being caught up ends without the errors of its calls: their log is gone.
 */
async function deleted(session: ModelSession, { model, world }: Sides): Promise<void> {
  const { key, status } = model.delete(session);
  world.send(key, senderOf(world, session), { method: 'DELETE' });
  await world.ended(key);
  if (status === 200) world.history.push({ what: 'deleted', session: session.nonce });
}

function intrusions(session: ModelSession, world: World): Sending[] {
  const stream = session.streams.find(({ seen }) => seen.size > 0);
  const [position = 0] = stream?.seen ?? [];
  const id = session.nextRequest();
  return [
    { method: 'GET' },
    { method: 'DELETE' },
    { method: 'POST', messages: [{ jsonrpc: '2.0', ...callOf(id, 'echo', 'nonce-eve') }] },
    { method: 'GET', after: stream === undefined ? 'none' : eventIdOf(world, stream, position) },
  ];
}
