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
export const messageEvent = (json: string): string => `event: message\ndata: ${json}\n\n`;

/** A line that every parser ignores; it keeps proxies from closing a quiet connection. */
export const KEEP_ALIVE = ': keep-alive\n\n';

/** Headers of every event stream: no cache, no compression, no proxy buffering. */
export const SSE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
};
