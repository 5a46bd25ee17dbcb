/**
 * What happens to calls: they begin, say something, are closed, cancelled and ended.
 *
 * Knows: how each step is sent. Does not know: what comes of it; the model does.
 *
 * @module
 */
import type { ModelCall, ModelSession } from './model-session.js';
import type { Expectation } from './model-stream.js';
import {
  callOf,
  calls,
  hangUp,
  keyOf,
  labelOf,
  nonceOf,
  open,
  post,
  running,
  type Sides,
  sessions,
  step,
  usable,
} from './step.js';

export const CALL_STEPS = {
  Call: step<ModelSession>(sessions, nonceOf, (session, _, sides) => {
    const id = session.nextRequest();
    const label = session.words('echo');
    sides.model.call(session, id, label);
    post(sides, session, callOf(id, 'echo', label));
  }),

  SlowCall: step<ModelSession>(sessions, nonceOf, (session, _, sides) => begin(session, 1, sides)),

  /** Several calls in one POST, which the clients of one old revision may send. */
  Batch: step<ModelSession>(
    (model) => usable(model).filter(({ allowsBatches }) => allowsBatches),
    nonceOf,
    (session, choice, sides) => begin(session, 2 + (choice % 2), sides),
  ),

  /** The client sends the same id again while the call runs. */
  Repeat: step<ModelCall>(running, labelOf, (call, _, sides) => {
    sides.model.repeat(call);
    post(sides, call.session, callOf(call.id, 'act', `${call.label} again`));
  }),

  Report: step<ModelCall>(running, labelOf, async (call, choice, sides) => {
    for (let left = 1 + (choice % 4); left > 0; left -= 1) await report(call, sides);
  }),

  /** A log message, from a call that runs or has ended. */
  Say: step<ModelCall>(calls, labelOf, async (call, _, { model, world }) => {
    const words = call.session.words('log');
    model.log(call, words);
    // A server that is closed refuses to send; nobody was to hear it.
    await (await world.puppet(call.label)).log(words).catch(() => {});
  }),

  CloseSse: step<ModelCall>(running, labelOf, async (call, _, { model, world }) => {
    model.closeSse(call);
    (await world.puppet(call.label)).closeSse();
  }),

  CloseStandalone: step<ModelCall>(running, labelOf, async (call, _, { model, world }) => {
    model.closeStandalone(call);
    (await world.puppet(call.label)).closeStandalone();
  }),

  Finish: step<ModelCall>(running, labelOf, async (call, _, sides) => {
    await finish(call, sides);
    await sent(call, sides);
  }),

  Fail: step<ModelCall>(running, labelOf, async (call, _, sides) => {
    const words = call.session.words('failure');
    sides.model.fail(call, words);
    (await sides.world.puppet(call.label)).fail(words);
    await sent(call, sides);
  }),

  Cancel: step<ModelCall>(calls, labelOf, async (call, _, sides) => {
    const { status, key } = sides.model.cancel(call);
    const params = { requestId: call.id, reason: 'the client has lost interest' };
    post(sides, call.session, { method: 'notifications/cancelled', params });
    await sides.world.ended(key);
    if (status !== 202) return;
    const { nonce } = call.session;
    sides.world.history.push({ what: 'cancelled', session: nonce, request: call.id });
  }),

  DropPost: step<Expectation>(
    (model) => open(model).filter(({ stream }) => stream?.isStandalone !== true),
    keyOf,
    (connection, choice, sides) => hangUp(connection, choice % 3 === 0, sides),
  ),
} as const;

async function begin(session: ModelSession, calls: number, sides: Sides): Promise<void> {
  const asked = Array.from({ length: calls }, () => ({
    id: session.nextRequest(),
    label: session.words('call'),
  }));
  const begun = sides.model.begin(session, asked);
  post(sides, session, ...asked.map(({ id, label }) => callOf(id, 'act', label)));
  for (const { label } of begun) await sides.world.puppet(label);
}

export async function report(call: ModelCall, { model, world }: Sides): Promise<void> {
  const words = call.session.words('report');
  model.report(call, words);
  await (await world.puppet(call.label)).report(words);
}

/** Ends a call with a result; what becomes of it is on its way. */
export async function finish(call: ModelCall, { model, world }: Sides): Promise<void> {
  const words = call.session.words('result');
  model.finish(call, words);
  (await world.puppet(call.label)).finish(words);
}

/** The server has done what it does with a response. */
export async function sent({ session, id }: ModelCall, { world }: Sides): Promise<void> {
  await world.quiet();
  world.history.push({ what: 'sent', session: session.nonce, request: id });
}
