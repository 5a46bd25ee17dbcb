/**
 * A direct server in a process of its own, killed when the test is over.
 *
 * Knows: processes and their output. Does not know: MCP.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const PROGRAM = fileURLToPath(new URL('serve-program.ts', import.meta.url));

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process that serves, or tries to. */
export interface ServedProcess {
  readonly child: ChildProcess;
  readonly exit: Promise<Exit>;
  /** The first line of its output, as soon as it is whole: it listens then. */
  readonly firstLine: Promise<string>;
  /** Resolves as soon as this has been written to standard error. */
  hasSaid(pattern: RegExp): Promise<void>;
}

/** Starts it with `options` for `serve` and variables beside those of the test run. */
export function serveInProcess(
  options: Readonly<Record<string, unknown>> = {},
  variables: Readonly<Record<string, string>> = {},
  program: string = PROGRAM,
): ServedProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify(options)], {
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let stdout = '';
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const firstLine = new Promise<string>((resolve) => {
    child.stdout?.on('data', (chunk) => {
      stdout += chunk;
      if (stdout.includes('\n')) resolve(stdout.slice(0, stdout.indexOf('\n')));
    });
  });
  const exit = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }));
  const hasSaid = (pattern: RegExp) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!pattern.test(stderr)) return;
        child.stderr?.off('data', look);
        resolve();
      };
      child.stderr?.on('data', look);
      look();
    });
  return { child, exit, firstLine, hasSaid };
}
