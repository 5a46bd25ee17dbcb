/**
 * The built examples as processes of their own, the way a visitor starts them.
 *
 * Knows: where an example is built to, and the lines that a server prints. Does not know: MCP.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ADDRESS = /^(?:MCP endpoint|Page)\s+(\S+)$/;

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A server that listens. */
export interface ExampleServer {
  /** URLs of its endpoints and pages, in the order in which they were printed. */
  readonly urls: readonly string[];
  readonly lines: readonly string[];
  /** Exit code, once the process is gone; null when a signal ended it. */
  readonly exit: Promise<number | null>;
}

/** Starts an example's server on a free port and waits until it has printed its addresses. */
export async function startServer(
  story: string,
  addresses = 1,
  env: Record<string, string> = {},
): Promise<ExampleServer> {
  const child = start(scriptOf(story, 'server'), [], { PORT: '0', MCP_PORT: '0', ...env });
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill();
    await exit;
  });
  const stderr = text(child.stderr);
  const lines: string[] = [];
  const urls: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    const url = ADDRESS.exec(line)?.[1];
    if (url !== undefined) urls.push(url);
    if (urls.length === addresses) break;
  }
  if (urls.length < addresses) throw new Error(`${story} ended: ${await stderr}`);
  child.stdout.resume();
  return { urls, lines, exit };
}

/** Runs an example's client, or a server that is expected to fail, to its end. */
export async function run(
  story: string,
  part: 'client' | 'server',
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Ending> {
  const child = start(scriptOf(story, part), args, env);
  onTestFinished(() => void child.kill());
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code: code as number | null, stdout, stderr };
}

function start(script: string, args: readonly string[], env: Record<string, string>) {
  return spawn(process.execPath, [script, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function scriptOf(story: string, part: string): string {
  const plain = `${ROOT}examples/${story}/${part}.cjs`;
  if (existsSync(plain)) return plain;
  const built = `${ROOT}dist/examples/${story}/${part}.js`;
  if (!existsSync(built)) throw new Error(`${built} is missing. Run \`npm run build\` first.`);
  return built;
}
