/**
 * One connection to Redis, whichever client library it is made of.
 *
 * Knows: what the adapters of this room ask of Redis. Does not know: keys, sessions, streams.
 *
 * @module
 */

/** A Lua script whose keys are all in one Cluster slot. */
export interface Script {
  readonly name: string;
  readonly source: string;
  /** SHA-1 of the source, hexadecimal: what EVALSHA takes. */
  readonly sha: string;
}

/** A reply: integers, bulk strings, null and arrays of these. */
export type Reply = string | number | null | readonly Reply[];

/**
 * Commands and subscriptions.
 *
 * Every command rejects with the code `ERR_MCP_STORE` when there is no answer within the store's deadline or
 * Redis refuses it.
 */
export interface RedisConnection {
  /**
   * Runs a script.
   *
   * @param late - called with the reply of a command that was answered after its deadline: it was done all the same.
   */
  run(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
    late?: (reply: Reply) => void,
  ): Promise<Reply>;
  /**
   * Runs a script that writes, and waits until so many replicas have it too, or no longer than `timeoutMs`;
   * the reply, and how many replicas have it.
   */
  runAndWait(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
    wait: { readonly replicas: number; readonly timeoutMs: number },
    late?: (reply: Reply) => void,
  ): Promise<readonly [reply: Reply, replicas: number]>;
  /**
   * Hears what is published on a channel, from the time that the promise resolves; again after reconnecting.
   *
   * Where it rejects, the channel is heard all the same as soon as Redis is in reach.
   */
  subscribe(channel: string, hear: (text: string) => void): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  /** Lets go of the connections that are the store's own; a client that was given stays open. */
  close(): Promise<void>;
}
