/**
 * GET: a session's standalone stream, or the rest of a stream that broke off.
 *
 * Knows: `Last-Event-ID` and what becomes of a connection. Does not know: how events are kept.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery Resumability}
 *
 * @module
 */
import { REFUSALS } from '../protocol/refusals.js';
import { SSE_HEADERS } from '../protocol/sse.js';
import type { Resumed } from './event-stream.js';
import type { EventSink, Exchange, Reply } from './exchange.js';
import type { LiveSession } from './live-session.js';
import type { EndpointParts } from './parts.js';
import { refuse } from './refuse.js';
import { resync } from './resync.js';
import type { Lease } from './server-source.js';
import type { Standalone } from './standalone.js';
import type { Found } from './streams.js';
import { sendUpdate } from './subscriptions.js';
import { endWithToken } from './token-end.js';

/** A GET that is let in. */
export interface Listener {
  readonly parts: EndpointParts;
  readonly session: LiveSession;
  readonly exchange: Exchange;
  readonly reply: Reply;
}

/** Names the event up to which the client has read a stream; undefined when it wants a new one. */
function eventIdIn({ headers }: Exchange): string | undefined {
  const value = [headers['last-event-id'] ?? ''].flat().join(', ');
  return value === '' ? undefined : value;
}

/** True for a GET that asks for the rest of a stream. */
export const isResuming = (exchange: Exchange): boolean => eventIdIn(exchange) !== undefined;

/** Opens the session's standalone stream, or resumes the stream that the client names. */
export async function listen(listener: Listener): Promise<void> {
  const { parts, session, exchange, reply } = listener;
  const eventId = eventIdIn(exchange);
  if (eventId === undefined) return openStandalone(listener, false);
  const found = await parts.streams.find(session, eventId).catch(unreadable(listener));
  if (found === 'unreadable') return refuse(reply, REFUSALS.storeUnavailable);
  if (found === undefined) return refuse(reply, REFUSALS.unknownEvent);
  if (found === 'lost') return openStandalone(listener, true);
  if (found.kind === 'standalone') return resumeStandalone(listener, found);
  await resume(listener, found);
  parts.streams.fetched(found.name);
}

/** The log is out of reach: neither the client's fault nor the end of its stream. */
function unreadable({ parts }: Listener) {
  return (error: unknown): 'unreadable' => {
    parts.logger.error({ err: error }, 'a stream could not be read');
    return 'unreadable';
  };
}

async function openStandalone(listener: Listener, isLost: boolean): Promise<void> {
  const { parts, session, exchange, reply } = listener;
  const lease = await leaseOf(listener);
  if (lease === undefined) return;
  const stream = parts.streams.standalone(session);
  const sink = reply.stream(SSE_HEADERS);
  reply.onAbort(() => {
    stream.disconnect(sink);
    leave(listener, stream, lease);
  });
  // A call outlives its token.
  endWithToken(exchange, reply, sink);
  hearOnly(listener);
  const connected = stream.connect(sink);
  session.attach(stream);
  parts.absent.delete(session);
  if (!isLost) return;
  await connected;
  stream.tellGap();
  lookAgain(stream, session, lease);
}

async function resumeStandalone(
  listener: Listener,
  found: Found & { readonly kind: 'standalone' },
): Promise<void> {
  const { stream, wasAway } = found;
  const { parts, session, exchange, reply } = listener;
  const lease = await leaseOf(listener);
  if (lease === undefined) return;
  session.attach(stream);
  parts.absent.delete(session);
  hearOnly(listener);
  const gone = () => leave(listener, stream, lease);
  const resumed = await resume(listener, found, gone, (sink) =>
    endWithToken(exchange, reply, sink),
  );
  if (resumed !== 'gap' && resumed !== 'connected') return gone();
  if (wasAway) stream.tellGap();
  if (wasAway || resumed === 'gap') lookAgain(stream, session, lease);
}

/** The session's server, held; undefined when the session has ended meanwhile, and the client knows. */
async function leaseOf({ parts, session, exchange, reply }: Listener): Promise<Lease | undefined> {
  const { sessions, source, peers } = parts;
  if (!sessions.isOver(session)) {
    const lease = await source.lease(session, exchange);
    try {
      await sessions.touch(session);
      await peers?.listenHere(session);
    } catch (error) {
      lease.release();
      throw error;
    }
    if (!sessions.isOver(session)) return lease;
    lease.release();
  }
  refuse(reply, REFUSALS.sessionNotFound);
  return undefined;
}

/** Replays; answers the request when there is nothing to replay, and then `gone` is not called. */
async function resume(
  listener: Listener,
  { stream, position }: Found,
  gone: () => void = () => {},
  opened: (sink: EventSink) => void = () => {},
): Promise<Resumed | 'unreadable'> {
  const { reply } = listener;
  const open = (): EventSink => {
    const sink = reply.stream(SSE_HEADERS);
    opened(sink);
    reply.onAbort(() => {
      stream.disconnect(sink);
      gone();
    });
    return sink;
  };
  const resumed = await stream.resume(position, open).catch(unreadable(listener));
  if (resumed === 'unreadable') refuse(reply, REFUSALS.storeUnavailable);
  if (resumed === 'unknown') refuse(reply, REFUSALS.unknownEvent);
  // Clients that reconnect whenever a stream ends stop at this status (WHATWG HTML §9.2.3).
  if (resumed === 'exhausted') reply.empty(204, { 'Content-Type': 'text/event-stream' });
  return resumed;
}

/** From now on the session hears what this caller may hear. */
function hearOnly({ parts: { access }, session, exchange }: Listener): void {
  if (access === undefined) return;
  const { authInfo, principal, params } = exchange;
  session.mayHear = (uri) => access.mayHear(uri, { authInfo, principal, params });
}

/** A standalone stream's connection is gone: the stream waits a while for the client to come back. */
function leave(
  { parts: { sessions, absent }, session }: Listener,
  stream: Standalone,
  lease: Lease,
): void {
  if (!stream.isConnected) {
    if (stream.isOpen && session.mayComeBack) absent.add(session);
    else session.detach();
  }
  sessions.leaveOff(session);
  lease.release();
}

/** The client cannot know what it missed: it is told to look at everything that may have changed. */
function lookAgain(stream: Standalone, session: LiveSession, { server }: Lease): void {
  resync({
    offers: (capability) => server.offers(capability, 'listChanged'),
    subscriptions: session.record.subscriptions ?? [],
    tell: (json, uri) => {
      if (uri === undefined) void stream.send(json);
      else sendUpdate(session, uri, json);
    },
  });
}
