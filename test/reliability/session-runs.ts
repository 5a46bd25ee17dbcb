/**
 * Runs of the model of sessions against real endpoints, and what is told of one that fails.
 *
 * Knows: fast-check, and how a failed run is repeated. Does not know: the steps.
 *
 * @module
 */
import fc from 'fast-check';
import { agree } from './agreement.js';
import { CALL_STEPS } from './call-steps.js';
import { QUESTION_STEPS } from './question-steps.js';
import { SEED } from './seed.js';
import { Model } from './session-model.js';
import { openSession, SESSION_STEPS } from './session-steps.js';
import type { Sides, Step } from './step.js';
import { finishAll, resumeAll, STREAM_STEPS } from './stream-steps.js';
import { type Sabotage, type Setup, World } from './world.js';

/** How many runs, and of what length. */
export interface Runs {
  readonly runs: number;
  /** Most steps of one run, possible or not. */
  readonly steps: number;
  /** Repeats one failed run; printed with it. */
  readonly replay?: Replay;
  /** Breaks the endpoint, to see that it is noticed; the first failure is not shrunk then. */
  readonly sabotage?: Sabotage;
}

/** Where a failed run is found again. */
export interface Replay {
  readonly seed: number;
  readonly path: string;
  readonly replayPath: string;
}

/** What was done in all runs together, by the name of the step. */
export type Tally = Map<string, number>;

const STEPS = {
  ...SESSION_STEPS,
  ...CALL_STEPS,
  ...QUESTION_STEPS,
  ...STREAM_STEPS,
} as const satisfies Record<string, Step>;

/** Every step there is. */
export const STEP_NAMES = Object.keys(STEPS) as (keyof typeof STEPS)[];

/** How often each is tried, beside the others; what ends sessions is rare, so that runs are long. */
const WEIGHTS: Readonly<Record<keyof typeof STEPS, number>> = {
  ...{ Init: 3, Notify: 1, Delete: 1, Close: 1, Expire: 2, OtherUser: 2, DeleteWhile: 1 },
  ...{ Call: 2, SlowCall: 7, Batch: 3, Repeat: 1, Report: 6, Say: 3, Finish: 4, Fail: 2 },
  ...{ CloseSse: 3, CloseStandalone: 2, Cancel: 2, DropPost: 6 },
  ...{ Ask: 5, Answer: 5, AnswerTwice: 2, AnswerForeign: 2 },
  ...{ Listen: 4, DropListen: 3, ListChanged: 3, Resume: 8, ResumeForeign: 2, ResumeForged: 2 },
  ...{ ReportWhileResuming: 5, FinishWhileResuming: 4 },
};

/** When runs are stopped that hang, or a failure that is still being shrunk. */
const MAX_MS = { ever: 60_000, aRun: 2_000 };

const SETUP = fc.record<Setup>({
  isSealed: fc.boolean(),
  isFactory: fc.boolean(),
  delays: fc.option(fc.nat(), { nil: undefined }),
  responseMode: fc.constantFrom('auto', 'auto', 'sse'),
  maxEvents: fc.constantFrom(1_000, 3),
});

class Doing implements fc.AsyncCommand<Model, World> {
  readonly #name: string;
  readonly #step: Step;
  readonly #pick: number;
  readonly #choice: number;
  readonly #tally: Tally;
  #target = '';

  constructor(name: string, step: Step, pick: number, choice: number, tally: Tally) {
    this.#name = name;
    this.#step = step;
    this.#pick = pick;
    this.#choice = choice;
    this.#tally = tally;
  }

  check(model: Readonly<Model>): boolean {
    return this.#step.isPossible(model as Model);
  }

  async run(model: Model, world: World): Promise<void> {
    const { target, act } = this.#step.on(model, this.#pick);
    this.#target = target;
    this.#tally.set(this.#name, (this.#tally.get(this.#name) ?? 0) + 1);
    await act(this.#choice, { model, world });
    await agree(model, world);
  }

  toString(): string {
    return `${this.#name}(${this.#target}) #${this.#choice}`;
  }
}

/** Runs the model; throws for the first run that fails, shrunk, with how it is repeated. */
export async function runSessions({ runs, steps, replay, sabotage }: Runs): Promise<Tally> {
  const tally: Tally = new Map();
  const names = STEP_NAMES.flatMap((name) => Array.from({ length: WEIGHTS[name] }, () => name));
  const doings = names.map((name) =>
    fc
      .tuple(fc.nat(99), fc.nat(99))
      .map(([pick, choice]) => new Doing(name, STEPS[name], pick, choice, tally)),
  );
  const lives = fc.commands(doings, {
    ...{ maxCommands: steps, size: 'max' },
    ...(replay && { replayPath: replay.replayPath }),
  });
  const property = fc.asyncProperty(SETUP, fc.noBias(lives), (setup, commands) =>
    live(setup, commands, sabotage),
  );
  const details = await fc.check(property, {
    ...{ numRuns: runs, seed: replay?.seed ?? SEED },
    ...{ endOnFailure: replay !== undefined || sabotage !== undefined },
    ...(replay && { path: replay.path }),
    interruptAfterTimeLimit: MAX_MS.ever + MAX_MS.aRun * runs,
    markInterruptAsFailure: true,
  });
  if (!details.failed) return tally;
  const { counterexample } = details;
  if (counterexample === null) throw new Error(`Sessions took too long: run ${details.numRuns}.`);
  // Commands were shared with runs that came after this one: what they did is told by the last.
  await live(...counterexample, sabotage).catch(() => {});
  throw new Error(failureText(details, counterexample));
}

type Lived = [Setup, Iterable<fc.AsyncCommand<Model, World>>];

async function live(...[setup, commands, sabotage]: [...Lived, Sabotage?]): Promise<void> {
  const world = await World.open(setup, sabotage);
  const sides: Sides = { model: new Model(setup), world };
  try {
    await fc.asyncModelRun(async () => {
      for (const choice of [0, 1]) await openSession(choice, sides);
      await agree(sides.model, world);
      return { model: sides.model, real: world };
    }, commands);
    await finishAll(sides);
    await agree(sides.model, world);
    resumeAll(sides);
    await agree(sides.model, world);
  } finally {
    await world.close();
  }
}

function failureText(details: fc.RunDetails<Lived>, [setup, commands]: Lived): string {
  const { seed, counterexamplePath: path, numRuns, numShrinks, errorInstance: fault } = details;
  const [, replayPath = ''] = /replayPath="([^"]*)"/.exec(String(commands)) ?? [];
  const done = String(commands).replace(/\s*\/\*.*\*\/$/, '');
  return [
    `Sessions did not do as they should: run ${numRuns}, shrunk ${numShrinks} times.`,
    `To repeat it: SESSION_MODEL='${JSON.stringify({ seed, path, replayPath })}'`,
    `The endpoint: ${JSON.stringify(setup)}`,
    'Two sessions were opened, then:',
    ...(done === '' ? ['nothing'] : done.split(',')).map((step) => `  ${step}`),
    fault instanceof Error ? fault.message : String(fault),
  ].join('\n');
}
