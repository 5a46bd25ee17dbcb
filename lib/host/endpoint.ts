/**
 * One MCP endpoint: everything behind its URL.
 *
 * Knows: its parts and its life. Does not know: HTTP objects, how it was configured.
 *
 * @module
 */
import type { Exchange, Reply } from './exchange.js';
import type { Later } from './later.js';
import { LegacyEra } from './legacy-era.js';
import type { DrainOptions } from './lifecycle.js';
import type { EndpointParts } from './parts.js';

/** Whether an endpoint can serve, and why not. */
export interface Readiness {
  readonly ready: boolean;
  /** One line per thing that was looked at. */
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly detail?: string;
  }[];
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
  readonly #parts: EndpointParts;
  readonly #legacy: LegacyEra;

  constructor(parts: EndpointParts) {
    this.#parts = parts;
    this.#legacy = new LegacyEra(parts);
    const { sessions, source } = parts;
    this.sessions = {
      count: async () => sessions.count(),
      close: (id) => sessions.end(id),
    };
    this.notify = {
      toolsChanged: () => source.broadcast('notifications/tools/list_changed'),
      promptsChanged: () => source.broadcast('notifications/prompts/list_changed'),
      resourcesChanged: () => source.broadcast('notifications/resources/list_changed'),
      resourceUpdated: (uri) => source.broadcast('notifications/resources/updated', { uri }),
    };
  }

  /** Answers one exchange; never throws or rejects. */
  handle(exchange: Exchange, reply: Reply): Later<void> {
    return this.#legacy.handle(exchange, reply);
  }

  /** Connects the server if it is not connected yet, and tells whether requests can be served. */
  async ready(): Promise<Readiness> {
    const { lifecycle, source } = this.#parts;
    const isOpen = lifecycle.phase === 'open';
    const checks: { name: string; ok: boolean; detail?: string }[] = [
      { name: 'accepting', ok: isOpen, ...(!isOpen && { detail: lifecycle.phase }) },
    ];
    try {
      await source.ready();
      checks.push({ name: 'server', ok: true });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      checks.push({ name: 'server', ok: false, detail });
    }
    return { ready: checks.every(({ ok }) => ok), checks };
  }

  /** Turns `/readyz` red, refuses new requests, waits for running calls, ends the rest. */
  async drain(options: DrainOptions = {}): Promise<void> {
    await this.#parts.lifecycle.drain(options);
  }

  /** Ends every call with `shutting_down`, every stream and every session; then the server. */
  async close(): Promise<void> {
    const { lifecycle, sessions, source } = this.#parts;
    lifecycle.phase = 'closed';
    lifecycle.failRunning();
    await sessions.close();
    await source.close();
  }
}
