/**
 * REL-46, REL-47: sessions do what the model of them says, and what all clients read keeps the rules.
 *
 * @module
 */
import { type Experiment, exactly, type Figure, type Scale, told } from './experiment.js';
import { runSessions, STEP_NAMES } from './session-runs.js';

const SIZES = { short: { runs: 10, steps: 120 }, long: { runs: 5_000, steps: 160 } };

async function run(scale: Scale): Promise<Figure[]> {
  const { runs, steps } = SIZES[scale];
  const began = performance.now();
  const tally = await runSessions({ runs, steps });
  const seconds = (performance.now() - began) / 1_000;
  const done = [...tally.values()].reduce((sum, count) => sum + count, 0);
  const missing = STEP_NAMES.filter((name) => !tally.has(name));
  const figures = [
    exactly('runs that went as the model says', runs, '', runs),
    told('steps in all of them', done, ''),
    told('steps a second', done / seconds, ''),
    ...STEP_NAMES.map((name) => told(name, tally.get(name) ?? 0, 'times')),
  ];
  return scale === 'short'
    ? figures
    : [...figures, exactly('kinds of steps that never came', missing.length, '', 0)];
}

/** Throws for a run that went wrong, with how it is repeated. */
export const SESSION_LIVES: Experiment = {
  id: 'REL-46',
  title: 'Sessions as a model of them foretells, over one instance with the memory store',
  run,
};
