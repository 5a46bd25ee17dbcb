/**
 * Writes that replicas should have before they count.
 *
 * Knows: how many and how long to wait. Does not know: what is written.
 *
 * @module
 */
import type { Logger } from '../log.js';
import type { RedisConnection, Reply, Script } from './redis-connection.js';
import type { RedisDurability } from './redis-options.js';

/** Writes, and waits for replicas where that is wanted. */
export class DurableWrites {
  readonly #connection: RedisConnection;
  readonly #durability: RedisDurability | undefined;
  readonly #logger: Logger;
  #isShort = false;

  constructor(
    connection: RedisConnection,
    durability: RedisDurability | undefined,
    logger: Logger,
  ) {
    this.#connection = connection;
    this.#durability = durability;
    this.#logger = logger;
  }

  async run(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<Reply> {
    if (this.#durability === undefined) return this.#connection.run(script, keys, args);
    const [reply, replicas] = await this.#connection.runAndWait(
      script,
      keys,
      args,
      this.#durability,
    );
    this.#tell(replicas, this.#durability.replicas);
    return reply;
  }

  /** Once, until there are enough again. */
  #tell(replicas: number, wanted: number): void {
    const isShort = replicas < wanted;
    if (isShort && !this.#isShort) {
      const text = 'fewer replicas than wanted have what was written; it can be lost in a failover';
      this.#logger.warn({ replicas, wanted }, text);
    }
    this.#isShort = isShort;
  }
}
