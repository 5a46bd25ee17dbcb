/**
 * A network that can be lost: TCP connections through it are cut like a cable.
 *
 * @module
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What lies between a client and a server. */
export interface Cable {
  /** The server's URL by way of the cable. */
  readonly url: URL;
  /** Breaks every connection, and those that are tried from now on. */
  cut(): void;
  /** Lets new connections through again. */
  mend(): void;
  /** Takes the cable away. */
  remove(): void;
}

/** Lays a cable to a server on this machine. */
export async function cableTo(server: URL): Promise<Cable> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const relay = createServer((near) => {
    if (isCut) return void near.resetAndDestroy();
    const far = connect(Number(server.port), server.hostname);
    near.pipe(far).pipe(near);
    for (const [socket, other] of [[near, far] as const, [far, near] as const]) {
      sockets.add(socket);
      // A connection that was cut ends with an error on either side.
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const url = new URL(server);
  url.port = String((relay.address() as AddressInfo).port);
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const mend = () => {
    isCut = false;
  };
  const remove = () => {
    cut();
    relay.close();
  };
  return { url, cut, mend, remove };
}
