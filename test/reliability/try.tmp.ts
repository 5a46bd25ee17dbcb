import { runSessions, STEP_NAMES } from './session-runs.js';

const t = performance.now();
const [runs = 1, steps = 1] = process.argv.slice(2).map(Number);
const replay = process.env.SESSION_MODEL ? JSON.parse(process.env.SESSION_MODEL) : undefined;
try {
  const tally = await runSessions({ runs, steps, replay });
  console.log(
    JSON.stringify(Object.fromEntries([...tally].sort())),
    STEP_NAMES.filter((n) => !tally.has(n)),
    [...tally.values()].reduce((a, b) => a + b, 0),
  );
} catch (e) {
  console.log((e as Error).message);
}
console.log(Math.round(performance.now() - t), 'ms');
