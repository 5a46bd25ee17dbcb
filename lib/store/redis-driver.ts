/**
 * What the two client libraries of Redis have in common, as far as the store needs it.
 *
 * Knows: scripts and channels. Does not know: deadlines, keys.
 *
 * @module
 */
import type { Script } from './redis-connection.js';

/** A script with what it is given. */
export interface ScriptCall {
  readonly script: Script;
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

/** How long a write waits for replicas. */
export interface ReplicaWait {
  readonly replicas: number;
  readonly timeoutMs: number;
}

/** A client that takes commands. */
export interface Driver {
  /** True while a command can be sent at once. */
  readonly isReady: boolean;
  /** True when its owner has closed it, or it has given up. */
  readonly isOver: boolean;
  /** Connects a client that nobody has connected yet. */
  begin(): void;
  /** Calls `ready` whenever the client has become ready; the result stops it. */
  onReady(ready: () => void): () => void;
  evalSha(call: ScriptCall): Promise<unknown>;
  eval(call: ScriptCall): Promise<unknown>;
  /** EVALSHA or EVAL, then WAIT on the same connection: the reply, and how many replicas have it. */
  runAndWait(
    call: ScriptCall,
    by: 'sha' | 'source',
    wait: ReplicaWait,
  ): Promise<readonly [unknown, number]>;
  /** A connection for subscriptions, which is the store's own. */
  subscriber(
    heard: (channel: string, text: string) => void,
    failed: (error: unknown) => void,
  ): Subscriber;
  /** Ends the client, if it is the store's own. */
  close(): void;
}

/** A connection for subscriptions. */
export interface Subscriber {
  /** Asks for a channel; asked again, it does no harm. */
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  /** Calls `ready` whenever the connection is there again. */
  onReady(ready: () => void): void;
  close(): void;
}
