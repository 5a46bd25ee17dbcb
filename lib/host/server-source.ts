/**
 * Where the server comes from that serves a client.
 *
 * Knows: the questions an endpoint asks. `shared-server.ts` and `server-pool.ts` answer them.
 *
 * @module
 */
import type { JsonRpcResponse, Params } from '../protocol/json-rpc.js';
import type { Client } from './client.js';
import type { Exchange } from './exchange.js';
import type { Later } from './later.js';
import type { LiveSession } from './live-session.js';
import type { Multiplexer } from './multiplexer.js';

/** A connected server, counted as in use until it is released. */
export interface Lease {
  readonly server: Multiplexer;
  release(): void;
}

export interface ServerSource {
  /** Connects what can be connected before the first client comes. */
  ready(): Promise<void>;
  /** The server for a client's requests. */
  lease(client: Client, exchange: Exchange): Later<Lease>;
  /** Leads a client through its handshake; the response is the server's own. */
  initialize(client: Client, exchange: Exchange, params: Params): Promise<JsonRpcResponse>;
  /** A session is over, and so is what was kept for it alone. */
  ended(session: LiveSession, uris: readonly string[]): void;
  /** A session is at other instances now, which follow these resources for it. */
  left(session: LiveSession, uris: readonly string[]): void;
  /** Tells a session's server what the session follows, as far as it does not know. */
  catchUp(session: LiveSession): void;
  /** True when a session's server declared this capability. */
  offers(session: LiveSession, ...path: string[]): boolean;
  /** False when the server's side was closed. */
  readonly isOpen: boolean;
  /** The tools changed, although no server said so: kept lists are forgotten. */
  toolsChanged(): void;
  close(): Promise<void>;
}

/** A session of the endpoint's own, for what it asks a server on nobody's behalf. */
export const NOBODY: Client = {
  contextId: 'endpoint',
  principal: undefined,
  identity: undefined,
  logLevel: undefined,
  standalone: undefined,
  questions: undefined,
  isNobody: true,
  standaloneWithin: () => Promise.resolve(undefined),
};
