/**
 * The answer to a request whose body is still coming, and will not be read.
 *
 * A connection that is closed with bytes unread is reset, and the reset overtakes the answer. So the
 * answer is sent whole, what still comes is thrown away for a while, and only then it is closed.
 *
 * Knows: sockets. Does not know: what the answer says.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9112#section-9.6 RFC 9112 §9.6}
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

const LINGER_MS = 2_000;
const LINGER_BYTES = 67_108_864;

/** Sends a whole answer, then closes the connection as soon as the client has stopped sending. */
export function answerAndClose(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  body: string,
): void {
  if (res.headersSent || res.destroyed) return;
  res.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  });
  res.write(body);
  let left = LINGER_BYTES;
  const end = () => {
    clearTimeout(timer);
    req.off('data', onData).off('end', end).off('close', end);
    res.end();
  };
  const onData = (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) end();
  };
  const timer = setTimeout(end, LINGER_MS);
  req.on('data', onData).once('end', end).once('close', end).resume();
}
