/**
 * One server instance for all clients of all its mounts.
 *
 * Knows: which servers are connected to which multiplexer, process-wide.
 * Does not know: sessions; they belong to the endpoints that share the server.
 *
 * @module
 */
import { McpRouterError, OptionError } from '../errors.js';
import { EVERY_CAPABILITY } from '../protocol/client.js';
import type { JsonRpcResponse, Params } from '../protocol/json-rpc.js';
import { LEGACY_VERSIONS } from '../protocol/versions.js';
import { refuseClientState, refuseRootsListener } from './adoption.js';
import type { Audience } from './audience.js';
import type { Client } from './client.js';
import type { Exchange } from './exchange.js';
import type { Later } from './later.js';
import type { LiveSession } from './live-session.js';
import { Multiplexer, type MultiplexerOptions, serverClosed } from './multiplexer.js';
import type { ConnectableServer } from './server.js';
import { generationOf, innerServer } from './server.js';
import type { Lease, ServerSource } from './server-source.js';
import { NOBODY } from './server-source.js';
import { followHere } from './subscriptions.js';

/** Options of a {@link SharedServer}. */
export interface SharedServerOptions extends MultiplexerOptions {
  readonly dangerouslyShareClientState: boolean;
}

interface Connection {
  readonly multiplexer: Multiplexer;
  readonly options: SharedServerOptions;
  opening: Promise<void> | undefined;
  isOpen: boolean;
}

const connections = new WeakMap<object, Connection>();

/** Refuses a server object that cannot be shared, before anything is connected. */
function refuseUnshareable(server: ConnectableServer, options: SharedServerOptions): void {
  if (generationOf(server) === 'v2') {
    throw new McpRouterError(
      'ERR_MCP_SERVER_KIND',
      'server: expected a factory for a server of SDK v2, got an instance. An instance remembers one client. Pass `() => createServer()`.',
    );
  }
  const inner = innerServer(server);
  if (inner.transport !== undefined && !connections.has(inner)) {
    throw new McpRouterError(
      'ERR_MCP_SERVER_CONNECTED',
      'server: expected a server that is not connected, got one that is connected to another transport. Close it first, or pass `() => createServer()`.',
    );
  }
  if (!options.dangerouslyShareClientState) refuseClientState(server);
}

/** The server's connection; the options of its first mount count for all. */
function connectionOf(server: ConnectableServer, options: SharedServerOptions): Connection {
  const inner = innerServer(server);
  const known = connections.get(inner);
  if (known === undefined) {
    const multiplexer = new Multiplexer(server, options);
    const connection: Connection = { multiplexer, options, opening: undefined, isOpen: false };
    multiplexer.onEnd = () => connections.delete(inner);
    connections.set(inner, connection);
    return connection;
  }
  for (const name of ['affinity', 'askMs', 'callMs', 'dangerouslyShareClientState'] as const) {
    if (known.options[name] === options[name]) continue;
    throw new OptionError(
      `${name}: expected ${known.options[name]} as at the server's other mount, got ${options[name]}. One server has one value; use two servers for two.`,
    );
  }
  return known;
}

export class SharedServer implements ServerSource {
  readonly #connection: Connection;
  readonly #audience: Audience;
  readonly #lease: Lease;

  constructor(server: ConnectableServer, options: SharedServerOptions, audience: Audience) {
    refuseUnshareable(server, options);
    this.#connection = connectionOf(server, options);
    this.#audience = audience;
    this.#server.outbound.audiences.add(audience);
    this.#lease = { server: this.#server, release: () => {} };
  }

  get isOpen(): boolean {
    return !this.#server.isClosed;
  }

  get #server(): Multiplexer {
    return this.#connection.multiplexer;
  }

  async ready(): Promise<void> {
    if (this.#server.isClosed) throw serverClosed();
    this.#connection.opening ??= this.#open();
    await this.#connection.opening;
  }

  lease(): Later<Lease> {
    if (this.#connection.isOpen && !this.#server.isClosed) return this.#lease;
    return this.ready().then(() => this.#lease);
  }

  async initialize(client: Client, _exchange: Exchange, params: Params): Promise<JsonRpcResponse> {
    await this.ready();
    const told = { ...params, capabilities: EVERY_CAPABILITY };
    return this.#server.ask({ jsonrpc: '2.0', id: 0, method: 'initialize', params: told }, client);
  }

  ended(session: LiveSession, uris: readonly string[]): void {
    if (!this.isOpen || uris.length === 0 || !this.#server.handles('resources/unsubscribe')) return;
    for (const uri of uris) {
      const params = { uri };
      void this.#server.ask(
        { jsonrpc: '2.0', id: 0, method: 'resources/unsubscribe', params },
        session,
      );
    }
  }

  left(session: LiveSession, uris: readonly string[]): void {
    this.ended(session, uris);
  }

  catchUp(session: LiveSession): void {
    if (this.isOpen) void followHere(this.#server, session);
  }

  offers(_session: LiveSession, ...path: string[]): boolean {
    return this.#server.offers(...path);
  }

  toolsChanged(): void {
    this.#server.forgetTools();
  }

  async close(): Promise<void> {
    const { audiences } = this.#server.outbound;
    audiences.delete(this.#audience);
    if (audiences.size > 0 || this.#server.isClosed) return;
    if (this.#connection.opening === undefined) await this.#server.close();
    else await this.#server.server.close();
  }

  async #open(): Promise<void> {
    const { options } = this.#connection;
    const { server } = this.#server;
    if (!options.dangerouslyShareClientState) refuseClientState(server);
    const clientInfo = { name: 'express-mcp-router', version: '1' };
    const protocolVersion = LEGACY_VERSIONS[0];
    const params = { protocolVersion, capabilities: EVERY_CAPABILITY, clientInfo };
    try {
      await this.#server.open(params, NOBODY);
      if (!options.dangerouslyShareClientState) {
        await refuseRootsListener(server, (message) => this.#server.onmessage?.(message));
      }
      this.#connection.isOpen = true;
    } catch (error) {
      // A refusal of ours is for good; a failed connection may be tried again.
      if (!(error instanceof McpRouterError)) this.#connection.opening = undefined;
      throw error;
    }
  }
}
