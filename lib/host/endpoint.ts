/**
 * One MCP endpoint: everything behind its URL.
 *
 * Knows: its parts and its life. Does not know: HTTP objects, how it was configured.
 *
 * @module
 */
import { McpRouterError, type McpRouterErrorCode } from '../errors.js';
import type { Exchange, Reply } from './exchange.js';
import { handOff } from './hand-off.js';
import type { Later } from './later.js';
import { LegacyEra } from './legacy-era.js';
import { LegacySse } from './legacy-sse.js';
import { DEFAULT_DEADLINE_MS, type DrainOptions } from './lifecycle.js';
import type { EndpointParts } from './parts.js';
import { changedJson } from './resync.js';
import type { Sessions } from './sessions.js';

/** One thing that an endpoint needs. */
export interface ReadinessCheck {
  readonly name: 'accepting' | 'server' | 'store' | 'discovery';
  readonly ok: boolean;
  /** What is wrong; with `ok: true`, what may be. */
  readonly detail?: string;
  /** Code of the error behind `detail`, if it is one of ours. */
  readonly code?: McpRouterErrorCode;
}

/** Whether an endpoint can serve, and why not. */
export interface Readiness {
  readonly ready: boolean;
  /** One line per thing that was looked at. */
  readonly checks: readonly ReadinessCheck[];
}

/** The sessions of an endpoint, for its operator. */
export interface EndpointSessions {
  /** Sessions kept now. */
  count(): Promise<number>;
  /** Ends a session for good; false when there is none with this id. */
  close(id: string): Promise<boolean>;
}

/** Notifications to every client of an endpoint. */
export interface EndpointNotify {
  toolsChanged(): void;
  promptsChanged(): void;
  resourcesChanged(): void;
  /** Told to the clients that subscribed to `uri`. */
  resourceUpdated(uri: string): void;
}

export class Endpoint {
  readonly sessions: EndpointSessions;
  readonly notify: EndpointNotify;
  /** The deprecated transport beside the endpoint: the same server, sessions and limits. */
  readonly legacySse: LegacySse;
  readonly #parts: EndpointParts;
  readonly #legacy: LegacyEra;

  constructor(parts: EndpointParts) {
    this.#parts = parts;
    this.#legacy = new LegacyEra(parts);
    this.legacySse = new LegacySse(parts);
    const { sessions, source } = parts;
    this.sessions = {
      count: async () => sessions.count(),
      close: (id) => sessions.endById(id),
    };
    this.notify = {
      toolsChanged: () => {
        source.toolsChanged();
        tellAll(sessions, 'notifications/tools/list_changed');
      },
      promptsChanged: () => tellAll(sessions, 'notifications/prompts/list_changed'),
      resourcesChanged: () => tellAll(sessions, 'notifications/resources/list_changed'),
      resourceUpdated: (uri) =>
        sessions.live.tellSubscribers(uri, changedJson('notifications/resources/updated', uri)),
    };
  }

  /** Answers one exchange; never throws or rejects. */
  handle(exchange: Exchange, reply: Reply): Later<void> {
    this.#parts.peers?.start();
    return this.#legacy.handle(exchange, reply);
  }

  /** Connects the server if it is not connected yet, and tells whether requests can be served. */
  async ready(): Promise<Readiness> {
    const { lifecycle, source, peers } = this.#parts;
    const isOpen = lifecycle.phase === 'open';
    const checks: ReadinessCheck[] = [
      { name: 'accepting', ok: isOpen, ...(!isOpen && { detail: lifecycle.phase }) },
      await checkOf('server', source.ready()),
    ];
    if (peers !== undefined) checks.push(await checkOf('store', peers.ready()));
    return { ready: checks.every(({ ok }) => ok), checks };
  }

  /**
   * Turns `/readyz` red, refuses new requests, hands streams over to other instances if there are any, waits
   * for running calls, ends the rest.
   */
  async drain(options: DrainOptions = {}): Promise<void> {
    const { lifecycle, streams, peers } = this.#parts;
    const isShared = peers !== undefined;
    const { delayMs = 0, deadlineMs = DEFAULT_DEADLINE_MS } = options;
    const until = performance.now() + delayMs + deadlineMs;
    await lifecycle.drain(options, isShared ? () => handOff(this.#parts) : undefined);
    const leftMs = Math.max(0, until - performance.now());
    await streams.finished(isShared ? FLUSH_MS : Math.min(FETCH_MS, leftMs));
  }

  /** Ends every call with `shutting_down`, every stream and every session; then the server. */
  async close(): Promise<void> {
    const { lifecycle, sessions, source, streams, absent, peers } = this.#parts;
    const { closeStore, logger } = this.#parts;
    lifecycle.phase = 'closed';
    lifecycle.failRunning();
    absent.clear();
    this.legacySse.close();
    sessions.live.close();
    await source.close();
    // What cannot be told to a store that is out of reach does not keep the process.
    for (const end of [() => streams.close(), () => peers?.leave(), closeStore]) {
      try {
        await end();
      } catch (error) {
        logger.warn({ err: error }, 'the store could not be told that the endpoint is closed');
      }
    }
  }
}

/** How long the ends of streams may take to be kept, milliseconds. */
const FLUSH_MS = 2_000;
/** How long clients may take to fetch them, where they are kept in this process alone, milliseconds. */
const FETCH_MS = 5_000;

async function checkOf(
  name: ReadinessCheck['name'],
  works: Promise<void>,
): Promise<ReadinessCheck> {
  try {
    await works;
    return { name, ok: true };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const code = error instanceof McpRouterError ? error.code : undefined;
    return { name, ok: false, detail, ...(code && { code }) };
  }
}

const tellAll = (sessions: Sessions, method: string): void =>
  sessions.live.tellAll(method, changedJson(method));
