/**
 * Real Redis servers on loopback: one alone, a Cluster, and a master with its replica and sentinels.
 *
 * Knows: redis-server, redis-cli. Does not know: what is kept in them.
 *
 * @module
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, beforeAll } from 'vitest';
import { freePort } from './free-port.js';

const HAS_REDIS = ['redis-server', 'redis-cli'].every((program) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program))),
);

/** Says what is not tested, once per file; in CI `.ci/summary.mjs` takes the skip for a failure. */
export function lacksRedis(what: string): boolean {
  if (!HAS_REDIS) console.log(`skipped: ${what} (redis-server is not on the PATH)`);
  return !HAS_REDIS;
}

/** A server that a test may hurt. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Any command; its reply as ioredis gives it. */
  command(...words: readonly (string | number)[]): Promise<unknown>;
  /** Stops answering, as a host that hangs does. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Ends without a word. */
  kill(): Promise<void>;
  /** Runs again; empty, unless it writes a log. */
  restart(): Promise<void>;
  restartEmpty(): Promise<void>;
  stop(): Promise<void>;
}

/** How a server is started. */
export interface RedisServerOptions {
  /** Arguments of redis-server, after those that a test needs. */
  readonly args?: readonly string[];
  readonly isSentinel?: boolean;
}

/** Starts a server that keeps nothing. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const server = new Server(await freePort(), await mkdtemp(join(tmpdir(), 'redis-')), options);
  await server.restart();
  return server;
}

/** A server for the tests of a `describe`. */
export function useRedis(options?: RedisServerOptions): RedisServer {
  return useServer(() => startRedis(options));
}

function useServer(start: () => Promise<RedisServer>): RedisServer {
  let server: RedisServer | undefined;
  const started = () => {
    if (server === undefined) throw new Error('Redis has not been started');
    return server;
  };
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.stop());
  return {
    get port() {
      return started().port;
    },
    get url() {
      return started().url;
    },
    command: (...words) => started().command(...words),
    freeze: () => started().freeze(),
    thaw: () => started().thaw(),
    kill: () => started().kill(),
    restart: () => started().restart(),
    restartEmpty: () => started().restartEmpty(),
    stop: () => started().stop(),
  };
}

class Server implements RedisServer {
  readonly #folder: string;
  readonly #options: RedisServerOptions;
  readonly port: number;
  #process: ChildProcess | undefined;

  constructor(port: number, folder: string, options: RedisServerOptions) {
    this.port = port;
    this.#folder = folder;
    this.#options = options;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async command(...[name = 'PING', ...words]: readonly (string | number)[]): Promise<unknown> {
    const client = new Redis(this.port, { maxRetriesPerRequest: 1, enableReadyCheck: false });
    client.on('error', () => {});
    try {
      return await client.call(String(name), ...words.map(String));
    } finally {
      client.disconnect();
    }
  }

  readonly freeze = async (): Promise<void> => {
    this.#process?.kill('SIGSTOP');
  };

  readonly thaw = async (): Promise<void> => {
    this.#process?.kill('SIGCONT');
  };

  readonly restartEmpty = async (): Promise<void> => {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
    await mkdir(this.#folder);
    await this.restart();
  };

  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async restart(): Promise<void> {
    await this.kill();
    const { args = [], isSentinel = false } = this.#options;
    const own = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder];
    const plain = ['--save', '', '--appendonly', 'no'];
    const all = isSentinel
      ? [join(this.#folder, 'sentinel.conf'), '--sentinel', ...own]
      : [...own, ...plain];
    if (isSentinel) await writeFile(join(this.#folder, 'sentinel.conf'), '');
    const child = spawn('redis-server', [...all, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = child;
    const ready = isSentinel ? 'Sentinel ID is' : 'Ready to accept connections';
    let said = '';
    for await (const chunk of child.stdout) {
      said += String(chunk);
      if (said.includes(ready)) return void child.stdout.resume();
    }
    throw new Error(`redis-server did not start: ${said}`);
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Three masters. */
export interface RedisCluster {
  readonly servers: readonly RedisServer[];
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
}

/** What the masters of a Cluster are started with. */
export const IN_CLUSTER: RedisServerOptions = {
  args: ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'],
};

/** A Cluster for the tests of a `describe`. */
export function useCluster(): RedisCluster {
  const servers = Array.from({ length: 3 }, () => useRedis(IN_CLUSTER));
  beforeAll(() => joinCluster(servers), 60_000);
  return {
    servers,
    get nodes() {
      return servers.map(({ port }) => ({ host: '127.0.0.1', port }));
    },
  };
}

/** Makes a Cluster of empty servers that were started for one; resolves when it works. */
export async function joinCluster(servers: readonly RedisServer[]): Promise<void> {
  const addresses = servers.map(({ port }) => `127.0.0.1:${port}`);
  const args = ['--cluster', 'create', ...addresses, '--cluster-yes'];
  await promisify(execFile)('redis-cli', args);
  for (const server of servers) {
    while (!String(await server.command('CLUSTER', 'INFO')).includes('cluster_state:ok')) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** A master, its replica, and who decides when they change places. */
export interface WatchedRedis {
  /** The first master. */
  readonly master: RedisServer;
  readonly replica: RedisServer;
  /** Name of the pair, as the sentinels know it. */
  readonly name: string;
  readonly sentinels: readonly { readonly host: string; readonly port: number }[];
}

/** A master and its replica, watched by three sentinels, for the tests of a `describe`. */
export function useSentinels(): WatchedRedis {
  const name = 'pair';
  const master = useRedis();
  const replica = useRedis();
  const sentinels = Array.from({ length: 3 }, () => useRedis({ isSentinel: true }));
  beforeAll(() => watchPair(name, [master, replica], sentinels), 60_000);
  return {
    master,
    replica,
    name,
    get sentinels() {
      return sentinels.map(({ port }) => ({ host: '127.0.0.1', port }));
    },
  };
}

/** Makes one server the other's replica, and lets sentinels watch both; resolves when they do. */
export async function watchPair(
  name: string,
  [master, replica]: readonly [RedisServer, RedisServer],
  sentinels: readonly RedisServer[],
): Promise<void> {
  await replica.command('REPLICAOF', '127.0.0.1', master.port);
  while (!String(await master.command('INFO', 'replication')).includes('state=online')) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const sentinel of sentinels) {
    await sentinel.command('SENTINEL', 'MONITOR', name, '127.0.0.1', master.port, 2);
    await sentinel.command('SENTINEL', 'SET', name, 'down-after-milliseconds', 500);
    await sentinel.command('SENTINEL', 'SET', name, 'failover-timeout', 5_000);
  }
  for (const sentinel of sentinels) await knowsAll(sentinel, name);
}

/** Resolves when a sentinel knows the other two, and the replica. */
async function knowsAll(sentinel: RedisServer, name: string): Promise<void> {
  for (;;) {
    const told = (await sentinel.command('SENTINEL', 'MASTER', name)) as string[];
    const field = (label: string) => told[told.indexOf(label) + 1];
    if (field('num-other-sentinels') === '2' && field('num-slaves') === '1') return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
