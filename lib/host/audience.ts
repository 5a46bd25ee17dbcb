/**
 * The clients that one server can speak to on its own account.
 *
 * Knows: nothing but the questions a server's router asks; endpoints answer them.
 *
 * @module
 */
import type { Client } from './client.js';
import type { EventStream } from './event-stream.js';

/** The clients of one endpoint, or of one session's own server. */
export interface Audience {
  /** Every session's GET stream: where `list_changed` goes. */
  streams(): Iterable<EventStream>;
  /** Clients that subscribed to a resource. */
  subscribers(uri: string): Iterable<Client>;
  /** The client that a server knows by this `sessionId`, while it is connected or has calls. */
  client(contextId: string): Client | undefined;
}
