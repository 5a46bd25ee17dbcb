/**
 * One connection, made of any client: whose it is, and what it does when there is no answer.
 *
 * @module
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { connectionOf } from '../../lib/store/redis-client.js';
import type { RedisConnection, Reply } from '../../lib/store/redis-connection.js';
import { scriptOf } from '../../lib/store/redis-script.js';
import { freePort } from '../support/free-port.js';
import { RecordedLogger } from '../support/recorded-logger.js';
import { lacksRedis, type RedisServer, useCluster, useRedis } from '../support/redis.js';
import { CLIENTS, CLUSTERS, useClients } from '../support/redis-clients.js';
import { codeOf, newName } from '../support/stored-endpoint.js';

const SOON = { timeout: 15_000, interval: 20 };
const COMMAND_MS = 300;

const ECHO = scriptOf('echo', 'return {ARGV[1], 1, false, {KEYS[1]}}');
const RING = scriptOf('ring', `return redis.call('PUBLISH', ARGV[1], ARGV[2])`);
const COUNT = scriptOf('count', `return redis.call('INCR', KEYS[1])`);
const FAULT = scriptOf('fault', `return redis.call('HGET', KEYS[1], ARGV[1])`);

const clientsOf = async (redis: RedisServer) =>
  String(await redis.command('CLIENT', 'LIST'))
    .trim()
    .split('\n').length;

function closed(connection: RedisConnection): RedisConnection {
  onTestFinished(() => connection.close());
  return connection;
}

describe.skipIf(lacksRedis('connections to Redis'))('a connection', () => {
  const redis = useRedis();

  describe.each(Object.entries(CLIENTS))('made of %s', (_name, connect) => {
    const client = useClients(connect);
    const open = () => closed(connectionOf(client(redis.url), { commandMs: COMMAND_MS }));

    it('runs scripts, and hears what is published', async () => {
      const connection = open();
      const heard: string[] = [];
      const channel = newName();
      await connection.subscribe(channel, (text) => heard.push(text));
      expect(await connection.run(ECHO, ['{k}'], ['é \0 "'])).toEqual(['é \0 "', 1, null, ['{k}']]);
      expect(await connection.run(RING, ['{k}'], [channel, 'é'])).toBe(1);
      await vi.waitFor(() => expect(heard).toEqual(['é']), SOON);
      await connection.unsubscribe(channel);
      await vi.waitFor(async () => {
        expect(await connection.run(RING, ['{k}'], [channel, 'x'])).toBe(0);
      }, SOON);
    });

    it('tells what Redis refuses by its first word, and no argument', async () => {
      await redis.command('SET', 'a-text', '1');
      const error = await open()
        .run(FAULT, ['a-text'], ['a-secret-word'])
        .catch((it: unknown) => it);
      expect(error).toMatchObject({ code: 'ERR_MCP_STORE', cause: expect.any(Error) });
      expect((error as Error).message).toContain('"fault"');
      const cause = (error as Error).cause as Error;
      expect(JSON.stringify([error, cause, Object.entries(cause)])).not.toContain('secret');
      expect(String(error) + String(cause)).not.toContain('secret');
    });

    it('hands over what was answered too late', async () => {
      const connection = open();
      const key = newName();
      await connection.run(COUNT, [key], []);
      const late: Reply[] = [];
      await redis.freeze();
      onTestFinished(() => redis.thaw());
      const work = connection.run(COUNT, [key], [], (reply) => late.push(reply));
      expect(await codeOf(work)).toBe('ERR_MCP_STORE');
      expect(late).toEqual([]);
      await redis.thaw();
      await vi.waitFor(() => expect(late).toEqual([2]), SOON);
    });

    it('waits for replicas on the connection that has written', async () => {
      const connection = open();
      await redis.command('SCRIPT', 'FLUSH');
      const wait = { replicas: 1, timeoutMs: 50 };
      expect(await connection.runAndWait(COUNT, [newName()], [], wait)).toEqual([1, 0]);
      await redis.command('CONFIG', 'RESETSTAT');
      const began = performance.now();
      expect(await connection.runAndWait(COUNT, [newName()], [], wait)).toEqual([1, 0]);
      expect(performance.now() - began).toBeGreaterThan(45);
      const stats = String(await redis.command('INFO', 'commandstats'));
      expect(stats).toContain('cmdstat_wait:calls=1,');
    });

    it('sends nothing of what it could not send in time', async () => {
      const connection = open();
      const key = newName();
      await connection.run(COUNT, [key], []);
      await redis.kill();
      // The client has not noticed yet.
      expect(await codeOf(connection.run(ECHO, ['{k}'], ['x']))).toBe('ERR_MCP_STORE');
      expect(await codeOf(connection.run(COUNT, [key], []))).toBe('ERR_MCP_STORE');
      await redis.restart();
      await vi.waitFor(() => connection.run(ECHO, ['{k}'], ['x']), SOON);
      expect(await redis.command('GET', key)).toBeNull();
    });

    it('leaves nothing open but what it was given', async () => {
      const before = await clientsOf(redis);
      const given = client(redis.url);
      const connection = connectionOf(given, { commandMs: COMMAND_MS });
      await connection.subscribe(newName(), () => {});
      await connection.run(ECHO, ['{k}'], ['x']);
      await connection.close();
      const left = typeof given === 'string' ? 0 : 1;
      await vi.waitFor(async () => expect(await clientsOf(redis)).toBe(before + left), SOON);
      expect(await codeOf(connection.run(ECHO, ['{k}'], ['x']))).toBe('ERR_MCP_STORE');
      await connection.close();
    });
  });

  it('sends nothing more while too much is unanswered', async () => {
    const connection = closed(connectionOf(redis.url, { commandMs: COMMAND_MS }));
    const key = newName();
    await connection.run(COUNT, [key], []);
    await redis.freeze();
    onTestFinished(() => redis.thaw());
    const most = Array.from({ length: 10_000 }, () => codeOf(connection.run(COUNT, [key], [])));
    expect(new Set(await Promise.all(most))).toEqual(new Set(['ERR_MCP_STORE']));
    expect(await codeOf(connection.run(COUNT, [key], []))).toBe('ERR_MCP_STORE');
    await redis.thaw();
    await vi.waitFor(() => connection.run(ECHO, ['{k}'], ['x']), SOON);
    expect(await redis.command('GET', key)).toBe('10001');
  });

  it('made of a client that was closed says so at once', async () => {
    const client = new Redis(redis.url);
    await client.ping();
    client.disconnect();
    const connection = closed(connectionOf(client, { commandMs: 60_000 }));
    await vi.waitFor(() => expect(client.status).toBe('end'), SOON);
    expect(await codeOf(connection.run(ECHO, ['{k}'], ['x']))).toBe('ERR_MCP_STORE');
    const other = createClient({ url: redis.url });
    await other.connect();
    const second = closed(connectionOf(other, { commandMs: 60_000 }));
    await second.run(ECHO, ['{k}'], ['x']);
    other.destroy();
    expect(await codeOf(second.run(ECHO, ['{k}'], ['x']))).toBe('ERR_MCP_STORE');
  });
});

describe.skipIf(lacksRedis('connections to a Cluster'))('a connection to a Cluster', () => {
  const cluster = useCluster();

  it.each(Object.entries(CLUSTERS))(
    'with %s waits where it has written',
    async (_name, connect) => {
      const { client, end } = connect(cluster);
      onTestFinished(async () => void (await end()));
      const connection = closed(connectionOf(client, { commandMs: 1_000 }));
      const wait = { replicas: 1, timeoutMs: 50 };
      for (const key of ['a', 'b', 'c', 'd'].map((name) => `{${name}}${newName()}`)) {
        const began = performance.now();
        expect(await connection.runAndWait(COUNT, [key], [], wait)).toEqual([1, 0]);
        expect(performance.now() - began).toBeGreaterThan(45);
      }
    },
  );
});

describe('a connection', () => {
  it('to a server that never says a word is an outage', async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => sockets.add(socket.on('error', () => {})));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const connection = closed(connectionOf(`redis://127.0.0.1:${port}`, { commandMs: COMMAND_MS }));
    expect(await codeOf(connection.run(ECHO, ['{k}'], ['x']))).toBe('ERR_MCP_STORE');
  });

  it('to nobody is an outage, known at once when it lasts, and told once', async () => {
    const logger = new RecordedLogger();
    const url = `redis://127.0.0.1:${await freePort()}`;
    const connection = closed(connectionOf(url, { commandMs: COMMAND_MS, logger }));
    const run = () => codeOf(connection.run(ECHO, ['{k}'], ['x']));
    await vi.waitFor(async () => {
      const began = performance.now();
      expect(await run()).toBe('ERR_MCP_STORE');
      expect(performance.now() - began).toBeLessThan(COMMAND_MS / 2);
    }, SOON);
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });
});
