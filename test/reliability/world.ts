/**
 * One endpoint in a real app, and the clients that it serves: what a model is held against.
 *
 * Knows: how the endpoint is set up, and when it has noticed what clients did.
 * Does not know: what should come of it.
 *
 * @module
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import express from 'express';
import {
  type EventLog,
  type McpRouter,
  mcpRouter,
  memoryEventStore,
  type Store,
} from 'express-mcp-router';
import { login } from '../support/login.js';
import { type AgingStore, agingStore } from './aging-store.js';
import { delayedLog, delays } from './delays.js';
import type { Entry } from './history.js';
import { type Puppet, Puppets } from './puppets.js';
import {
  CONNECTION_HEADER,
  type Connection,
  RecordingWire,
  type Sender,
  type Sending,
} from './recording-wire.js';

/** How the endpoint is built. */
export interface Setup {
  /** Session ids hold the handshake and can be woken. */
  readonly isSealed: boolean;
  /** A server for each session. */
  readonly isFactory: boolean;
  /** Seed of the stores' delays; undefined for stores that answer at once. */
  readonly delays: number | undefined;
  readonly responseMode: 'auto' | 'sse';
  readonly maxEvents: number;
}

/** Breaks what the endpoint stands on. */
export interface Sabotage {
  log?(log: EventLog): EventLog;
  store?(store: Store): Store;
}

/** A session that nobody used for so long is idle. */
export const IDLE_MS = 60_000;

const SECRET = 'a key that is long enough for every one of us';
/** Nothing that a run does by the clock happens by itself. */
const NEVER_MS = 2_000_000_000;
/** Something that has not happened after so many turns and so much time does not happen. */
const PATIENCE = { turns: 5_000, ms: 1_000 };
/** Turns in which slow stores have done all that was asked of them. */
const QUIET_TURNS = 100;

export class World {
  readonly history: Entry[] = [];
  /** Session ids, by nonce. */
  readonly sessionIds = new Map<string, string>();
  /** What the event ids of a stream begin with, by the stream's key in the model. */
  readonly idPrefixes = new Map<string, string>();
  /** What askers have heard, by the question's label. */
  readonly outcomes = new Map<string, string>();
  readonly #connections = new Map<string, Connection>();
  readonly #setup: Setup;
  readonly #router: McpRouter;
  readonly #web: Server;
  readonly #wire: RecordingWire;
  readonly #puppets = new Puppets();
  readonly #aging: AgingStore;
  /** Connections that the server has seen the end of. */
  readonly #closed = new Set<string>();

  private constructor(setup: Setup, { log: breakLog, store: breakStore }: Sabotage) {
    this.#setup = setup;
    const delay = setup.delays === undefined ? undefined : delays(setup.delays);
    this.#aging = agingStore(delay);
    const memory = memoryEventStore({ maxEventsPerStream: setup.maxEvents });
    const log = breakLog?.(memory) ?? memory;
    const create = () => this.#puppets.create();
    const createLater = delay === undefined ? create : () => delay(create);
    this.#router = mcpRouter(setup.isFactory ? createLater : create(), {
      store: breakStore?.(this.#aging.store) ?? this.#aging.store,
      eventStore: delay === undefined ? log : delayedLog(log, delay),
      responseMode: setup.responseMode,
      upgradeAfterMs: NEVER_MS,
      keepAliveMs: NEVER_MS,
      session: { idleMs: IDLE_MS },
      limits: { askMs: NEVER_MS },
      ...(setup.isSealed && { secret: SECRET }),
    });
    const app = express().use((req, res, next) => {
      res.once('close', () => this.#closed.add(req.get(CONNECTION_HEADER) ?? ''));
      next();
    });
    this.#web = createServer(app.use(login, this.#router));
    this.#wire = new RecordingWire(this.history);
  }

  static async open(setup: Setup, sabotage: Sabotage = {}): Promise<World> {
    const world = new World(setup, sabotage);
    world.#web.listen(0, '127.0.0.1');
    await once(world.#web, 'listening');
    return world;
  }

  /** Sends a request; its connection goes by this name. */
  send(key: string, sender: Sender, sending: Sending): Connection {
    const { port } = this.#web.address() as AddressInfo;
    const connection = this.#wire.send(`http://127.0.0.1:${port}/mcp`, key, sender, sending);
    this.#connections.set(key, connection);
    return connection;
  }

  connection(key: string): Connection {
    const connection = this.#connections.get(key);
    if (connection === undefined) throw new Error(`${key} was never opened`);
    return connection;
  }

  /** The call of this label, as soon as it has begun. */
  async puppet(label: string): Promise<Puppet> {
    await until(() => this.#puppets.find(label) !== undefined, `${label} has begun`);
    return this.#puppets.find(label) as Puppet;
  }

  /** Tells every client that the tools are others. */
  changeTools(): void {
    this.#router.mcp.notify.toolsChanged();
  }

  /** Ends a session from the server's side. */
  closeSession(id: string): Promise<boolean> {
    return this.#router.mcp.sessions.close(id);
  }

  /** Lets all sessions that nobody uses grow idle. */
  age(): void {
    this.#aging.pass(IDLE_MS);
  }

  /** The connection as it is named, once it was answered. */
  async answered(key: string): Promise<Connection> {
    const connection = this.connection(key);
    await until(() => connection.status !== undefined, `${key} is answered`);
    return connection;
  }

  /** Both sides know that this connection is over. */
  async ended(key: string): Promise<void> {
    const connection = this.connection(key);
    await until(() => connection.isEnded, `${key} has ended`);
    await this.noticed(key);
  }

  /** The server knows that this connection is over. */
  async noticed(key: string): Promise<void> {
    await until(() => this.#closed.has(key), `the server has seen the end of ${key}`);
    await this.quiet();
  }

  /** What the server does by itself is done. */
  async quiet(): Promise<void> {
    const turns = this.#setup.delays === undefined ? 4 : QUIET_TURNS;
    for (let nth = 0; nth < turns; nth += 1) await turn();
  }

  async close(): Promise<void> {
    this.#wire.close();
    await this.#router.mcp.close();
    this.#web.closeAllConnections();
    await new Promise((resolve) => this.#web.close(resolve));
  }
}

/**
 * Waits for something that happens in this process.
 *
 * Counts turns as well as time, so that a machine that is busy elsewhere is no fault.
 */
export async function until(isMet: () => boolean, what: string | (() => string)): Promise<void> {
  const began = performance.now();
  for (let turns = 0; !isMet(); turns += 1) {
    if (turns > PATIENCE.turns && performance.now() - began > PATIENCE.ms) {
      throw new Error(`expected: ${typeof what === 'string' ? what : what()}`);
    }
    await turn();
  }
}
