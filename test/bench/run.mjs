/**
 * `npm run bench`: our speed and weight beside the peers', measured in one run.
 *
 *     npm run bench -- --quick          a few minutes instead of twenty
 *     npm run bench -- --only call-10   only what has this in its name (`sessions`, `heap`, `streams`, …)
 *     npm run bench -- --strict         exit 1 when a floor is missed
 *
 * Exit code 1 also when any answer was wrong. Writes `results.md` unless `--only` is given.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
});

const FULL = {
  pace: { rounds: 15, sliceMs: 700, warmUp: { requests: 10_000, ms: 15_000 } },
  sessions: 100_000,
  heapSessions: 20_000,
  crowds: [1_000, 9_000],
  broadcasts: 7,
};
const QUICK = {
  pace: { rounds: 5, sliceMs: 400, warmUp: { requests: 5_000, ms: 5_000 } },
  sessions: 10_000,
  heapSessions: 5_000,
  crowds: [1_000, 9_000],
  broadcasts: 3,
};

installPeers();
const report = await import('./report.mjs');
const { heapPerSession, streams } = await import('./memory.mjs');
const { programme } = await import('./races.mjs');
const { run } = await import('./race.mjs');

const startedAt = new Date();
const loadBefore = loadavg()[0] ?? 0;
const settings = flags.quick ? QUICK : FULL;
const isWanted = (/** @type {string} */ name) => name.includes(flags.only);
/** @type {string[]} */
const sections = [];
/** @type {import('./report.mjs').Verdict[]} */
const verdicts = [];

await runRaces();
await weigh();
finish();

async function runRaces() {
  /** @type {import('./report.mjs').RaceResults} */
  const results = new Map();
  for (const race of programme(settings.sessions).filter(({ id }) => isWanted(id))) {
    const result = await run(race, settings.pace);
    results.set(race.id, result);
    tell(report.raceTable(race, result));
  }
  verdicts.push(...report.raceVerdicts(results));
}

async function weigh() {
  if (isWanted('heap')) {
    const heap = await heapPerSession(settings.heapSessions);
    tell(report.heapTable(heap));
    verdicts.push(...report.heapVerdicts(heap));
  }
  if (isWanted('streams')) {
    const open = await streams(settings.crowds, settings.broadcasts);
    tell(report.streamTable(open));
    verdicts.push(...report.streamVerdicts(open));
  }
}

function finish() {
  tell(report.verdictTable(verdicts));
  const seconds = (Date.now() - startedAt.getTime()) / 1000;
  const command = `npm run bench${flags.quick ? ' -- --quick' : ''}`;
  const head = report.heading({ command, pace: settings.pace, seconds, startedAt, loadBefore });
  if (flags.only === '') {
    const [floors = '', ...tables] = [sections.at(-1), ...sections.slice(0, -1)];
    writeFileSync(
      new URL('results.md', import.meta.url),
      `${[head, floors, ...tables].join('\n\n')}\n`,
    );
  }
  const missed = verdicts.filter(({ isHeld }) => !isHeld).length;
  console.log(`\n${verdicts.length - missed} of ${verdicts.length} floors held`);
  process.exitCode = flags.strict && missed > 0 ? 1 : 0;
}

/** @param {string} section */
function tell(section) {
  sections.push(section);
  console.log(`\n${section}`);
}

function installPeers() {
  const script = fileURLToPath(new URL('../../.ci/install-missing.mjs', import.meta.url));
  const { status } = spawnSync(process.execPath, [script, 'test/bench'], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
