/**
 * Runs one line of the suite against one URL and reads what it wrote.
 *
 * Knows: the command's options and its result files. Does not know: what would be good enough.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MODULES = new URL('node_modules/', import.meta.url);

/** Longest run, milliseconds: ten times a healthy one, far below a suite of hanging scenarios. */
const RUN_MS = 60_000;

/**
 * Runs a suite; its output and every check's record stay in `folder`.
 *
 * @param {import('./gate.mjs').Suite} suite
 * @param {string} url
 * @param {string} folder
 * @returns {Promise<import('./gate.mjs').Findings>}
 */
export async function runSuite(suite, url, folder) {
  const command = fileURLToPath(new URL(`${suite.package}/dist/index.js`, MODULES));
  const options = ['server', '--url', url, '--suite', 'all', ...suite.options, '-o', folder];
  mkdirSync(folder, { recursive: true });
  const child = spawn(nodeForSuite(), [command, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: RUN_MS,
  });
  const log = createWriteStream(`${folder}/output.txt`);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const [exitCode, signal] = await once(child, 'close');
  log.end();
  return { exitCode: exitCode ?? signal, ...readFindings(folder) };
}

/** The command uses what Node 20 does not have; a newer one comes with the suite's packages. */
function nodeForSuite() {
  if (Number.parseInt(process.versions.node, 10) >= 22) return process.execPath;
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const file = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node';
  const places = ['node', 'node-bin'].map((name) =>
    fileURLToPath(new URL(`${name}-${platform}-${process.arch}/${file}`, MODULES)),
  );
  const found = places.find((place) => existsSync(place));
  if (found !== undefined) return found;
  throw new Error(`The conformance suite needs Node 22 or later; looked for ${places.join(', ')}`);
}

/** Reads `server-<scenario>-<time>/checks.json`. @param {string} folder */
function readFindings(folder) {
  const folders = readdirSync(folder, { withFileTypes: true }).filter((it) => it.isDirectory());
  const checks = folders.flatMap(({ name }) => {
    const scenario = name.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT.*$/, '');
    return readRecords(`${folder}/${name}/checks.json`).map((record) => ({ scenario, ...record }));
  });
  return { scenarios: folders.length, checks };
}

/** @param {string} file */
function readRecords(file) {
  // A run that was cut off has made the folder of its last scenario, but not the file.
  if (!existsSync(file)) return [{ id: 'unfinished', status: 'FAILURE', message: undefined }];
  const records = JSON.parse(readFileSync(file, 'utf8'));
  return records.map(({ id, status, errorMessage: message }) => ({ id, status, message }));
}
