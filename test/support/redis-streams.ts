/**
 * Instances that share streams in a Redis of the test's own.
 *
 * Knows: the log in Redis, what it asks of its instance. Does not know: what tests do with it.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { SharingInstance } from '../../lib/events/contract-shared-bench.js';
import type { Letter } from '../../lib/store/port.js';
import type { RedisConnection } from '../../lib/store/redis-connection.js';
import { type RedisStreamsOptions, redisStreams } from '../../lib/store/redis-streams.js';
import { RecordedLogger } from './recorded-logger.js';

export const PREFIX = 'mcp:test';

/** An instance, and what it told its operator. */
export interface StreamInstance extends SharingInstance {
  readonly logger: RecordedLogger;
}

/** Opens instances that know each other. */
export function streamInstances(
  connect: () => RedisConnection,
  options: Partial<RedisStreamsOptions> = {},
): () => StreamInstance {
  const boxes = new Map<string, Letter[]>();
  const gone = new Set<string>();
  return () => {
    const self = randomBytes(6).toString('hex');
    const letters: Letter[] = [];
    boxes.set(self, letters);
    const logger = new RecordedLogger();
    const gate = new Gate(connect());
    const log = redisStreams(gate, {
      prefix: PREFIX,
      self,
      maxEventsPerStream: 100,
      maxBytesPerStream: 4_194_304,
      ttlMs: 600_000,
      logger,
      alive: async (instance) => boxes.has(instance) && !gone.has(instance),
      post: async (instance, letter) => void boxes.get(instance)?.push(letter),
      ...options,
    });
    return {
      self,
      log,
      letters,
      logger,
      halt: () => gate.halt(),
      lapse: () => void gone.add(self),
    };
  };
}

/** A connection that can be held up, as that of a process that does not run. */
class Gate implements RedisConnection {
  readonly #connection: RedisConnection;
  #opened: Promise<void> | undefined;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  halt(): () => void {
    let open = () => {};
    this.#opened = new Promise((resolve) => {
      open = () => {
        this.#opened = undefined;
        resolve();
      };
    });
    return open;
  }

  run: RedisConnection['run'] = async (...asked) => {
    await this.#opened;
    return this.#connection.run(...asked);
  };

  runAndWait: RedisConnection['runAndWait'] = async (...asked) => {
    await this.#opened;
    return this.#connection.runAndWait(...asked);
  };

  subscribe: RedisConnection['subscribe'] = (...asked) => this.#connection.subscribe(...asked);
  unsubscribe: RedisConnection['unsubscribe'] = (...asked) =>
    this.#connection.unsubscribe(...asked);

  close(): Promise<void> {
    return this.#connection.close();
  }
}
