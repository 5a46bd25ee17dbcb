/**
 * Framing of server-sent events.
 *
 * Knows: the lines of an event. Does not know: sockets, streams, what the data means.
 *
 * @see {@link https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation WHATWG HTML §9.2.6}
 *
 * @module
 */

/** One JSON message; JSON never holds a raw line break, so one `data` line is enough. */
export const messageEvent = (json: string, id?: string): string =>
  id === undefined
    ? `event: message\ndata: ${json}\n\n`
    : `id: ${id}\nevent: message\ndata: ${json}\n\n`;

/**
 * An id to resume from before anything was sent, and how long to wait before that.
 *
 * Its data is empty: clients of revisions before 2025-11-25 would read it as JSON (SEP-1699).
 */
export const primingEvent = (id: string, retryMs: number): string =>
  `id: ${id}\nretry: ${retryMs}\ndata: \n\n`;

/** How long a client waits before it connects again, sent before a connection is closed early. */
export const retryField = (retryMs: number): string => `retry: ${retryMs}\n\n`;

/** Says that events are missing here; `count` when it is known. Not a message: clients may pass over it. */
export const gapEvent = (count: number | undefined): string =>
  `event: gap\ndata: ${JSON.stringify({ reason: 'events_lost', count })}\n\n`;

/** Where a client of HTTP+SSE posts its messages (2024-11-05 transports §HTTP with SSE). */
export const endpointEvent = (path: string): string => `event: endpoint\ndata: ${path}\n\n`;

/** A line that every parser ignores; it keeps proxies from closing a quiet connection. */
export const KEEP_ALIVE = ': keep-alive\n\n';

/** Headers of every event stream: no cache, no compression, no proxy buffering. */
export const SSE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
};
