/**
 * A command run as a user would run it: without the variables of the test run around it.
 *
 * Knows: processes. Does not know: which commands are run.
 *
 * @module
 */
import { execFile } from 'node:child_process';

const OURS = /^(NODE_ENV|NODE_OPTIONS|VITEST.*|MCP_.*|npm_(package|lifecycle)_.*)$/;
const OURS_TOO = new Set(['npm_config_local_prefix', 'npm_command', 'INIT_CWD']);

/** What the command prints; fails with all it printed when it does not exit with 0. */
export function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env: cleanEnvironment(), timeout: 180_000, maxBuffer: 2 ** 26 };
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      reject(new Error(`${command} ${args.join(' ')}: ${error.message}\n${stdout}\n${stderr}`));
    });
  });
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !OURS.test(name) && !OURS_TOO.has(name),
  );
  return Object.fromEntries(kept);
}
