/**
 * nginx in front of instances: each request goes to the next of them.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A running nginx. */
export interface Front {
  /** Sends requests to these ports from now on; what is under way goes on where it is. */
  sendTo(ports: readonly number[]): Promise<void>;
  stop(): Promise<void>;
}

/** Starts nginx on a loopback port. */
export async function startNginx(port: number, ports: readonly number[]): Promise<Front> {
  const folder = await mkdtemp(join(tmpdir(), 'front-'));
  const file = join(folder, 'nginx.conf');
  await writeFile(file, configuration(folder, port, ports));
  const env = { PATH: `${process.env.PATH}:/usr/sbin` };
  const nginx = spawn('nginx', ['-p', folder, '-c', file, '-e', 'stderr'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(nginx, 'exit');
  const said = createInterface({ input: nginx.stderr });
  /** It says when it has begun to work with a configuration. */
  const working = () =>
    new Promise<void>((resolve, reject) => {
      const read = (line: string) => {
        if (!/start worker process \d/.test(line)) return;
        said.off('line', read);
        resolve();
      };
      said.on('line', read);
      ended.then(() => reject(new Error('nginx did not start')), reject);
    });
  await working();
  return {
    sendTo: async (others) => {
      await writeFile(file, configuration(folder, port, others));
      const isWorking = working();
      nginx.kill('SIGHUP');
      await isWorking;
    },
    stop: async () => {
      nginx.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

const configuration = (folder: string, port: number, ports: readonly number[]) => `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr notice;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path ${folder};
  proxy_temp_path ${folder};
  fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder};
  scgi_temp_path ${folder};
  upstream instances {
    ${ports.map((each) => `server 127.0.0.1:${each};`).join('\n    ')}
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://instances;
      proxy_http_version 1.1;
      proxy_set_header Connection '';
      proxy_set_header Host $http_host;
      # Events are sent as they come, and a stream may be silent for a while.
      proxy_buffering off;
      proxy_read_timeout 1h;
    }
  }
}
`;
