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
 * With everything switched on the three runs have 56, 84 and 44 checks. What is missing from them:
 *
 * | check                         | auto        | sse                                  |
 * |-------------------------------|-------------|--------------------------------------|
 * | server-sse-streams-functional | INFO: JSON  | SUCCESS                              |
 * | server-sse-priming-event      | not reached | WARNING: no resumable streams yet    |
 * | server-sse-retry-field        | not reached | WARNING: the same                    |
 * | server-sse-disconnect-resume  | not reached | INFO: nothing to resume from         |
 *
 * The last three are those of `server-sse-polling`; 0.1.16 never counts them, for it names an older
 * revision there and so warns of every server. Streams that resume raise alpha.12 to 83 and 84.
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
    successes: { auto: 80, sse: 81 },
  },
  {
    // Leaves every session open, which the newer line does not: it alone sees a cap on sessions.
    name: '0.1.16 2025-11-25',
    package: 'conformance-0.1',
    options: ['--spec-version', '2025-11-25'],
    scenarios: 32,
    successes: { auto: 43, sse: 44 },
  },
];

/** Warnings that are let through, as `scenario: check`. */
const TOLERATED = [
  'server-sse-polling: server-sse-priming-event',
  'server-sse-polling: server-sse-retry-field',
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
function isMiss({ scenario, id, status }) {
  if (status === 'WARNING') return !TOLERATED.includes(`${scenario}: ${id}`);
  return status === 'FAILURE' || status === 'SKIPPED';
}

/** @param {Check} check */
const lineOf = ({ scenario, id, status, message = '' }) =>
  `${status} ${scenario}: ${id} ${message}`.slice(0, 300).trimEnd();
