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
import { Deadlines, type Pending, refusal } from './redis-deadlines.js';
import type { Driver, ReplicaWait, ScriptCall, Subscriber } from './redis-driver.js';
import { type IoredisClient, IoredisDriver } from './redis-ioredis.js';
import { type NodeRedisClient, NodeRedisDriver } from './redis-node.js';
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

/** Failures of the store's own clients: the first of an outage is told. */
class Failures {
  readonly #logger: Logger;
  #isKnown = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  readonly tell = (error: unknown): void => {
    if (this.#isKnown) return;
    this.#isKnown = true;
    const { message } = refusal('connect', error);
    this.#logger.warn({ cause: error instanceof Error ? error.message : told(error) }, message);
  };

  readonly over = (): void => {
    this.#isKnown = false;
  };
}

class Connection implements RedisConnection {
  readonly #make: () => Promise<Driver>;
  readonly #deadlines: Deadlines;
  readonly #commandMs: number;
  readonly #failures: Failures;
  readonly #channels = new Map<string, (text: string) => void>();
  readonly #retries = new Set<NodeJS.Timeout>();
  #making: Promise<Driver> | undefined;
  #driver: Driver | undefined;
  #subscriber: Subscriber | undefined;
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
    this.#channels.set(channel, hear);
    return this.#deadlines.within('subscribe', async () => this.#ask(channel));
  }

  async unsubscribe(channel: string): Promise<void> {
    if (!this.#channels.delete(channel)) return;
    const subscriber = this.#subscriber;
    if (subscriber === undefined) return;
    await this.#deadlines.within('unsubscribe', async () => {
      await subscriber.unsubscribe(channel);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#channels.clear();
    for (const timer of this.#retries) clearTimeout(timer);
    this.#release();
    this.#stopHearing();
    this.#subscriber?.close();
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

  /** Asks for a channel until it is heard. */
  async #ask(channel: string): Promise<void> {
    const subscriber = this.#subscriber ?? this.#newSubscriber(await this.#made());
    try {
      await subscriber.subscribe(channel);
    } catch (error) {
      this.#askLater(channel);
      throw error;
    }
  }

  #askLater(channel: string): void {
    if (this.#isClosed || !this.#channels.has(channel)) return;
    const timer = setTimeout(() => {
      this.#retries.delete(timer);
      if (this.#channels.has(channel)) this.#ask(channel).catch(this.#failures.tell);
    }, RETRY_MS);
    this.#retries.add(timer.unref());
  }

  #newSubscriber(driver: Driver): Subscriber {
    if (this.#subscriber !== undefined) return this.#subscriber;
    if (this.#isClosed) throw unsent('subscribe', 'the store is closed');
    const subscriber = driver.subscriber(
      (channel, text) => this.#channels.get(channel)?.(text),
      this.#failures.tell,
    );
    subscriber.onReady(() => this.#failures.over());
    this.#subscriber = subscriber;
    return subscriber;
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
