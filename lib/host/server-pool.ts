/**
 * Servers built by a factory: one for each session, else for each principal, else for each request.
 *
 * Knows: which servers are built, in use, and for whom; how a session's server is built again.
 * Does not know: how the factory works.
 *
 * @module
 */
import { McpRouterError, OptionError } from '../errors.js';
import { EVERY_CAPABILITY } from '../protocol/client.js';
import type { JsonRpcResponse, Params } from '../protocol/json-rpc.js';
import { LEGACY_VERSIONS } from '../protocol/versions.js';
import type { Audience, SessionAudience } from './audience.js';
import type { Client } from './client.js';
import type { Exchange } from './exchange.js';
import { LiveSession } from './live-session.js';
import { Multiplexer, type MultiplexerOptions, serverClosed } from './multiplexer.js';
import type { ConnectableServer, FactoryContext, ServerFactory } from './server.js';
import { innerServer, isServer } from './server.js';
import type { Lease, ServerSource } from './server-source.js';
import { followHere } from './subscriptions.js';

/** Servers kept although nobody uses them at the moment. */
const MAX_KEPT = 1_000;

interface PooledServer {
  readonly server: Multiplexer;
  /** Id of the session that it was built for. */
  readonly session: string | undefined;
  /** The server's answer to its handshake. */
  readonly initialized: JsonRpcResponse;
  /** Scopes of the token that it was built for. */
  readonly scopes: string;
  uses: number;
  /** No longer in the pool: closed when the last user releases it. */
  isRetired: boolean;
}

const inUse = new WeakSet<object>();

const scopesOf = ({ authInfo }: Exchange) => [...(authInfo?.scopes ?? [])].sort().join(' ');

export class ServerPool implements ServerSource {
  readonly #factory: ServerFactory;
  readonly #options: MultiplexerOptions;
  readonly #audience: SessionAudience;
  readonly #servers = new Map<string, Promise<PooledServer>>();
  readonly #built = new Set<PooledServer>();
  #isOpen = true;

