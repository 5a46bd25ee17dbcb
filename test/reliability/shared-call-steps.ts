/**
 * What can happen to calls and questions of sessions that two instances serve.
 *
 * Knows: how each step is done. Does not know: what must come of it in the end; `shared-verdict.ts` does.
 *
 * @module
 */
import type { SharedCall, SharedModel, SharedQuestion, SharedSession } from './shared-model.js';
import {
  callOf,
  post,
  SETTLED_MS,
  type SharedStep,
  step,
  type Turn,
  whenWell,
} from './shared-step.js';
import { pause, type SharedWorld, until } from './shared-world.js';

/** Those whose sessions are over more seldom. */
function everyone({ sessions, live }: SharedModel): SharedSession[] {
  return [...sessions, ...live, ...live];
}

/** Questions of calls that could still use an answer, and some that could not. */
const asked = ({ questions, up }: SharedModel): SharedQuestion[] =>
  questions.filter(({ call }) => !call.session.isGone && up.has(call.instance));

export const SHARED_CALL_STEPS = {
  Call: step<SharedSession>(4, everyone, async (session, turn) => {
    const { model, world, choice } = turn;
    const connection = model.connect(session, model.nameAt(choice), 'post');
    const label = session.words('echo');
    const id = session.nextRequest();
    post(turn, connection, callOf(id, 'echo', label));
    const { status, lines } = await world.ended(connection.key);
    const isServed = status === 200 && lines.some((line) => line.endsWith(`result ${id} ${label}`));
    if (status === 200 && !isServed) throw new Error(`${label}: read ${lines.join(', ')}`);
  }),

  SlowCall: step<SharedSession>(8, ({ live }) => live, beginCall),

  Report: step<SharedCall>(
    8,
    ({ running }) => running,
    async (call, { world, choice }) => {
      for (let left = 1 + (choice % 3); left > 0; left -= 1) {
        const order = {
          label: call.label,
          deed: 'report' as const,
          words: call.session.words('report'),
        };
        await world.order(call.instance, order);
      }
    },
  ),

  /** Of a call that is over it is said to the session. */
  Say: step<SharedCall>(
    4,
    ({ calls, up }) =>
      calls.filter(({ state, instance, session }) => {
        return state !== 'orphaned' && up.has(instance) && !session.isGone;
      }),
    (call, { world }) => {
      const words = call.session.words('log');
      return world.order(call.instance, { label: call.label, deed: 'log', words });
    },
  ),

  Ask: step<SharedCall>(
    5,
    whenWell(({ running }) => running),
    async (call, { model, world }) => {
      const label = call.session.words('question');
      model.questions.push({ label, call, answer: undefined });
      await world.order(call.instance, { label: call.label, deed: 'ask', words: label });
      await pause(10);
    },
  ),

  Answer: step<SharedQuestion>(6, whenWell(asked), (question, turn) =>
    answer(question, question.call.session, turn),
  ),

  AnswerForeign: step<SharedQuestion>(2, whenWell(asked), async (question, turn) => {
    const others = turn.model.live.filter((session) => session !== question.call.session);
    const other = others[turn.choice % others.length];
    if (other !== undefined) await answer(question, other, turn);
  }),

  Finish: step<SharedCall>(
    5,
    ({ running }) => running,
    (call, turn) => finish(call, 'finish', turn),
  ),

  Fail: step<SharedCall>(
    1,
    ({ running }) => running,
    (call, turn) => finish(call, 'fail', turn),
  ),

  Cancel: step<SharedCall>(
    2,
    whenWell(({ running }) => running),
    async (call, turn) => {
      const { model, world, choice } = turn;
      const connection = model.connect(call.session, model.nameAt(choice), 'other');
      const params = { requestId: call.id, reason: 'the client has lost interest' };
      post(turn, connection, { method: 'notifications/cancelled', params });
      await world.ended(connection.key);
      call.state = 'cancelled';
    },
  ),
} as const satisfies Record<string, SharedStep>;

async function beginCall(session: SharedSession, turn: Turn): Promise<void> {
  const { model, world, choice } = turn;
  const id = session.nextRequest();
  const label = session.words('call');
  const connection = model.connect(session, model.nameAt(choice), 'post');
  post(turn, connection, callOf(id, 'act', label));
  if (model.isFrozen || session.isGone) return void (await world.ended(connection.key));
  await until(
    () => world.begun(label) || world.connection(connection.key).isEnded,
    `${label} begins`,
  );
  const { status } = world.connection(connection.key);
  if (!world.begun(label)) throw new Error(`${label} was answered with ${status}`);
  model.begin(session, connection, id, label);
}

/** Ends a call; what becomes of it is acknowledged when it had the time to be kept. */
export async function finish(call: SharedCall, how: 'finish' | 'fail', turn: Turn): Promise<void> {
  const { model, world } = turn;
  const words = call.session.words(how === 'finish' ? 'result' : 'failure');
  call.state = 'finished';
  call.ends.add(`${how === 'finish' ? 'result' : 'failure'} ${words}`);
  await world.order(call.instance, { label: call.label, deed: how, words });
  if (model.isFrozen) return;
  await pause(SETTLED_MS);
  world.history.push({ what: 'sent', session: call.session.nonce, request: call.id });
}

async function answer(question: SharedQuestion, session: SharedSession, turn: Turn): Promise<void> {
  const { model, world, choice } = turn;
  const id = wireIdOf(world, question);
  if (id === undefined) return;
  const words = session.words('answer');
  const connection = model.connect(session, model.nameAt(choice), 'other');
  world.history.push({ what: 'answered', session: session.nonce, question: id, content: words });
  post(turn, connection, { id, result: { action: 'accept', content: { words } } });
  await world.ended(connection.key);
  if (session === question.call.session && question.call.state === 'running') {
    question.answer ??= words;
  }
}

/** The id that a question had when it was read. */
function wireIdOf(
  { history }: SharedWorld,
  { label }: SharedQuestion,
): string | number | undefined {
  for (const entry of history) {
    if (entry.what === 'read' && entry.message?.params?.message === label) return entry.message.id;
  }
  return undefined;
}
