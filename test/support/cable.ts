/**
 * A network that can be lost: a TCP connection through it is cut like a cable.
 *
 * Knows: sockets. Does not know: HTTP.
 *
 * @module
 */
import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** What lies between a client and a server. */
export interface Cable {
  /** The server's URL by way of the cable. */
  readonly url: URL;
  /** Breaks every connection, and those that are tried from now on. */
  cut(): void;
  /** Lets new connections through again. */
  mend(): void;
}

/** Lays a cable to a server on loopback, until the running test ends. */
export async function cableTo(server: URL): Promise<Cable> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // Cut connections end with an error on either side.
    socket.on('error', () => {});
  };
  const relay = createServer((near) => {
    keep(near);
    if (isCut) return void near.resetAndDestroy();
    const far = connect(Number(server.port), server.hostname);
    keep(far);
    near.pipe(far).pipe(near);
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
  });
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const mend = () => {
    isCut = false;
  };
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    cut();
    relay.close();
  });
  const url = new URL(server);
  url.port = String((relay.address() as { port: number }).port);
  return { url, cut, mend };
}
