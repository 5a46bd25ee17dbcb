/**
 * Work that must not slow down the clients who are measured: done in a process of its own.
 *
 * Knows: how an exported function is called elsewhere. Does not know: what it does.
 *
 * @module
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('function-program.ts', import.meta.url));

/** Calls the function `name` of `module` with `argument`; both it and its result travel as JSON. */
export async function inProcess<T>(module: string, name: string, argument: unknown): Promise<T> {
  const child = fork(PROGRAM, [module, name, JSON.stringify(argument)], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exit = once(child, 'exit');
  const failed = exit.then(() => {
    throw new Error(`${name} ended without a result`);
  });
  const [result] = await Promise.race([once(child, 'message'), failed]);
  failed.catch(() => {});
  child.disconnect();
  await exit;
  return result;
}
