/**
 * A session's GET stream, as those see it who have something to say on it.
 *
 * Knows: nothing but the questions. `event-stream.ts` answers them where one instance serves the session,
 * `roaming-stream.ts` where several do.
 *
 * @module
 */
import type { Position } from '../events/port.js';
import type { Resumed } from './event-stream.js';
import type { EventSink } from './exchange.js';
import type { Later } from './later.js';

export interface Standalone {
  /** True while its client reads it here. */
  readonly isConnected: boolean;
  /** True while what is sent reaches the client, now or when it comes back, here or elsewhere. */
  readonly isOpen: boolean;
  /** Sends a message; never rejects. */
  send(json: string): Later<void>;
  /** Closes the connection and not the stream; the client comes back after `retryMs`. */
  close(retryMs?: number): void;
  /** Nothing more is sent from here. */
  end(): Later<void>;
}

/** The same for those who give it its connections. */
export interface ListenedStream extends Standalone {
  /** Gives it a connection, from now on; a second one takes the place of the first. */
  connect(sink: EventSink): Later<void>;
  /** Gives it the connection of a client that has read up to `after`, and writes what it missed. */
  resume(after: Position, open: () => EventSink): Promise<Resumed>;
  /** The connection is gone. */
  disconnect(sink: EventSink): void;
  /** Says that events are gone; nobody knows how many. */
  tellGap(): void;
}
