/**
 * ioredis 5 and 6: a `Redis` (also with sentinels) or a `Cluster`.
 *
 * Knows: the methods of ioredis that the store uses. Does not know: the package.
 *
 * @module
 */
import type { Driver, ReplicaWait, ScriptCall, Subscriber } from './redis-driver.js';

/** The part of ioredis's `Redis` and `Cluster` that is used. */
export interface IoredisClient {
  readonly status: string;
  evalsha(sha: string, keys: number, ...args: string[]): Promise<unknown>;
  eval(source: string, keys: number, ...args: string[]): Promise<unknown>;
  connect(): Promise<unknown>;
  disconnect(): void;
  duplicate(...overrides: never[]): unknown;
  subscribe(...channels: string[]): Promise<unknown>;
  unsubscribe(...channels: string[]): Promise<unknown>;
  on(event: string, listener: (first: string, second: string) => void): unknown;
  off(event: string, listener: (first: string, second: string) => void): unknown;
}

/** What is there in all of them, under types that changed. */
interface Further {
  pipeline(commands: readonly unknown[][]): {
    exec(): Promise<readonly [Error | null, unknown][] | null>;
  };
}

/** Statuses in which a client that waits will not become ready by itself. */
const OVER = new Set(['end']);
const retryStrategy = (times: number) => Math.min(times * 50, 1_000);

export class IoredisDriver implements Driver {
  readonly #client: IoredisClient & Further;
  readonly #isOwn: boolean;

  constructor(client: IoredisClient, isOwn: boolean) {
    this.#client = client as IoredisClient & Further;
    this.#isOwn = isOwn;
  }

  get isReady(): boolean {
    return this.#client.status === 'ready';
  }

  get isOver(): boolean {
    return OVER.has(this.#client.status);
  }

  begin(): void {
    begin(this.#client);
  }

  onReady(ready: () => void): () => void {
    this.#client.on('ready', ready);
    return () => this.#client.off('ready', ready);
  }

  evalSha({ script, keys, args }: ScriptCall): Promise<unknown> {
    return this.#client.evalsha(script.sha, keys.length, ...keys, ...args);
  }

  eval({ script, keys, args }: ScriptCall): Promise<unknown> {
    return this.#client.eval(script.source, keys.length, ...keys, ...args);
  }

  async runAndWait(
    { script, keys, args }: ScriptCall,
    by: 'sha' | 'source',
    { replicas, timeoutMs }: ReplicaWait,
  ): Promise<readonly [unknown, number]> {
    const command = by === 'sha' ? ['evalsha', script.sha] : ['eval', script.source];
    const replies = await this.#client
      .pipeline([
        [...command, keys.length, ...keys, ...args],
        ['wait', replicas, timeoutMs],
      ])
      .exec();
    const [[error, reply] = [null, null], [, count] = [null, 0]] = replies ?? [];
    if (error !== null && error !== undefined) throw error;
    return [reply, Number(count)];
  }

  subscriber(
    heard: (channel: string, text: string) => void,
    failed: (error: unknown) => void,
  ): Subscriber {
    const client = duplicateOf(this.#client);
    client.on('error', failed);
    client.on('node error', failed);
    client.on('message', heard);
    return {
      subscribe: (channel) => {
        begin(client);
        return client.subscribe(channel);
      },
      unsubscribe: (channel) => client.unsubscribe(channel),
      onReady: (ready) => void client.on('ready', ready),
      close: () => client.disconnect(),
    };
  }

  close(): void {
    if (this.#isOwn) this.#client.disconnect();
  }
}

/** Its owner is told of a failure by the event `error`. */
function begin(client: IoredisClient): void {
  if (client.status === 'wait') client.connect().catch(() => {});
}

/** Offline, it keeps what it is to subscribe until it is connected, for as long as that takes. */
function duplicateOf(client: IoredisClient): IoredisClient {
  const patient = {
    lazyConnect: true,
    enableOfflineQueue: true,
    autoResubscribe: true,
    maxRetriesPerRequest: null,
  };
  const duplicate = client.duplicate.bind(client) as (...overrides: unknown[]) => unknown;
  const copy =
    'isCluster' in client && client.isCluster === true
      ? duplicate([], {
          lazyConnect: true,
          enableOfflineQueue: true,
          clusterRetryStrategy: retryStrategy,
        })
      : duplicate({ ...patient, retryStrategy });
  return copy as IoredisClient;
}
