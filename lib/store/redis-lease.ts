/**
 * A lease that says that this instance is alive.
 *
 * Time: it is renewed three times before it would end. A process that was paused takes it again as soon as
 * it runs.
 *
 * Knows: one key with a time to live. Does not know: what the others do when it is over.
 *
 * @module
 */
import { StoreError } from '../errors.js';
import type { RedisConnection } from './redis-connection.js';
import { isInstance, leaseKey } from './redis-keys.js';
import { scriptOf } from './redis-script.js';

/** Key: lease. Argument: its time, milliseconds. */
const BEAT = scriptOf('beat', `redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) return 1`);
/** Key: lease. */
const RESIGN = scriptOf('resign', `return redis.call('DEL', KEYS[1])`);
/** Key: lease. */
const ALIVE = scriptOf('alive', `return redis.call('EXISTS', KEYS[1])`);

const BEATS_PER_LEASE = 3;

export class Lease {
  readonly #connection: RedisConnection;
  readonly #prefix: string;
  readonly #self: string;
  readonly #leaseMs: number;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;
  #isOver = false;

  constructor(connection: RedisConnection, prefix: string, self: string, leaseMs: number) {
    this.#connection = connection;
    this.#prefix = prefix;
    this.#self = self;
    this.#leaseMs = leaseMs;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#tryBeat(), this.#leaseMs / BEATS_PER_LEASE).unref();
    this.#tryBeat();
  }

  /** Takes the lease again; rejects when that cannot be done now. */
  async ready(): Promise<void> {
    if (this.#isOver) throw new StoreError('Redis: expected a lease, but it was given up.');
    await this.#beat();
  }

  async alive(instance: string): Promise<boolean> {
    if (!isInstance(instance)) return false;
    const key = leaseKey(this.#prefix, instance);
    return Number(await this.#connection.run(ALIVE, [key], [])) === 1;
  }

  async resign(): Promise<void> {
    this.stop();
    await this.#beating?.catch(() => {});
    await this.#connection.run(RESIGN, [leaseKey(this.#prefix, this.#self)], []);
  }

  stop(): void {
    this.#isOver = true;
    clearInterval(this.#timer);
  }

  #tryBeat(): void {
    this.#beat().catch(() => {
      // Whoever asks whether the instance is ready is told.
    });
  }

  #beat(): Promise<void> {
    this.#beating ??= this.#beatOnce().finally(() => {
      this.#beating = undefined;
    });
    return this.#beating;
  }

  async #beatOnce(): Promise<void> {
    await this.#connection.run(BEAT, [leaseKey(this.#prefix, this.#self)], [this.#leaseMs]);
  }
}
