/**
 * The clients that one server can speak to on its own account.
 *
 * Knows: nothing but what a server's router asks; endpoints answer.
 *
 * @module
 */
import type { Client } from './client.js';
import type { LiveSession } from './live-session.js';

/** The clients of one endpoint, or of one session's own server. */
export interface Audience {
  /** Tells every session: where `list_changed` goes. */
  tellAll(method: string, json: string): void;
  /** Tells the clients that subscribed to a resource, as far as they may know. */
  tellSubscribers(uri: string, json: string): void;
  /** The client that a server knows by this `sessionId`, while it is connected or has calls. */
  client(contextId: string): Client | undefined;
}

/** The clients of one endpoint, told apart: what the audience of one session's own server is made of. */
export interface SessionAudience extends Audience {
  client(contextId: string): LiveSession | undefined;
  /** Tells one session of a resource that it follows, wherever its client listens. */
  tellSubscriber(session: LiveSession, uri: string, json: string): void;
}
