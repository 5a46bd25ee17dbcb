/**
 * node-redis 5 and 6: `createClient`, `createCluster`, `createSentinel`.
 *
 * Knows: the methods of node-redis that the store uses. Does not know: the package.
 *
 * @module
 */
import type { Driver, ReplicaWait, ScriptCall, Subscriber } from './redis-driver.js';

interface EvalOptions {
  keys: string[];
  arguments: string[];
}

type Hear = (text: string, channel: string) => void;

/** The part of node-redis's clients, clusters and sentinels that is used. */
export interface NodeRedisClient {
  readonly isOpen: boolean;
  connect(): Promise<unknown>;
  evalSha(sha: string, options: EvalOptions): Promise<unknown>;
  eval(source: string, options: EvalOptions): Promise<unknown>;
  subscribe(channel: string, hear: Hear): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  on(event: string, listener: (first: string, second: string) => void): unknown;
  off(event: string, listener: (first: string, second: string) => void): unknown;
}

/** What is there in some of them. */
interface Further {
  readonly isReady?: boolean;
  readonly options?: { readonly socket?: object };
  readonly slots?: unknown;
  duplicate?(overrides?: object): NodeRedisClient & Further;
  unsubscribe(channel: string, hear: Hear): Promise<unknown>;
  destroy?(): unknown;
  multi(routing?: string): Pipeline;
}

interface Pipeline {
  evalSha(sha: string, options: EvalOptions): Pipeline;
  eval(source: string, options: EvalOptions): Pipeline;
  wait(replicas: number, timeoutMs: number): Pipeline;
  execAsPipeline(): Promise<readonly unknown[]>;
}

const reconnectStrategy = (retries: number) => Math.min(50 + retries * 50, 1_000);

export class NodeRedisDriver implements Driver {
  readonly #client: NodeRedisClient & Further;
  readonly #isOwn: boolean;
  #wasOpen = false;

  constructor(client: NodeRedisClient, isOwn: boolean) {
    this.#client = client as NodeRedisClient & Further;
    this.#isOwn = isOwn;
  }

  get isReady(): boolean {
    return this.#client.isReady ?? this.#client.isOpen;
  }

  get isOver(): boolean {
    this.#wasOpen ||= this.#client.isOpen;
    return this.#wasOpen && !this.#client.isOpen;
  }

  begin(): void {
    if (this.isOver || this.#wasOpen) return;
    this.#wasOpen = true;
    this.#client.connect().catch(() => {
      this.#wasOpen = this.#client.isOpen;
    });
  }

  onReady(ready: () => void): () => void {
    const events = ['ready', 'connect', 'node-ready'];
    for (const event of events) this.#client.on(event, ready);
    return () => {
      for (const event of events) this.#client.off(event, ready);
    };
  }

  evalSha({ script, keys, args }: ScriptCall): Promise<unknown> {
    return this.#client.evalSha(script.sha, { keys: [...keys], arguments: [...args] });
  }

  eval({ script, keys, args }: ScriptCall): Promise<unknown> {
    return this.#client.eval(script.source, { keys: [...keys], arguments: [...args] });
  }

  async runAndWait(
    { script, keys, args }: ScriptCall,
    by: 'sha' | 'source',
    { replicas, timeoutMs }: ReplicaWait,
  ): Promise<readonly [unknown, number]> {
    const options = { keys: [...keys], arguments: [...args] };
    const pipeline = this.#client.multi(keys[0]);
    const begun =
      by === 'sha' ? pipeline.evalSha(script.sha, options) : pipeline.eval(script.source, options);
    const [reply, count] = await begun.wait(replicas, timeoutMs).execAsPipeline().catch(firstOf);
    return [reply, Number(count)];
  }

  /** A sentinel's subscriptions have a connection of their own already. */
  subscriber(
    heard: (channel: string, text: string) => void,
    failed: (error: unknown) => void,
  ): Subscriber {
    const isSentinel = 'getSentinelNode' in this.#client;
    const client = isSentinel ? this.#client : duplicateOf(this.#client);
    const hear: Hear = (text, channel) => heard(channel, text);
    const subscribed = new Set<string>();
    if (client !== this.#client) client.on('error', failed);
    return {
      subscribe: async (channel) => {
        if (client === this.#client) this.begin();
        else if (!client.isOpen) client.connect().catch(failed);
        subscribed.add(channel);
        await client.subscribe(channel, hear);
      },
      unsubscribe: (channel) => {
        subscribed.delete(channel);
        return client.unsubscribe(channel, hear);
      },
      onReady: (ready) => {
        for (const event of ['ready', 'connect', 'node-ready']) client.on(event, ready);
      },
      close: () => {
        if (client !== this.#client) return end(client);
        for (const channel of subscribed) client.unsubscribe(channel, hear).catch(() => {});
      },
    };
  }

  close(): void {
    if (this.#isOwn) end(this.#client);
  }
}

/** A pipeline in which something failed rejects with all its replies. */
function firstOf(error: unknown): never {
  const [first] = (error as { replies?: readonly unknown[] } | null)?.replies ?? [];
  throw first instanceof Error ? first : error;
}

function duplicateOf(client: NodeRedisClient & Further): NodeRedisClient & Further {
  if (client.duplicate === undefined) return client;
  if (client.slots !== undefined) return client.duplicate();
  return client.duplicate({ socket: { ...client.options?.socket, reconnectStrategy } });
}

/** Throws when it was never opened. */
function end(client: NodeRedisClient & Further): void {
  if (!client.isOpen) return;
  Promise.resolve(client.destroy?.()).catch(() => {});
}
