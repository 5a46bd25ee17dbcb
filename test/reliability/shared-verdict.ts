/**
 * What must be so after every step, and at the end of a run when all is well again.
 *
 * Knows: both sides, the rules of histories. Does not know: what was done.
 *
 * @module
 */
import { answeredBy } from './history.js';
import { faultsIn } from './history-rules.js';
import { finish } from './shared-call-steps.js';
import { INSTANCE_LOST, type SharedCall, type SharedModel } from './shared-model.js';
import { lastRead, NAMES, resumeCall, type Turn } from './shared-step.js';
import { thaw } from './shared-steps.js';
import { pause, type SharedWorld, until } from './shared-world.js';

/** Longer than the lease and whatever the other instance needs to notice its end. */
const ADOPTED_MS = 9_000;

/** Throws when something was answered as it must never be, or was read by the wrong client. */
export function check(model: SharedModel, world: SharedWorld): void {
  for (const { key, allowed } of model.connections) {
    const { status, body } = world.connection(key);
    if (status === undefined || allowed.has(status)) continue;
    throw new Error(`${key}: expected ${[...allowed].join(' or ')}, got ${status} ${body}`);
  }
  const [fault] = faultsIn(world.history);
  if (fault !== undefined) throw new Error(`the history is wrong: ${fault}`);
}

/** How calls ended, and whether askers had their answer: how often each. */
export type Ends = Map<string, number>;

/** Makes everything well, lets every call end, and lets every client come back for the rest. */
export async function settle(turn: Turn): Promise<Ends> {
  const { model, world } = turn;
  if (model.isFrozen) await thaw(turn);
  for (const name of NAMES.filter((it) => !model.up.has(it))) {
    await world.restart(name);
    model.up.add(name);
  }
  await hearAll(turn);
  for (const call of model.running) await finish(call, 'finish', turn);
  const owed = model.calls.filter(({ session, state }) => !session.isGone && state !== 'cancelled');
  await Promise.all(owed.map((call) => collect(call, turn)));
  for (const call of owed) requireEnd(call, turn);
  check(model, world);
  const uncaught = await world.uncaught();
  if (uncaught.length > 0) throw new Error(`an instance did not catch: ${uncaught.join(', ')}`);
  return countEnds(turn);
}

function countEnds({ model, world }: Turn): Ends {
  const ends: Ends = new Map();
  const count = (what: string) => ends.set(what, (ends.get(what) ?? 0) + 1);
  for (const call of model.calls) {
    for (const end of endsOf(call, world))
      count(end.startsWith('error') ? end : 'result or failure');
  }
  for (const heard of world.heard.values()) count(heard === undefined ? 'asked in vain' : 'heard');
  return ends;
}

/** Whoever was answered while all was well has heard it. */
async function hearAll({ model, world }: Turn): Promise<void> {
  for (const { label, call, answer } of model.questions) {
    if (answer === undefined || call.state !== 'running' || call.session.isGone) continue;
    if (call.ends.has(INSTANCE_LOST)) continue;
    await until(() => world.heard.has(label), `${label} is answered with ${answer}`);
    const heard = world.heard.get(label);
    if (heard !== answer) throw new Error(`${label}: expected ${answer}, heard ${heard}`);
  }
}

/** Comes back until there is a terminal message; a client that has no event id cannot. */
async function collect(call: SharedCall, turn: Turn): Promise<void> {
  const { model, world } = turn;
  const giveUpAt = performance.now() + ADOPTED_MS;
  for (let nth = 0; endsOf(call, world).size === 0; nth += 1) {
    const after = lastRead(call, turn);
    if (after === undefined || performance.now() > giveUpAt) return;
    const key = resumeCall(call, model.nameAt(nth), turn, after);
    const connection = world.connection(key);
    while (!connection.isEnded && performance.now() < giveUpAt) await pause(5);
    if (!connection.isEnded) connection.drop();
  }
}

function requireEnd(call: SharedCall, turn: Turn): void {
  const { world } = turn;
  const { label, ends } = call;
  const got = endsOf(call, world);
  const original = world.connection(call.key);
  if (got.size === 0 && lastRead(call, turn) === undefined && !original.isEnded) {
    throw new Error(`${label} was not answered, and its connection is open`);
  }
  // A client without an event id has lost its answer with its connection.
  if (got.size === 0 && lastRead(call, turn) === undefined) return;
  const wanted = [...ends].join(' or ');
  if (got.size === 0) throw new Error(`${label} has no end; expected ${wanted}`);
  for (const end of got) {
    if (!ends.has(end)) throw new Error(`${label}: expected ${wanted}, got ${end}`);
  }
}

/** Every terminal message that a call's client has read. */
function endsOf({ session, id }: SharedCall, { history }: SharedWorld): Set<string> {
  const keys = new Set<string>();
  const ends = new Set<string>();
  for (const entry of history) {
    if (entry.what === 'connected' && entry.session === session.nonce && entry.status === 200) {
      keys.add(entry.connection);
    }
    if (entry.what !== 'read' || entry.message === undefined) continue;
    if (!keys.has(entry.connection) || answeredBy(entry.message) !== id) continue;
    ends.add(wordsOf(entry.message));
  }
  return ends;
}

function wordsOf({ error, result }: { error?: unknown; result?: unknown }): string {
  const { data, message } = (error ?? {}) as { data?: { reason?: string }; message?: string };
  if (error !== undefined) return `error ${data?.reason ?? message}`;
  const { content, isError } = result as { content: [{ text: string }]; isError?: boolean };
  return `${isError ? 'failure' : 'result'} ${content[0].text}`;
}
