/**
 * The instances of one endpoint, in Redis.
 *
 * Knows: the lease, the letters and the notices. Does not know: what any of them says.
 *
 * @module
 */
import type { Logger } from '../log.js';
import type { InstanceListener, Instances, Letter, Notice } from './port.js';
import { Bus } from './redis-bus.js';
import type { RedisConnection } from './redis-connection.js';
import { Inbox } from './redis-inbox.js';
import { type EndpointKeys, instanceChannel } from './redis-keys.js';
import { Lease } from './redis-lease.js';
import { Outbox } from './redis-outbox.js';

/** What {@link RedisInstances} are made with. */
export interface InstancesOptions {
  readonly prefix: string;
  readonly keys: EndpointKeys;
  readonly self: string;
  readonly leaseMs: number;
  readonly logger: Logger;
}

export class RedisInstances implements Instances {
  readonly #connection: RedisConnection;
  readonly #channels: readonly string[];
  readonly #lease: Lease;
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  readonly #bus: Bus;
  #isStarted = false;

  constructor(connection: RedisConnection, options: InstancesOptions) {
    const { prefix, keys, self, leaseMs, logger } = options;
    this.#connection = connection;
    this.#channels = [instanceChannel(prefix, self), keys.busChannel];
    this.#lease = new Lease(connection, prefix, self, leaseMs);
    this.#inbox = new Inbox(connection, { prefix, self, logger });
    this.#outbox = new Outbox(connection, { prefix, leaseMs });
    this.#bus = new Bus(connection, { keys: keys.bus, channel: keys.busChannel, logger });
  }

  get revision(): number {
    return this.#bus.revision;
  }

  start(listener: InstanceListener): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#lease.start();
    this.#bus.start(listener);
    this.#inbox.start((letter) => listener.letter(letter));
  }

  async ready(): Promise<void> {
    await Promise.all([this.#lease.ready(), this.#bus.ready()]);
  }

  alive(instance: string): Promise<boolean> {
    return this.#lease.alive(instance);
  }

  post(instance: string, letter: Letter): Promise<void> {
    return this.#outbox.post(instance, letter);
  }

  publish(notice: Notice): Promise<number> {
    return this.#bus.publish(notice);
  }

  noticesAfter(revision: number): Promise<readonly Notice[] | 'lost'> {
    return this.#bus.noticesAfter(revision);
  }

  resign(): Promise<void> {
    return this.#lease.resign();
  }

  /** A letter of this instance to itself needs no Redis. */
  tellSelf(letter: Letter): void {
    queueMicrotask(() => this.#inbox.hear(letter));
  }

  /** Stops timers and listening; the lease runs out. */
  close(): void {
    this.#lease.stop();
    this.#inbox.stop();
    this.#bus.stop();
    for (const channel of this.#channels) this.#connection.unsubscribe(channel).catch(() => {});
  }
}
