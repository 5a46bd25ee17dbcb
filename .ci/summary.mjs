// Ends a run: names what failed or was skipped in vitest's report, then counts. A skip is a failure here,
// and so is a step that failed otherwise.
import { existsSync, readFileSync } from 'node:fs';

const [file = '', ...failedSteps] = process.argv.slice(2);

const results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).testResults : [];
const tests = results.flatMap(({ name, assertionResults }) =>
  assertionResults.map(({ fullName, status }) => ({ name: `${name}: ${fullName}`, status })),
);
// A file that could not be loaded has no tests to count.
const broken = results.filter((it) => it.status === 'failed' && it.assertionResults.length === 0);

const passed = tests.filter(({ status }) => status === 'passed').length;
const others = [...tests, ...broken].filter(({ status }) => status !== 'passed');
for (const { name, status } of others) {
  console.log(`${status}: ${name.replace(`${process.cwd()}/`, '')}`);
}

const counted = others.length > 0 ? ['test'] : [];
const uncounted = failedSteps.filter((step) => !counted.includes(step));
if (passed === 0 && uncounted.length === 0 && others.length === 0) uncounted.push('test');
for (const step of uncounted) console.log(`failed: the step "${step}"`);

const failed = others.length + uncounted.length;
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
