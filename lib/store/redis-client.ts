/**
 * A connection made of somebody's client, or of a URL.
 *
 * Time: every command has the store's deadline. One that cannot be sent by then is not sent; one that was
 * sent may be done all the same. Failure: `ERR_MCP_STORE`. Size: what waits is what came in one deadline.
 *
 * Knows: scripts, channels, when a client is ready. Does not know: keys, which library it is.
 *
 * @module
 */
import { OptionError, StoreError, told } from '../errors.js';
import { type Logger, silentLogger } from '../log.js';
import type { RedisConnection, Reply, Script } from './redis-connection.js';
import { Deadlines, type Pending } from './redis-deadlines.js';
import type { Driver, ReplicaWait, ScriptCall } from './redis-driver.js';
import { Failures } from './redis-failures.js';
import { type IoredisClient, IoredisDriver } from './redis-ioredis.js';
import { type NodeRedisClient, NodeRedisDriver } from './redis-node.js';
import { Subscriptions } from './redis-subscriptions.js';
import { checkedUrl, driverOf } from './redis-url.js';

/** What {@link connectionOf} may be told. */
export interface ConnectionOptions {
  /** Deadline of every command, milliseconds. */
  readonly commandMs: number;
  readonly logger?: Logger;
}

/** A client of ioredis 5 or 6, or of node-redis 5 or 6: single, cluster or sentinel. */
export type RedisClient = IoredisClient | NodeRedisClient;

const RETRY_MS = 1_000;

/**
 * Makes a connection. A client that is given stays its owner's; subscriptions have a duplicate of it.
 *
 * @throws OptionError `ERR_MCP_OPTION` when it is neither a client nor a URL.
 */
export function connectionOf(
  clientOrUrl: RedisClient | string,
  { commandMs, logger = silentLogger }: ConnectionOptions,
): RedisConnection {
  const failures = new Failures(logger);
  const checked = checkedClient(clientOrUrl);
  const make =
    checked instanceof URL ? () => driverOf(checked, failures.tell) : async () => checked;
  return new Connection(make, commandMs, failures);
}

/**
 * What a connection is made of.
 *
 * @throws OptionError `ERR_MCP_OPTION` when it is neither a client nor a URL.
 */
export function checkedClient(clientOrUrl: RedisClient | string): Driver | URL {
  if (typeof clientOrUrl === 'string') return checkedUrl(clientOrUrl);
  const client = clientOrUrl;
  if (has(client, 'evalsha', 'duplicate', 'status')) {
    return new IoredisDriver(client as IoredisClient, false);
  }
  if (has(client, 'evalSha', 'isOpen'))
    return new NodeRedisDriver(client as NodeRedisClient, false);
  throw new OptionError(
    `redisStore: expected a client of ioredis or redis, or a redis: URL, got ${told(client)}.`,
  );
}

function has(client: unknown, ...names: string[]): boolean {
  if (typeof client !== 'object' || client === null) return false;
  return names.every((name) => name in client);
}

class Connection implements RedisConnection {
  readonly #make: () => Promise<Driver>;
  readonly #deadlines: Deadlines;
  readonly #commandMs: number;
  readonly #failures: Failures;
  readonly #subscriptions: Subscriptions;
  #making: Promise<Driver> | undefined;
  #driver: Driver | undefined;
  /** Commands that cannot be sent yet. */
  readonly #held = new Set<() => void>();
  #heldSince: number | undefined;
  #stopHearing = () => {};
  #isClosed = false;

  constructor(make: () => Promise<Driver>, commandMs: number, failures: Failures) {
    this.#make = make;
    this.#deadlines = new Deadlines(commandMs);
    this.#commandMs = commandMs;
    this.#failures = failures;
    this.#subscriptions = new Subscriptions(() => this.#made(), this.#deadlines, failures);
  }

  run(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
    late?: (reply: Reply) => void,
  ): Promise<Reply> {
    const call = { script, keys, args: args.map(String) };
    return this.#deadlines.within(script.name, (pending) => this.#send(call, pending), late);
  }

  runAndWait(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
    wait: ReplicaWait,
    late?: (reply: Reply) => void,
  ): Promise<readonly [reply: Reply, replicas: number]> {
    const call = { script, keys, args: args.map(String) };
    return this.#deadlines.within(
      script.name,
      (pending) => this.#sendAndWait(call, wait, pending),
      late && (([reply]) => late(reply)),
    );
  }

  subscribe(channel: string, hear: (text: string) => void): Promise<void> {
    return this.#subscriptions.subscribe(channel, hear);
  }

  unsubscribe(channel: string): Promise<void> {
    return this.#subscriptions.unsubscribe(channel);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#release();
    this.#stopHearing();
    this.#subscriptions.close();
    this.#driver?.close();
  }

  async #send(call: ScriptCall, pending: Pending): Promise<Reply> {
    const driver = this.#sendable() ?? (await this.#ready(call.script.name, pending));
    try {
      return replyOf(await driver.evalSha(call));
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return replyOf(await driver.eval(call));
    }
  }

  async #sendAndWait(
    call: ScriptCall,
    wait: ReplicaWait,
    pending: Pending,
  ): Promise<readonly [Reply, number]> {
    const driver = this.#sendable() ?? (await this.#ready(call.script.name, pending));
    const [reply, replicas] = await driver.runAndWait(call, 'sha', wait).catch((error) => {
      if (!isUnknownScript(error)) throw error;
      return driver.runAndWait(call, 'source', wait);
    });
    return [replyOf(reply), replicas];
  }

  #sendable(): Driver | undefined {
    if (this.#isClosed || this.#driver?.isReady !== true) return undefined;
    this.#heldSince = undefined;
    return this.#driver;
  }

  /** The client, when it takes commands; rejects at once when it has not for longer than a deadline. */
  async #ready(name: string, pending: Pending): Promise<Driver> {
    const driver = this.#driver ?? (await this.#made());
    driver.begin();
    while (!driver.isReady) {
      if (this.#isClosed || driver.isOver) throw unsent(name, 'the client is closed');
      const now = performance.now();
      this.#heldSince ??= now;
      if (now - this.#heldSince > this.#commandMs + RETRY_MS)
        throw unsent(name, 'it is out of reach');
      await new Promise<void>((resolve) => {
        this.#held.add(resolve);
        setTimeout(resolve, RETRY_MS).unref();
      });
      if (pending.isOver) throw unsent(name, 'it is out of reach');
    }
    if (this.#isClosed) throw unsent(name, 'the store is closed');
    this.#heldSince = undefined;
    return driver;
  }

  #made(): Promise<Driver> {
    this.#making ??= this.#make().then(
      (driver) => {
        this.#driver = driver;
        if (this.#isClosed) driver.close();
        this.#stopHearing = driver.onReady(() => {
          this.#failures.over();
          this.#release();
        });
        return driver;
      },
      (error: unknown) => {
        this.#making = undefined;
        throw error;
      },
    );
    return this.#making;
  }

  #release(): void {
    for (const release of this.#held) release();
    this.#held.clear();
  }
}

function unsent(name: string, why: string): StoreError {
  return new StoreError(`Redis: expected to send "${name}", but ${why}.`);
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

/** Replies as text, whatever the client was told to make of them. */
function replyOf(value: unknown): Reply {
  if (typeof value === 'string' || typeof value === 'number' || value === null) return value;
  if (Array.isArray(value)) return value.map(replyOf);
  if (Buffer.isBuffer(value)) return value.toString();
  return value === undefined || typeof value === 'boolean' ? null : String(value);
}
