/**
 * A Redis of whatever kind, what is done to it, and how it is looked into from outside.
 *
 * Knows: one server, a Cluster of three masters, a pair with its Sentinels. Does not know: trials.
 *
 * @module
 */
import { Redis } from 'ioredis';
import type { RedisLibrary, RedisPlan } from '../support/instances.js';
import {
  IN_CLUSTER,
  joinCluster,
  type RedisServer,
  type RedisServerOptions,
  startRedis,
  watchPair,
} from '../support/redis.js';

export interface RedisUnderTest {
  readonly plan: RedisPlan;
  /** Stops all of it without its knowledge. */
  freeze(): void;
  thaw(): void;
  /** Kills all of it, and starts it again without anything in it. */
  restartEmpty(): Promise<void>;
  /** Kills the master; milliseconds until all Sentinels name another one. */
  failOver(): Promise<number>;
  /** Sends a command to every master; what they say, in their order. */
  everywhere(...command: string[]): Promise<unknown[]>;
  /** Sends a command to the master that has this key. */
  at(key: string, ...command: string[]): Promise<unknown>;
  /** All keys there are. */
  keys(): Promise<string[]>;
}

const PAIR = 'pair';
const WHO_IS_MASTER = ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', PAIR];
const MASTERS = 3;
const SENTINELS = 3;

/** Servers of one Redis, and connections of the trial's own. */
export class RedisServers {
  readonly #started: RedisServer[] = [];
  readonly #clients = new Map<number, Redis>();

  async start(kind: RedisPlan['kind'], library: RedisLibrary): Promise<RedisUnderTest> {
    if (kind === 'cluster') return this.#startCluster(library);
    if (kind === 'sentinel') return this.#startPair(library);
    const [server] = (await this.#launch(1)) as [RedisServer];
    const plan = { library, kind, ports: [server.port] } as const;
    return this.#underTest(plan, [server], { restartEmpty: () => server.restart() });
  }

  async stop(): Promise<void> {
    for (const client of this.#clients.values()) client.disconnect();
    // One that is stopped is killed all the same.
    await Promise.all(this.#started.map((server) => server.stop()));
  }

  async #startCluster(library: RedisLibrary): Promise<RedisUnderTest> {
    const masters = await this.#launch(MASTERS, IN_CLUSTER);
    await joinCluster(masters);
    const plan = { library, kind: 'cluster', ports: masters.map(({ port }) => port) } as const;
    return this.#underTest(plan, masters, {
      // They know each other from a file, and come back together.
      restartEmpty: async () => {
        await Promise.all(masters.map((master) => master.kill()));
        await Promise.all(masters.map((master) => master.restart()));
      },
    });
  }

  async #startPair(library: RedisLibrary): Promise<RedisUnderTest> {
    const [master, replica] = (await this.#launch(2)) as [RedisServer, RedisServer];
    const sentinels = await this.#launch(SENTINELS, { isSentinel: true });
    await watchPair(PAIR, [master, replica], sentinels);
    const ports = sentinels.map(({ port }) => port);
    const plan = { library, kind: 'sentinel', ports, masterName: PAIR } as const;
    return this.#underTest(plan, [master], {
      failOver: async () => {
        await master.kill();
        const began = performance.now();
        for (const sentinel of sentinels) {
          while (!String(await sentinel.command(...WHO_IS_MASTER)).endsWith(`,${replica.port}`)) {
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        }
        return performance.now() - began;
      },
    });
  }

  async #launch(count: number, options?: RedisServerOptions): Promise<RedisServer[]> {
    const servers = await Promise.all(Array.from({ length: count }, () => startRedis(options)));
    this.#started.push(...servers);
    return servers;
  }

  #underTest(
    plan: RedisPlan,
    masters: readonly RedisServer[],
    deeds: Partial<Pick<RedisUnderTest, 'failOver' | 'restartEmpty'>>,
  ): RedisUnderTest {
    const impossible = (what: string) => () =>
      Promise.reject(new Error(`${plan.kind}: nobody can ${what} here`));
    return {
      plan,
      freeze: () => {
        for (const master of masters) master.freeze();
      },
      thaw: () => {
        for (const master of masters) master.thaw();
      },
      restartEmpty: deeds.restartEmpty ?? impossible('empty it'),
      failOver: deeds.failOver ?? impossible('fail over'),
      everywhere: (...command) => Promise.all(masters.map((master) => this.#call(master, command))),
      at: (key, ...command) => this.#callOwner(masters, key, command),
      keys: async () => {
        const all = await Promise.all(masters.map((master) => this.#call(master, ['KEYS', '*'])));
        return all.flat() as string[];
      },
    };
  }

  /** In a Cluster, the first that does not send it elsewhere. */
  async #callOwner(masters: readonly RedisServer[], key: string, command: readonly string[]) {
    for (const master of masters) {
      try {
        return await this.#call(master, command);
      } catch (error) {
        if (!String(error).includes('MOVED')) throw error;
      }
    }
    throw new Error(`nobody has ${key}`);
  }

  #call({ port }: RedisServer, [name = 'PING', ...words]: readonly string[]): Promise<unknown> {
    const client = this.#clients.get(port) ?? new Redis(port, '127.0.0.1');
    if (!this.#clients.has(port)) client.on('error', () => {});
    this.#clients.set(port, client);
    return client.call(name, words);
  }
}
