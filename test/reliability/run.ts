/**
 * `npm run reliability`: what happens to a server that is attacked, overfed or deserted.
 *
 *     npm run reliability -- --only REL-41    only this experiment; may be given several times
 *     npm run reliability -- --short          as it is run in the tests
 *     RELIABILITY_SEED=7 npm run reliability  the same fuzzed input again
 *
 * Writes each experiment's section of `results.md`, unless `--short` is given. Exits 1 when a bound is
 * broken or an answer was wrong.
 *
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { lacksRedis } from '../support/redis.js';
import type { Experiment, Scale } from './experiment.js';
import { INSTANCE_PROGRAMME } from './instance-programme.js';
import { PROGRAMME } from './programme.js';
import { type Run, sectionOf, withSection } from './report.js';
import { SEED } from './seed.js';

const RESULTS = new URL('results.md', import.meta.url);

/** Several instances share a Redis. */
const ALL = lacksRedis('trials of several instances')
  ? PROGRAMME
  : [...PROGRAMME, ...INSTANCE_PROGRAMME];

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    short: { type: 'boolean', default: false },
  },
});
const scale: Scale = flags.short ? 'short' : 'long';
const machine = `Node ${process.version} · ${cpus().length} × ${cpus()[0]?.model.trim()}`;

/** Runs one experiment and tells what it found; false when something did not hold. */
async function perform(experiment: Experiment): Promise<boolean> {
  const startedAt = new Date();
  try {
    const figures = await experiment.run(scale);
    const seconds = (Date.now() - startedAt.getTime()) / 1_000;
    const run: Run = { scale, startedAt, seconds, machine };
    const section = sectionOf(experiment, figures, run);
    console.log(`\n${section}`);
    if (scale === 'long') keep(experiment.id, section);
    return figures.every(({ holds }) => holds);
  } catch (error) {
    console.error(`\n${experiment.id} failed (RELIABILITY_SEED=${SEED}):`, error);
    return false;
  }
}

function keep(id: string, section: string): void {
  const page = existsSync(RESULTS) ? readFileSync(RESULTS, 'utf8') : '';
  writeFileSync(RESULTS, withSection(page, id, section));
}

const unknown = flags.only.filter((id) => !ALL.some((experiment) => experiment.id === id));
if (unknown.length > 0) {
  const known = ALL.map(({ id }) => id).join(', ');
  throw new Error(`--only: expected one of ${known}, got ${unknown.join(', ')}.`);
}
const wanted = ALL.filter(({ id }) => flags.only.length === 0 || flags.only.includes(id));
const broken: string[] = [];
for (const experiment of wanted) if (!(await perform(experiment))) broken.push(experiment.id);
const summary = broken.length === 0 ? '' : `: ${broken.join(', ')}`;
console.log(`\n${wanted.length} experiments, ${broken.length} with broken bounds${summary}`);
process.exitCode = broken.length === 0 ? 0 : 1;
