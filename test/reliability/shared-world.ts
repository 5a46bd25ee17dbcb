/**
 * Two instances over one Redis, and the clients that both serve: what the model of them is held against.
 *
 * Knows: processes, connections, and when something has been noticed. Does not know: what should come of it.
 *
 * @module
 */
import type { Instance, Order, Told } from '../support/instances.js';
import type { Fleet } from './fleet.js';
import type { Entry } from './history.js';
import { type Connection, RecordingWire, type Sender, type Sending } from './recording-wire.js';
import type { RedisUnderTest } from './redis-under-test.js';

/** What has not happened after so long does not happen. */
export const PATIENCE_MS = 10_000;

export class SharedWorld {
  readonly history: Entry[] = [];
  /** Session ids, by nonce. */
  readonly sessionIds = new Map<string, string>();
  /** What askers have heard, by the question's label; undefined for an error. */
  readonly heard = new Map<string, string | undefined>();
  readonly redis: RedisUnderTest;
  readonly #fleet: Fleet;
  readonly #connections = new Map<string, Connection>();
  readonly #wire = new RecordingWire(this.history);
  /** The instance at which each call has begun. */
  readonly #begun = new Map<string, string>();

  /** @param fleet - all of it is up. */
  constructor(fleet: Fleet, redis: RedisUnderTest) {
    this.#fleet = fleet;
    this.redis = redis;
    for (const instance of fleet.all) this.#hear(instance);
  }

  /** Sends a request; its connection goes by this name. */
  send(key: string, instance: string, sender: Sender, sending: Sending): Connection {
    const connection = this.#wire.send(this.#fleet.at(instance).url, key, sender, sending);
    this.#connections.set(key, connection);
    return connection;
  }

  connection(key: string): Connection {
    const connection = this.#connections.get(key);
    if (connection === undefined) throw new Error(`${key} was never opened`);
    return connection;
  }

  /** The connection as it is named, once it was answered. */
  async answered(key: string): Promise<Connection> {
    const connection = this.connection(key);
    await until(() => connection.status !== undefined || connection.isEnded, `${key} is answered`);
    return connection;
  }

  async ended(key: string): Promise<Connection> {
    const connection = this.connection(key);
    await until(() => connection.isEnded, `${key} has ended`);
    return connection;
  }

  /** The call of this label runs. */
  begun(label: string): boolean {
    return this.#begun.has(label);
  }

  /** Tells a running call what to do. */
  async order(instance: string, order: Order): Promise<void> {
    await this.#fleet.at(instance).order(order);
  }

  async kill(name: string): Promise<void> {
    await this.#fleet.at(name).kill();
  }

  /** Starts an instance that was killed; it is ready then. */
  async restart(name: string): Promise<void> {
    this.#hear(await this.#fleet.start(name));
    await this.ready([name]);
  }

  /** These instances would be sent requests. */
  async ready(names: readonly string[]): Promise<void> {
    const began = performance.now();
    for (const name of names) {
      while (!(await this.#fleet.at(name).isReady())) {
        if (performance.now() - began > PATIENCE_MS) throw new Error(`${name} is not ready`);
        await pause(20);
      }
    }
  }

  uncaught(): Promise<string[]> {
    return this.#fleet.uncaught();
  }

  close(): void {
    this.#wire.close();
  }

  #hear(instance: Instance): void {
    instance.onTold = (told: Told) => {
      if ('begun' in told) this.#begun.set(told.begun, instance.name);
      else this.heard.set(told.asked, told.heard);
    };
  }
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for something that happens in another process. */
export async function until(isMet: () => boolean, what: string | (() => string)): Promise<void> {
  const began = performance.now();
  while (!isMet()) {
    if (performance.now() - began > PATIENCE_MS) {
      throw new Error(`expected: ${typeof what === 'string' ? what : what()}`);
    }
    await pause(2);
  }
}
