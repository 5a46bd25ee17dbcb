/**
 * A Redis server and a connection to it, as simple as they can be.
 *
 * Knows: redis-server, ioredis. Does not know: what is kept.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import type { RedisConnection, Reply } from '../../lib/store/redis-connection.js';
import { freePort } from './free-port.js';

export interface PlainRedis {
  readonly client: Redis;
  connection(): RedisConnection;
  pause(): void;
  resume(): void;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function plainRedis(): Promise<PlainRedis> {
  const port = await freePort();
  let server = await launch(port);
  const client = new Redis({ port, maxRetriesPerRequest: 0, retryStrategy: () => 50 });
  client.on('error', () => {});
  const opened: Redis[] = [client];
  return {
    client,
    connection: () => {
      const redis = new Redis({
        port,
        maxRetriesPerRequest: 0,
        enableOfflineQueue: false,
        commandTimeout: 1_000,
        retryStrategy: () => 50,
      });
      redis.on('error', () => {});
      opened.push(redis);
      return connectionTo(redis);
    },
    pause: () => void server.kill('SIGSTOP'),
    resume: () => void server.kill('SIGCONT'),
    restart: async () => {
      server.kill('SIGKILL');
      await once(server, 'exit');
      server = await launch(port);
    },
    stop: async () => {
      for (const redis of opened) redis.disconnect();
      server.kill('SIGKILL');
      await once(server, 'exit');
    },
  };
}

async function launch(port: number): Promise<ChildProcess> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const chunk of server.stdout) {
    if (String(chunk).includes('Ready to accept')) break;
  }
  server.stdout.resume();
  return server;
}

function connectionTo(redis: Redis): RedisConnection {
  return {
    run: async (script, keys, args) => {
      for (let waits = 0; redis.status !== 'ready' && waits < 50; waits += 1) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      try {
        return (await redis.evalsha(script.sha, keys.length, ...keys, ...args)) as Reply;
      } catch (error) {
        if (!String(error).includes('NOSCRIPT')) throw error;
        return (await redis.eval(script.source, keys.length, ...keys, ...args)) as Reply;
      }
    },
    subscribe: async () => {},
    unsubscribe: async () => {},
    close: async () => redis.disconnect(),
  };
}
