/**
 * Sessions that are busy here do not become idle in a store that cannot see it.
 *
 * Knows: when to tell the store. Does not know: what keeps a session busy.
 *
 * @module
 */
import type { SharedSessions } from '../store/port.js';
import type { LiveSession } from './live-session.js';
import type { Sessions } from './sessions.js';

/** Sessions are renewed at least this often, milliseconds: it is how late the end of one may be noticed. */
const LONGEST_MS = 60_000;

export class Renewal {
  readonly #sessions: Sessions;
  readonly #shared: SharedSessions;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(sessions: Sessions, shared: SharedSessions, idleMs: number) {
    this.#sessions = sessions;
    this.#shared = shared;
    this.#everyMs = Math.min(LONGEST_MS, Math.ceil(idleMs / 4));
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#renew(), this.#everyMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** The store has lost what it knew: tells it again of every session that is not idle. */
  restore(): void {
    this.#each((session) => this.#sessions.restore(session));
  }

  #renew(): void {
    this.#each(async (session) => {
      if (!(await this.#shared.renew(session.record))) await this.#sessions.restore(session);
    });
  }

  #each(tell: (session: LiveSession) => Promise<void>): void {
    for (const session of this.#sessions.live) {
      if (!session.isIdle) void this.#tellOf(session, tell);
    }
  }

  async #tellOf(
    session: LiveSession,
    tell: (session: LiveSession) => Promise<void>,
  ): Promise<void> {
    try {
      await tell(session);
    } catch {
      // An outage ends no session; the next turn tries again.
    }
  }
}
