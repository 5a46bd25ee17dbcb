/**
 * Streams are handed over to other instances while their calls go on here.
 *
 * Knows: which connections are closed. Does not know: where their clients go.
 *
 * @module
 */
import type { EndpointParts } from './parts.js';

/** Clients do not come back all at once: each waits for a time of up to this, milliseconds. */
const MAX_RETRY_MS = 500;

/** Closes the connection of every client that will come back for the rest of what it reads. */
export function handOff({ lifecycle, sessions }: EndpointParts): void {
  for (const { port } of lifecycle.running) port.closeConnection?.(soon());
  for (const session of sessions.live) if (session.listensHere) session.standalone?.close(soon());
}

const soon = (): number => Math.floor(Math.random() * MAX_RETRY_MS);
