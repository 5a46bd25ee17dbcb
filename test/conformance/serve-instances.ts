/**
 * Two servers under test that share their sessions in a Redis, behind a front that sends every request of a
 * session to the other one: with the options of `serve.ts`. Prints the front's URL as its only line.
 *
 * Knows: how all of it is started and ended. Does not know: the suite.
 *
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startRedis } from '../support/redis.js';
import { roundRobin } from '../support/round-robin.js';

const PROGRAM = fileURLToPath(new URL('serve.ts', import.meta.url));
const INSTANCES = 2;

const redis = await startRedis();
const instances = Array.from({ length: INSTANCES }, () =>
  fork(PROGRAM, [...process.argv.slice(2), '--redis', redis.url], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  }),
);
const urls = await Promise.all(instances.map(urlOf));
const front = await roundRobin(
  urls.map((url) => new URL(url).origin),
  { turnsSessions: true },
);
for (const instance of instances) instance.once('exit', () => void end(1));
process.once('SIGTERM', () => void end(0));
process.once('disconnect', () => void end(0));
console.log(`${front.origin}${new URL(urls[0] ?? '').pathname}`);

/** The first line that it prints. */
async function urlOf({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('An instance has no output');
  const [line] = await once(createInterface({ input: stdout }), 'line');
  return line;
}

/** An instance that is gone ends the run: nothing here is meant to die. */
async function end(code: number): Promise<void> {
  for (const instance of instances) instance.removeAllListeners('exit');
  for (const instance of instances) instance.kill('SIGKILL');
  await redis.stop();
  process.exit(code);
}
