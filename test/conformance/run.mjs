/**
 * The official conformance suite as a gate: `npm run conformance [-- --only <word>]…`.
 *
 * `--only` keeps the runs whose line has a word that starts so: `--only shared --only /mcp --only alpha`. Exits 1
 * when any run misses what `gate.mjs` asks for. Everything the suite wrote is in `results/`.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { countOf, missesOf, SUITES } from './gate.mjs';
import { startServer } from './server-process.mjs';
import { runSuite } from './suite.mjs';

/** @typedef {import('./server-process.mjs').Wiring} Wiring */
/** @typedef {{ wiring: Wiring, suite: import('./gate.mjs').Suite, label: string }} Run */

const RESULTS = fileURLToPath(new URL('results/', import.meta.url));
const SERVERS = /** @type {const} */ (['shared', 'factory-v1', 'factory-v2']);
const MOUNTS = ['/mcp', '/outer/inner/mcp'];
const EXPRESSES = /** @type {const} */ (['5', '4']);

/** Every server at every mount with every Express, and once more with all answers as streams. */
function wirings() {
  const plain = SERVERS.flatMap((server) =>
    MOUNTS.flatMap((mount) =>
      EXPRESSES.map((express) => ({ server, mount, express, mode: 'auto' })),
    ),
  );
  const streams = SERVERS.map((server) => ({ server, mount: '/mcp', express: '5', mode: 'sse' }));
  return [...plain, ...streams];
}

/** @param {Wiring} wiring @param {import('./gate.mjs').Suite} suite @returns {Run} */
function runOf(wiring, suite) {
  const { server, mount, express, mode } = wiring;
  const label = [
    server.padEnd(10),
    mount.padEnd(16),
    `Express ${express}`,
    mode.padEnd(4),
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

/** The suites run at the same time, so the server's clients overlap. @param {Run[]} runs */
async function runAll(runs) {
  const { server, mount, express, mode } = runs[0].wiring;
  const folder = `${RESULTS}${server}${mount.replaceAll('/', '-')}-express-${express}-${mode}`;
  const process = await startServer(runs[0].wiring);
  const reports = await Promise.all(
    runs.map(async ({ suite, label }) => {
      const findings = await runSuite(
        suite,
        process.url,
        `${folder}/${suite.name.replace(' ', '-')}`,
      );
      const misses = missesOf(findings, suite, mode);
      if (process.hasEnded()) misses.push('the server under test has ended');
      return { label, counts: countsOf(findings), misses };
    }),
  );
  await process.stop();
  return reports;
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
  rmSync(RESULTS, { recursive: true, force: true });
  mkdirSync(RESULTS);
  const started = performance.now();
  const reports = [];
  for (const runs of groups) {
    const done = await runAll(runs);
    done.forEach(print);
    reports.push(...done);
  }
  const missed = reports.filter(({ misses }) => misses.length > 0).length;
  const total = sumOf(reports.map(({ counts }) => counts));
  const seconds = Math.round((performance.now() - started) / 1000);
  writeFileSync(`${RESULTS}summary.json`, JSON.stringify({ total, missed, reports }, null, 2));
  console.log(`${reports.length} runs in ${seconds} s, ${missed} missed. ${wordsOf(total)}`);
  process.exitCode = missed === 0 ? 0 : 1;
}

/** @param {string[] | undefined} words @returns {(run: Run) => boolean} */
function isWanted(words = []) {
  return ({ label }) =>
    words.every((word) => label.split(/\s+/).some((part) => part.startsWith(word)));
}

await main();
