/**
 * A real nginx in front of an app, for the length of a test.
 *
 * Knows: nginx's program and its configuration file. Does not know: what is proxied.
 *
 * @module
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { freePort } from './free-port.js';

/** Where Debian puts programs that only some users have on their PATH. */
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;

/** Whether nginx can be started; without it a suite is skipped, which `.ci/run` takes for a failure. */
export const hasNginx = isInstalled();

function isInstalled(): boolean {
  const { error } = spawnSync('nginx', ['-v'], { env: { PATH } });
  if (error !== undefined) console.log('nginx is not on the PATH: its suite is skipped');
  return error === undefined || process.env.CI !== undefined;
}

/**
 * Starts nginx with these locations on a free loopback port; returns its origin.
 *
 * @param upstreams - what else belongs to the `http` block.
 */
export const nginx = (locations: string, upstreams = ''): Promise<string> =>
  nginxWith((port) => `${upstreams} server { listen 127.0.0.1:${port}; ${locations} }`);

/** Starts nginx with what `servers` writes into its `http` block for a free port; returns its origin. */
export async function nginxWith(servers: (port: number) => string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  await writeFile(file, configuration(folder, servers(port)));

  const child = spawn('nginx', ['-p', folder, '-c', file, '-e', 'stderr'], {
    env: { PATH },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  await listening(child.stderr);
  return `http://127.0.0.1:${port}`;
}

/** It names its version as soon as it listens. */
async function listening(stderr: Readable): Promise<void> {
  const said: string[] = [];
  for await (const line of createInterface({ input: stderr })) {
    if (/\[notice\].* nginx\/\d/.test(line)) return void stderr.resume();
    said.push(line);
  }
  throw new Error(`nginx did not start: ${said.join('\n')}`);
}

const configuration = (folder: string, servers: string) => `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr notice;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  ${servers}
}
`;
