/**
 * Runs of the model of sessions that two instances share, and what is told of one that fails.
 *
 * Knows: fast-check, and how a failed run is repeated. Does not know: the steps.
 *
 * @module
 */
import fc from 'fast-check';
import { type Fleet, withFleet } from './fleet.js';
import type { RedisUnderTest } from './redis-under-test.js';
import { SEED } from './seed.js';
import type { Tally } from './session-runs.js';
import { SharedModel } from './shared-model.js';
import { IDLE_MS, NAMES, type SharedStep, type Turn } from './shared-step.js';
import { openSession, SHARED_STEPS } from './shared-steps.js';
import { check, settle } from './shared-verdict.js';
import { SharedWorld } from './shared-world.js';

/** Where a failed run is found again. */
export interface SharedReplay {
  readonly seed: number;
  readonly path: string;
  readonly isFactory: boolean;
}

/** How many runs, and of what length. */
export interface SharedRuns {
  readonly runs: number;
  readonly steps: number;
  readonly redis: RedisUnderTest;
  /** Repeats one failed run; printed with it. */
  readonly replay?: SharedReplay;
}

/** Every step there is. */
export const SHARED_STEP_NAMES = Object.keys(SHARED_STEPS) as (keyof typeof SHARED_STEPS)[];

interface Chosen {
  readonly name: keyof typeof SHARED_STEPS;
  readonly pick: number;
  readonly choice: number;
}

const CHOSEN = fc.oneof(
  ...SHARED_STEP_NAMES.map((name) => ({
    weight: SHARED_STEPS[name].weight,
    arbitrary: fc.record<Chosen>({ name: fc.constant(name), pick: fc.nat(99), choice: fc.nat(99) }),
  })),
);

/** The shortest lease that a busy machine keeps. */
const LEASE_MS = 2_000;

/** Runs the model; throws for the first run that fails, with how it is repeated. */
export async function runShared(plan: SharedRuns): Promise<Tally> {
  const { replay, runs } = plan;
  const tally: Tally = new Map();
  for (const isFactory of replay === undefined ? [false, true] : [replay.isFactory]) {
    await runWith({ ...plan, runs: Math.ceil(runs / 2) }, isFactory, tally);
  }
  return tally;
}

/** One server for all sessions, or one for each. */
async function runWith(plan: SharedRuns, isFactory: boolean, tally: Tally): Promise<void> {
  const { runs, steps, redis, replay } = plan;
  const lives = fc.array(CHOSEN, { minLength: steps, maxLength: steps, size: 'max' });
  const fleetPlan = {
    ...{ names: NAMES, redis: redis.plan, hasPuppets: true, isFactory },
    store: { leaseMs: LEASE_MS, commandMs: 500 },
    options: {
      upgradeAfterMs: 100,
      limits: { askMs: 600_000 },
      session: { idleMs: IDLE_MS, perAddress: 100_000, perPrincipal: 100_000 },
    },
  };
  await withFleet(fleetPlan, async (fleet) => {
    const details = await fc.check(
      fc.asyncProperty(fc.noBias(lives), (chosen) => live(plan, fleet, chosen, tally)),
      {
        // A run takes seconds, and what it ran into may need another instance's pace: no shrinking.
        ...{ numRuns: runs, seed: replay?.seed ?? SEED + Number(isFactory), endOnFailure: true },
        ...(replay && { path: replay.path }),
      },
    );
    if (details.failed) throw new Error(failureText(details, isFactory));
  });
}

async function live(
  { redis }: SharedRuns,
  fleet: Fleet,
  chosen: readonly Chosen[],
  tally: Tally,
): Promise<void> {
  for (const name of NAMES) if (!fleet.at(name).isAlive) await fleet.start(name);
  const world = new SharedWorld(fleet, redis);
  const model = new SharedModel(NAMES);
  const done: string[] = [];
  const turn: Turn = { model, world, pick: 0, choice: 0 };
  try {
    await world.ready(NAMES);
    for (const choice of [0, 1]) await openSession({ ...turn, choice });
    for (const { name, pick, choice } of chosen) {
      const step: SharedStep = SHARED_STEPS[name];
      if (!step.isPossible(model)) continue;
      done.push(`${name} #${pick} #${choice}`);
      tally.set(name, (tally.get(name) ?? 0) + 1);
      await step.act({ ...turn, pick, choice });
      check(model, world);
    }
    for (const [end, times] of await settle(turn)) {
      tally.set(end, (tally.get(end) ?? 0) + times);
    }
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const tail = world.history.slice(-12).map((entry) => `  ${JSON.stringify(entry)}`);
    throw new Error([words, 'Done:', ...done.map((it) => `  ${it}`), 'Last:', ...tail].join('\n'));
  } finally {
    world.close();
    if (model.isFrozen) redis.thaw();
  }
}

function failureText(
  { seed, counterexamplePath: path, numRuns, errorInstance }: fc.RunDetails<[Chosen[]]>,
  isFactory: boolean,
) {
  return [
    `Shared sessions did not do as they should: run ${numRuns}.`,
    `To repeat it: SHARED_MODEL='${JSON.stringify({ seed, path, isFactory })}'`,
    errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
  ].join('\n');
}
