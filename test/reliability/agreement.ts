/**
 * The world is as the model says: every connection, every question, and the history as a whole.
 *
 * Knows: both sides. Does not know: what was done to them.
 *
 * @module
 */
import { faultsIn } from './history-rules.js';
import type { ModelQuestion } from './model-session.js';
import type { Expectation } from './model-stream.js';
import type { Connection } from './recording-wire.js';
import type { Model } from './session-model.js';
import { until, type World } from './world.js';

/** Waits until the world has come to where the model is; throws when it does not, or goes elsewhere. */
export async function agree(model: Model, world: World): Promise<void> {
  for (const expectation of model.expectations) {
    if (!expectation.isSettled) await meet(expectation, world);
  }
  for (const question of model.questions) await settle(question, world);
  const [fault] = faultsIn(world.history);
  if (fault !== undefined) throw new Error(`the history is wrong: ${fault}`);
}

async function meet(expectation: Expectation, world: World): Promise<void> {
  const { key, status, isEnded, isDeaf, isDropped } = expectation;
  const connection = world.connection(key);
  if (isDropped) {
    await world.noticed(key);
    expectation.isSettled = true;
    return;
  }
  if (!isDeaf) await meetLines(expectation, connection);
  if (isEnded) await world.ended(key);
  else if (connection.isEnded) throw new Error(`${key}: expected to stay open, has ended`);
  if (!isDeaf && !expectation.isFree) compare(expectation, connection, world);
  expectation.isSettled = isEnded && status !== undefined;
}

async function meetLines({ key, status, lines, isFree }: Expectation, connection: Connection) {
  if (status === undefined || isFree) return;
  await until(
    () => connection.status !== undefined && connection.lines.length >= lines.length,
    () => `${key}: ${status} ${told(lines)}; got ${connection.status} ${told(connection.lines)}`,
  );
}

function compare(
  { key, status, lines, stream }: Expectation,
  connection: Connection,
  world: World,
) {
  const wanted = `${status} ${told(lines)}`;
  const got = `${connection.status} ${told(connection.lines)}`;
  if (wanted !== got) throw new Error(`${key}: expected ${wanted}, got ${got}`);
  const { idPrefix } = connection;
  if (idPrefix === undefined || stream === undefined) return;
  const known = world.idPrefixes.get(stream.key) ?? idPrefix;
  if (known !== idPrefix) throw new Error(`${key}: expected ids ${known}…, got ${idPrefix}…`);
  world.idPrefixes.set(stream.key, idPrefix);
}

const told = (lines: readonly string[]) => JSON.stringify(lines);

async function settle({ label, outcome }: ModelQuestion, world: World): Promise<void> {
  const heard = () => world.outcomes.get(label);
  const wanted = outcome === 'error' ? 'error' : outcome?.words;
  if (wanted !== undefined) await until(() => heard() !== undefined, `${label}: ${wanted}`);
  if (heard() !== wanted) throw new Error(`${label}: expected ${wanted}, heard ${heard()}`);
}
