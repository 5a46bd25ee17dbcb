/**
 * What the suite has to find: which lines of it run, and how many checks must succeed.
 *
 * An exit code of 0 does not say that everything was checked: warnings, skipped scenarios and checks
 * that turn into remarks all leave it at 0. So every run is judged on its counts.
 *
 * @module
 */

/** @typedef {'auto' | 'sse'} ResponseMode - the option `responseMode` of the server under test. */

/**
 * @typedef {object} Suite
 * @property {string} name
 * @property {string} package - folder in `node_modules`.
 * @property {string[]} options - of the command.
 * @property {number} scenarios - how many the line has for the revision.
 * @property {Record<ResponseMode, number>} successes - the fewest checks that must succeed.
 */

const ALPHA = '@modelcontextprotocol/conformance';

/**
 * With `auto` one check fewer succeeds in each line of 2025-11-25: `tools/list` is answered as JSON, and the
 * check of its stream is a remark then.
 *
 * @type {Suite[]}
 */
export const SUITES = [
  {
    name: 'alpha.12 2025-06-18',
    package: ALPHA,
    options: ['--spec-version', '2025-06-18', '--timeout', '10000'],
    scenarios: 27,
    successes: { auto: 56, sse: 56 },
  },
  {
    name: 'alpha.12 2025-11-25',
    package: ALPHA,
    options: ['--spec-version', '2025-11-25', '--timeout', '10000'],
    scenarios: 33,
    successes: { auto: 83, sse: 84 },
  },
  {
    // Leaves every session open, which the newer line does not: it alone sees a cap on sessions.
    name: '0.1.16 2025-11-25',
    package: 'conformance-0.1',
    options: ['--spec-version', '2025-11-25'],
    scenarios: 32,
    successes: { auto: 46, sse: 47 },
  },
];

/** @typedef {'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO'} Status */
/** @typedef {{ scenario: string, id: string, status: Status, message: string | undefined }} Check */
/** @typedef {{ exitCode: number | string, scenarios: number, checks: Check[] }} Findings */

/**
 * Every reason why a run does not pass; none when it does.
 *
 * @param {Findings} findings
 * @param {Suite} suite
 * @param {ResponseMode} mode
 * @returns {string[]}
 */
export function missesOf({ exitCode, scenarios, checks }, suite, mode) {
  const expected = suite.successes[mode];
  const succeeded = countOf(checks, 'SUCCESS');
  const misses = checks.filter(isMiss).map(lineOf);
  if (exitCode !== 0) misses.push(`exit code: expected 0, got ${exitCode}`);
  if (scenarios !== suite.scenarios) {
    misses.push(`scenarios: expected ${suite.scenarios}, got ${scenarios}`);
  }
  if (succeeded < expected) {
    misses.push(`successful checks: expected at least ${expected}, got ${succeeded}`);
  }
  return misses;
}

/** @param {Check[]} checks @param {Status} status */
export const countOf = (checks, status) => checks.filter((check) => check.status === status).length;

/** @param {Check} check */
const isMiss = ({ status }) => ['FAILURE', 'WARNING', 'SKIPPED'].includes(status);

/** @param {Check} check */
const lineOf = ({ scenario, id, status, message = '' }) =>
  `${status} ${scenario}: ${id} ${message}`.slice(0, 300).trimEnd();
