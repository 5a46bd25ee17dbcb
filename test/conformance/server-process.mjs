/**
 * The server under test, in a process of its own.
 *
 * Knows: how `serve.ts` is started, alone or with others, and how it says where it is.
 * Does not know: the suite.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * @typedef {object} Wiring
 * @property {'shared' | 'factory-v1' | 'factory-v2'} server
 * @property {string} mount - path of the endpoint.
 * @property {'4' | '5'} express
 * @property {import('./gate.mjs').ResponseMode} mode
 * @property {1 | 2} instances - two share their sessions in Redis, and each request goes to the other one.
 */

/**
 * Starts a server; it writes what goes wrong to standard error.
 *
 * @param {Wiring} wiring
 * @returns {Promise<{ url: string, hasEnded: () => boolean, stop: () => Promise<void> }>}
 */
export async function startServer({ server, mount, express, mode, instances }) {
  const loaders = ['--import', 'tsx'];
  if (express === '4') loaders.push('--import', new URL('express-4.mjs', import.meta.url).href);
  const options = ['--server', server, '--mount', mount, '--express', express, '--mode', mode];
  const program = pathOf(instances === 1 ? 'serve.ts' : 'serve-instances.ts');
  const child = spawn(process.execPath, [...loaders, program, ...options], {
    cwd: pathOf('../..'),
    env: { ...process.env, TSX_TSCONFIG_PATH: pathOf('tsconfig.dist.json') },
    // The channel carries nothing: its end tells the server that nobody is left who would stop it.
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, 'line'), ended]);
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  if (hasEnded()) throw new Error(`The server under test did not start: exit code ${first[0]}`);
  return {
    url: first[0],
    hasEnded,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}
