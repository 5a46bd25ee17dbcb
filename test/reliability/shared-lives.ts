/**
 * REL-46 and REL-47 over Redis: sessions that two instances share, while instances die and Redis stops.
 *
 * @module
 */
import { type Experiment, exactly, type Figure, type Scale, told } from './experiment.js';
import { runShared, SHARED_STEP_NAMES } from './shared-runs.js';
import { overRedis } from './variants.js';

const SIZES = { short: { runs: 2, steps: 60 }, long: { runs: 200, steps: 80 } };

async function run(scale: Scale): Promise<Figure[]> {
  const { runs, steps } = SIZES[scale];
  return overRedis(scale, 'one', async (redis) => {
    const tally = await runShared({ runs, steps, redis });
    const missing = SHARED_STEP_NAMES.filter((name) => !tally.has(name));
    const done = SHARED_STEP_NAMES.reduce((sum, name) => sum + (tally.get(name) ?? 0), 0);
    const ends = ['result or failure', 'error instance_lost', 'error session_ended', 'heard'];
    return [
      exactly('runs without a fault', runs, '', runs),
      told('steps in all of them', done, ''),
      ...SHARED_STEP_NAMES.map((name) => told(name, tally.get(name) ?? 0, 'times')),
      ...ends.map((name) => told(name, tally.get(name) ?? 0, 'times')),
      ...(scale === 'long'
        ? [
            exactly('kinds of steps that never came', missing.length, '', 0),
            exactly('kinds of ends that came', ends.filter((it) => tally.has(it)).length, '', 4),
          ]
        : []),
    ];
  });
}

/** Throws for a run that went wrong, with how it is repeated. */
export const SHARED_LIVES: Experiment = {
  id: 'REL-46/redis',
  title: 'Sessions that two instances share, as a model of them allows',
  run,
};
