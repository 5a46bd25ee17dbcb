/**
 * The official conformance suite as a gate: `npm run conformance [-- --only <word>]…`.
 *
 * `--only` keeps the runs whose line has a word that starts so: `--only shared --only /mcp --only
 * alpha`. Exits 1 when any run misses what `gate.mjs` asks for. Everything the suite wrote is in
 * `results/latest/`.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { countOf, missesOf, SUITES } from './gate.mjs';
import { startServer } from './server-process.mjs';
import { runSuite } from './suite.mjs';

/** @typedef {import('./server-process.mjs').Wiring} Wiring */
/** @typedef {{ wiring: Wiring, suite: import('./gate.mjs').Suite, label: string }} Run */

const RESULTS = fileURLToPath(new URL('results/', import.meta.url));
/** A folder of its own, for the gate may run twice at the same time. */
const RUNNING = `${RESULTS}running-${process.pid}`;
const SERVERS = /** @type {const} */ (['shared', 'factory-v1', 'factory-v2']);
const MOUNTS = ['/mcp', '/outer/inner/mcp'];
const EXPRESSES = /** @type {const} */ (['5', '4']);
const MODES = /** @type {const} */ (['auto', 'sse']);

/**
 * Every server at every mount with every Express, once more with all answers as streams, and as two
 * instances.
 */
function wirings() {
  const plain = SERVERS.flatMap((server) =>
    MOUNTS.flatMap((mount) =>
      EXPRESSES.map((express) => ({ server, mount, express, mode: 'auto', instances: 1 })),
    ),
  );
  const alone = SERVERS.map((server) => ({ server, mount: '/mcp', express: '5', instances: 1 }));
  const streams = alone.map((wiring) => ({ ...wiring, mode: 'sse' }));
  return [...plain, ...streams, ...(hasRedis() ? alone.flatMap(twice) : [])];
}

/** Two instances, with either way of answering. */
const twice = (/** @type {Omit<Wiring, 'mode'>} */ wiring) =>
  MODES.map((mode) => ({ ...wiring, mode, instances: 2 }));

/** Without Redis two instances are skipped, which a machine that has to have it takes for a failure. */
function hasRedis() {
  const { error } = spawnSync('redis-server', ['--version']);
  if (error !== undefined)
    console.log('redis-server is not on the PATH: two instances are skipped');
  return error === undefined || process.env.CI !== undefined;
}

/** @param {Wiring} wiring @param {import('./gate.mjs').Suite} suite @returns {Run} */
function runOf(wiring, suite) {
  const { server, mount, express, mode, instances } = wiring;
  const label = [
    server.padEnd(10),
    mount.padEnd(16),
    `Express ${express}`,
    mode.padEnd(4),
    instances === 1 ? 'alone ' : 'redis2',
    suite.name,
  ].join('  ');
  return { wiring, suite, label };
}

function installSuite() {
  const script = fileURLToPath(new URL('../../.ci/install-missing.mjs', import.meta.url));
  const { status } = spawnSync(process.execPath, [script, 'test/conformance'], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('The conformance suite could not be installed');
}

/**
 * Runs the suites against one server, at the same time, so that its clients overlap.
 *
 * @param {Run[]} runs - of one wiring.
 */
async function runAll(runs) {
  const { server, mount, express, mode, instances } = runs[0].wiring;
  const place = mount.replaceAll('/', '-');
  const folder = `${RUNNING}/${server}${place}-express-${express}-${mode}-${instances}`;
  const underTest = await startServer(runs[0].wiring);
  const report = async ({ suite, label }) => {
    const inside = `${folder}/${suite.name.replace(' ', '-')}`;
    const findings = await runSuite(suite, underTest.url, inside);
    const misses = missesOf(findings, suite, mode);
    if (underTest.hasEnded()) misses.push('the server under test has ended');
    return { label, counts: countsOf(findings), misses };
  };
  try {
    return await Promise.all(runs.map(report));
  } finally {
    await underTest.stop();
  }
}

/** @param {import('./gate.mjs').Findings} findings */
const countsOf = ({ scenarios, checks }) => ({
  scenarios,
  passed: countOf(checks, 'SUCCESS'),
  failed: countOf(checks, 'FAILURE'),
  warned: countOf(checks, 'WARNING'),
  skipped: countOf(checks, 'SKIPPED'),
});

/** @param {Awaited<ReturnType<typeof runAll>>[number]} report */
function print({ label, counts, misses }) {
  console.log(`${misses.length === 0 ? 'ok  ' : 'MISS'}  ${label}  ${wordsOf(counts)}`);
  for (const miss of misses) console.log(`        ${miss}`);
}

/** @param {ReturnType<typeof countsOf>} counts */
const wordsOf = ({ scenarios, passed, failed, warned, skipped }) =>
  `${scenarios} scenarios: ${passed} passed, ${failed} failed, ${warned} warned, ${skipped} skipped`;

/** @param {ReturnType<typeof countsOf>[]} all */
const sumOf = (all) =>
  all.reduce((sum, counts) =>
    Object.fromEntries(Object.entries(sum).map(([name, count]) => [name, count + counts[name]])),
  );

async function main() {
  const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } });
  const groups = wirings()
    .map((wiring) => SUITES.map((suite) => runOf(wiring, suite)).filter(isWanted(values.only)))
    .filter((runs) => runs.length > 0);
  if (groups.length === 0) throw new Error(`--only ${values.only?.join(' ')}: no such run`);
  installSuite();
  mkdirSync(RUNNING, { recursive: true });
  try {
    process.exitCode = (await passes(groups)) ? 0 : 1;
  } finally {
    rmSync(`${RESULTS}latest`, { recursive: true, force: true });
    renameSync(RUNNING, `${RESULTS}latest`);
  }
}

/** Runs one server after the other and prints what they are worth. @param {Run[][]} groups */
async function passes(groups) {
  const started = performance.now();
  const reports = [];
  for (const runs of groups) {
    const done = await runAll(runs);
    done.forEach(print);
    reports.push(...done);
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  const missed = reports.filter(({ misses }) => misses.length > 0).length;
  const total = sumOf(reports.map(({ counts }) => counts));
  writeFileSync(`${RUNNING}/summary.json`, JSON.stringify({ total, missed, reports }, null, 2));
  console.log(`${reports.length} runs in ${seconds} s, ${missed} missed. ${wordsOf(total)}`);
  return missed === 0;
}

/** @param {string[] | undefined} words @returns {(run: Run) => boolean} */
function isWanted(words = []) {
  return ({ label }) =>
    words.every((word) => label.split(/\s+/).some((part) => part.startsWith(word)));
}

await main();
