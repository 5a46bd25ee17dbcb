/**
 * What the clients of one system did and read, in order, for a checker that knows nothing else.
 *
 * Every payload that belongs to a session carries its nonce, `nonce-` and letters or digits; so a payload
 * that went astray tells on itself.
 *
 * Knows: what can be written down. Does not know: what is right; `history-rules.ts` does.
 *
 * @module
 */
import type { Message } from '../support/inbox.js';

type RequestId = string | number;

/** A client's handshake was answered. */
interface Opened {
  readonly what: 'opened';
  readonly session: string;
}

/** A connection was answered: with a status that is no stream, a JSON body, or a stream. */
interface Connected {
  readonly what: 'connected';
  readonly connection: string;
  readonly session: string;
  readonly status: number;
  /** The requests that a POST carried. */
  readonly requests?: readonly RequestId[];
  /** The event id that a GET named. */
  readonly after?: string;
}

/** One event, or a JSON body. */
export interface Read {
  readonly what: 'read';
  readonly connection: string;
  readonly id?: string;
  /** A gap, without an id: how many events are missing here, if that is known. */
  readonly gap?: number | 'unknown';
  readonly message?: Message;
}

/** A connection was ended by the server, given up by the client, or broken by a fault in between. */
export interface Ended {
  readonly what: 'ended';
  readonly connection: string;
  readonly by: 'server' | 'client' | 'fault';
}

/** The server has handed over the response to a request. */
interface Sent {
  readonly what: 'sent';
  readonly session: string;
  readonly request: RequestId;
}

/** The server has confirmed a cancellation. */
interface Cancelled {
  readonly what: 'cancelled';
  readonly session: string;
  readonly request: RequestId;
}

/** A client is about to answer a question, its own or another's. */
interface Answered {
  readonly what: 'answered';
  readonly session: string;
  readonly question: RequestId;
  readonly content: string;
}

/** A handler that asked on behalf of a session has its answer. */
interface Heard {
  readonly what: 'heard';
  readonly session: string;
  readonly content: string;
}

/** The server has confirmed the end of a session. */
interface Deleted {
  readonly what: 'deleted';
  readonly session: string;
}

export type Entry =
  | Opened
  | Connected
  | Read
  | Ended
  | Sent
  | Cancelled
  | Answered
  | Heard
  | Deleted;

/** All that was read on one connection, and its place in the history. */
export interface Conversation extends Connected {
  readonly at: number;
  readonly reads: (Read & { readonly at: number })[];
  /** Undefined while the connection is open. */
  end: { readonly at: number; readonly by: Ended['by'] } | undefined;
}

/** The place that an event id names. */
export interface Place {
  readonly stream: string;
  readonly position: number;
}

/** Reads `<stream>.<epoch>.<position>` of a log that counts its events; undefined for anything else. */
export function placeOf(id: string | undefined): Place | undefined {
  const [, stream, position] = /^(\w+\.[\w-]+)\.(\d+)$/.exec(id ?? '') ?? [];
  return stream === undefined ? undefined : { stream, position: Number(position) };
}

/** The id of the request that a message answers. */
export const answeredBy = ({ id, method }: Message): RequestId | undefined =>
  method === undefined ? id : undefined;

/** The connections of a history, in the order in which they were answered. */
export function conversationsIn(history: readonly Entry[]): Conversation[] {
  const byKey = new Map<string, Conversation>();
  history.forEach((entry, at) => {
    if (entry.what === 'connected') {
      byKey.set(entry.connection, { ...entry, at, reads: [], end: undefined });
    }
    if (entry.what === 'read') byKey.get(entry.connection)?.reads.push({ ...entry, at });
    if (entry.what === 'ended') {
      const conversation = byKey.get(entry.connection);
      if (conversation !== undefined) conversation.end = { at, by: entry.by };
    }
  });
  return [...byKey.values()];
}