  constructor(factory: ServerFactory, options: MultiplexerOptions, audience: SessionAudience) {
    this.#factory = factory;
    this.#options = options;
    this.#audience = audience;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  async ready(): Promise<void> {
    if (!this.#isOpen) throw serverClosed();
  }

  async lease(client: Client, exchange: Exchange): Promise<Lease> {
    const pooled = await this.#use(client, exchange);
    return { server: pooled.server, release: () => this.#release(pooled) };
  }

  async initialize(client: Client, exchange: Exchange, _params: Params): Promise<JsonRpcResponse> {
    const pooled = await this.#use(client, exchange);
    this.#release(pooled);
    return pooled.initialized;
  }

  ended(session: LiveSession): void {
    const key = keyOf(session, undefined);
    const held = key === undefined ? undefined : this.#servers.get(key);
    if (key === undefined || held === undefined) return;
    this.#servers.delete(key);
    held.then((pooled) => this.#retire(pooled)).catch(() => {});
  }

  left(): void {
    // The session's server is kept for as long as there is room.
  }

  catchUp(session: LiveSession): void {
    this.#servers
      .get(keyOfSession(session))
      ?.then(({ server }) => followHere(server, session))
      .catch(() => {});
  }

  offers(session: LiveSession, ...path: string[]): boolean {
    for (const { server, session: own } of this.#built) {
      if (own === session.contextId) return server.offers(...path);
    }
    return false;
  }

  toolsChanged(): void {
    for (const { server } of this.#built) server.forgetTools();
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    this.#servers.clear();
    await Promise.all([...this.#built].map(({ server }) => server.server.close()));
    this.#built.clear();
  }

  async #use(client: Client, exchange: Exchange): Promise<PooledServer> {
    if (!this.#isOpen) throw serverClosed();
    const key = keyOf(client, exchange);
    const pooled = await (key === undefined
      ? this.#build(client, exchange)
      : this.#kept(key, client, exchange));
    pooled.uses += 1;
    if (key === undefined) pooled.isRetired = true;
    return pooled;
  }

  async #kept(key: string, client: Client, exchange: Exchange): Promise<PooledServer> {
    const held = this.#servers.get(key);
    if (held !== undefined) {
      const pooled = await held;
      const isCurrent = pooled.scopes === scopesOf(exchange) && !pooled.server.isClosed;
      if (isCurrent || this.#servers.get(key) !== held) {
        this.#moveToEnd(key, held);
        return pooled;
      }
      this.#servers.delete(key);
      this.#retire(pooled);
    }
    const building = this.#build(client, exchange);
    this.#servers.set(key, building);
    building.catch(() => {
      if (this.#servers.get(key) === building) this.#servers.delete(key);
    });
    this.#shrink();
    return building;
  }

  async #build(client: Client, exchange: Exchange): Promise<PooledServer> {
    const server = await this.#factory(contextOf(client, exchange));
    refuseReuse(server);
    const inner = innerServer(server);
    const multiplexer = new Multiplexer(server, this.#options);
    inUse.add(inner);
    multiplexer.outbound.audiences.add(audienceOf(client, this.#audience));
    const initialized = await multiplexer.open(handshakeOf(client), client);
    const scopes = scopesOf(exchange);
    const session = client instanceof LiveSession ? client.contextId : undefined;
    const kept = { server: multiplexer, session, initialized, scopes };
    const pooled: PooledServer = { ...kept, uses: 0, isRetired: false };
    this.#built.add(pooled);
    multiplexer.onEnd = () => {
      inUse.delete(inner);
      this.#built.delete(pooled);
    };
    if (client instanceof LiveSession) await replay(multiplexer, client);
    return pooled;
  }

  #release(pooled: PooledServer): void {
    pooled.uses -= 1;
    if (pooled.isRetired) this.#closeUnused(pooled);
  }

  #retire(pooled: PooledServer): void {
    pooled.isRetired = true;
    this.#closeUnused(pooled);
  }

  #closeUnused(pooled: PooledServer): void {
    if (pooled.uses > 0) return;
    pooled.server.server.close().catch((error) => {
      this.#options.logger.warn({ err: error }, 'closing a server failed');
    });
  }

  #moveToEnd(key: string, held: Promise<PooledServer>): void {
    if (this.#servers.get(key) !== held) return;
    this.#servers.delete(key);
    this.#servers.set(key, held);
  }

  /** Lets go of the servers used longest ago, except those that something still needs. */
  #shrink(): void {
    if (this.#servers.size <= MAX_KEPT) return;
    for (const [key, held] of this.#servers) {
      if (this.#servers.size <= MAX_KEPT) return;
      if (this.#isPinned(key)) continue;
      this.#servers.delete(key);
      held.then((pooled) => this.#retire(pooled)).catch(() => {});
    }
  }

  #isPinned(key: string): boolean {
    const session = this.#audience.client(key.slice(1));
    return session?.isBusy === true;
  }
}

const keyOfSession = ({ contextId }: LiveSession) => `s${contextId}`;

/** The session's id; the principal and its `:params`; nothing for an anonymous request. */
function keyOf(client: Client, exchange: Exchange | undefined): string | undefined {
  if (client instanceof LiveSession) return keyOfSession(client);
  if (client.principal === undefined) return undefined;
  return `p${JSON.stringify([client.principal, exchange?.params])}`;
}

function contextOf(client: Client, exchange: Exchange): FactoryContext {
  const { authInfo, principal, headers, params } = exchange;
  return {
    authInfo,
    principal,
    sessionId: client instanceof LiveSession ? client.contextId : undefined,
    clientInfo: client.identity?.clientInfo,
    capabilities: client.identity?.capabilities,
    headers,
    era: 'legacy',
    params,
  };
}

/** The handshake that a session's record holds; without a session the client's is not known. */
function handshakeOf({ identity }: Client): Params {
  return {
    protocolVersion: identity?.version ?? LEGACY_VERSIONS[0],
    capabilities: identity?.capabilities ?? EVERY_CAPABILITY,
    clientInfo: identity?.clientInfo ?? { name: 'unknown', version: '0' },
  };
}

function audienceOf(client: Client, endpoint: SessionAudience): Audience {
  if (!(client instanceof LiveSession)) {
    return { tellAll: () => {}, tellSubscribers: () => {}, client: () => undefined };
  }
  const { contextId } = client;
  const own = () => endpoint.client(contextId);
  return {
    tellAll: (_method, json) => void own()?.standalone?.send(json),
    tellSubscribers: (uri, json) => {
      const session = own();
      if (session?.record.subscriptions?.has(uri)) endpoint.tellSubscriber(session, uri, json);
    },
    client: (id) => (id === contextId ? own() : undefined),
  };
}

/** Brings a server that is built anew to where the session was. */
async function replay(server: Multiplexer, session: LiveSession): Promise<void> {
  const { phase, logLevel } = session.record;
  if (phase === 'handshake') return;
  server.notify({ jsonrpc: '2.0', method: 'notifications/initialized' }, session);
  if (logLevel !== undefined && server.handles('logging/setLevel')) {
    const params = { level: logLevel };
    await server.ask({ jsonrpc: '2.0', id: 0, method: 'logging/setLevel', params }, session);
  }
  session.roaming?.told.clear();
  await followHere(server, session);
}

function refuseReuse(server: ConnectableServer): void {
  if (!isServer(server)) {
    throw new OptionError(
      `server factory: expected it to return an MCP server, got ${typeof server}. Return \`new McpServer(…)\`.`,
    );
  }
  const inner = innerServer(server);
  if (!inUse.has(inner) && inner.transport === undefined) return;
  throw new McpRouterError(
    'ERR_MCP_SERVER_CONNECTED',
    'server factory: expected a new server for each client, got one that is in use. Create it inside the factory, or pass the server itself.',
  );
}
