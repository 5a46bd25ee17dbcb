/**
 * Several instances over one Redis, with a balancer in front: what the trials are made with.
 *
 * Knows: how all of it is started and ended. Does not know: what is done to it.
 *
 * @module
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Instance,
  type InstancePlan,
  type RedisLibrary,
  type RedisPlan,
} from '../support/instances.js';
import { type Balancing, type RoundRobin, roundRobin } from '../support/round-robin.js';
import { Effects } from './effects.js';

/** What a fleet is made of. */
export interface FleetPlan extends Omit<InstancePlan, 'effects' | 'redis'> {
  /** Names of the instances. Default: `a` and `b`. */
  readonly names?: readonly string[];
  readonly redis?: RedisPlan;
  /** Another way to Redis for an instance, by its name. */
  readonly redisOf?: Readonly<Record<string, RedisPlan>>;
  readonly balancing?: Balancing;
}

/** Instances of one endpoint have it in common. */
export const SECRET = 'a secret of the instances, 32 bytes or more';

/** Lease and beat of the trials: REL-10 is told with these. */
export const LEASE_MS = 3_000;

export class Fleet {
  readonly effects: Effects;
  readonly front: RoundRobin;
  readonly #plan: FleetPlan;
  readonly #instances = new Map<string, Instance>();
  readonly #retired: Instance[] = [];

  constructor(plan: FleetPlan, effects: Effects, front: RoundRobin) {
    this.#plan = plan;
    this.effects = effects;
    this.front = front;
  }

  /** The endpoint as clients reach it. */
  get url(): string {
    return `${this.front.origin}/mcp`;
  }

  /** The instance of this name that was started last. */
  at(name: string): Instance {
    const instance = this.#instances.get(name);
    if (instance === undefined) throw new Error(`there is no instance ${name}`);
    return instance;
  }

  get all(): Instance[] {
    return [...this.#instances.values()];
  }

  /** The endpoint at each instance. */
  get urls(): string[] {
    return this.all.map(({ url }) => url);
  }

  /** Starts an instance, anew if there was one of this name, and sends it its share. */
  async start(name: string): Promise<Instance> {
    const { names: _, redisOf, balancing: __, redis, ...plan } = this.#plan;
    const old = this.#instances.get(name);
    const instance = await Instance.start(name, {
      store: { leaseMs: LEASE_MS },
      ...plan,
      options: { secret: SECRET, retryIntervalMs: 100, ...plan.options },
      redis: redisOf?.[name] ?? redis,
      effects: this.effects.file,
    });
    if (old !== undefined) this.#retired.push(old);
    this.#instances.set(name, instance);
    this.front.targets = this.all.map(({ origin }) => origin);
    return instance;
  }

  /** Errors that no instance has caught; an instance that is gone cannot tell. */
  async uncaught(): Promise<string[]> {
    const alive = this.all.filter((instance) => instance.isAlive);
    return (await Promise.all(alive.map((instance) => instance.ask('uncaught')))).flat();
  }

  async close(): Promise<void> {
    for (const instance of [...this.all, ...this.#retired]) {
      if (instance.isAlive) await instance.kill();
    }
    await this.front.close();
  }
}

/** Does `work` with a new fleet, and ends that whatever happens. */
export async function withFleet<T>(
  plan: FleetPlan,
  work: (fleet: Fleet) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'fleet-'));
  const effects = new Effects(join(folder, 'effects'));
  await writeFile(effects.file, '');
  const front = await roundRobin([], plan.balancing);
  const fleet = new Fleet(plan, effects, front);
  try {
    const names = plan.names ?? ['a', 'b'];
    await Promise.all(names.map((name) => fleet.start(name)));
    return await work(fleet);
  } finally {
    await fleet.close();
    await rm(folder, { recursive: true });
  }
}

/** One Redis at a port. */
export const singleRedis = (port: number, library: RedisLibrary = 'ioredis'): RedisPlan => ({
  library,
  kind: 'single',
  ports: [port],
});
