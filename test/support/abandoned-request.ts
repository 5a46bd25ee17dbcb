/**
 * A client that closes its connection before it has sent all it promised.
 *
 * Knows: sockets. Does not know: MCP.
 *
 * @module
 */
import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';

/** Sends headers and the start of a body, then hangs up; resolves when the connection is closed. */
export async function abandonedRequest(
  url: string,
  headers: OutgoingHttpHeaders,
  start: string,
  method = 'POST',
): Promise<'gone'> {
  const request = httpRequest(url, { method, headers, agent: false });
  request.on('error', () => {});
  const gone = new Promise<'gone'>((resolve) => request.once('close', () => resolve('gone')));
  await new Promise<void>((resolve) => request.write(start, () => resolve()));
  request.destroy();
  return gone;
}
