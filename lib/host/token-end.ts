/**
 * The end of a token, while a client listens.
 *
 * Knows: `expiresAt` and timers. Does not know: what is sent on a connection, who verifies tokens.
 *
 * @module
 */
import type { EventSink, Exchange, Reply } from './exchange.js';

const MAX_TIMER_MS = 2_147_483_647;

/** Ends a connection that a client listens on when the token that opened it expires. */
export function endWithToken({ authInfo }: Exchange, reply: Reply, sink: EventSink): void {
  const { expiresAt } = authInfo ?? {};
  if (expiresAt === undefined) return;
  const leftMs = Math.min(Math.max(0, expiresAt * 1_000 - Date.now()), MAX_TIMER_MS);
  const timer = setTimeout(() => sink.end(), leftMs);
  timer.unref();
  reply.onAbort(() => clearTimeout(timer));
}
