/**
 * A reverse proxy that strips a prefix, as `proxy_pass` with a path does.
 *
 * Knows: HTTP. Does not know: what is behind it.
 *
 * @module
 */
import { request as httpRequest } from 'node:http';
import { listen } from './listen.js';

/** A front that cuts `prefix` off every path before it passes the request on; returns its origin. */
export async function strippingFront(prefix: string, inner: () => string): Promise<string> {
  return listen((incoming, outgoing) => {
    const { method, headers, url = '/' } = incoming;
    const path = url.startsWith(prefix) ? url.slice(prefix.length) || '/' : url;
    const passedOn = httpRequest(inner(), { method, headers, path }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      outgoing.flushHeaders();
      answer.pipe(outgoing);
    });
    passedOn.once('error', () => outgoing.destroy());
    outgoing.once('close', () => passedOn.destroy());
    incoming.pipe(passedOn);
  });
}
