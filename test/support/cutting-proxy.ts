/**
 * A network that breaks: cuts connections in the middle of event streams, at places that a seed decides.
 *
 * Only what an MCP client can survive is cut: an event stream, after its first event.
 *
 * Knows: TCP, and where an event stream begins in the bytes. Does not know: MCP.
 *
 * @module
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A running proxy. */
export interface CuttingProxy {
  readonly origin: string;
  /** Connections cut so far. */
  cuts(): number;
  close(): Promise<void>;
}

/** How often and where it cuts. */
export interface Cutting {
  /** Numbers from 0 to 1, 1 excluded. */
  random(): number;
  /** How many of the streams are cut, 0 to 1. */
  readonly share: number;
  /** A stream is cut within so many bytes after its first event. */
  readonly withinBytes: number;
}

/** A seeded source of numbers (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Stands between clients and the server at `target`, an origin of this machine. */
export async function cuttingProxy(target: string, cutting: Cutting): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    const scissors = new Scissors(cutting);
    client.on('data', (bytes) => upstream.write(bytes));
    client.on('close', end);
    upstream.on('close', end);
    upstream.on('data', (bytes) => {
      const pass = scissors.pass(bytes);
      if (pass > 0) client.write(bytes.subarray(0, pass));
      if (pass === bytes.length) return;
      cuts += 1;
      // The client has what was passed before it learns that the connection is gone.
      client.end(() => end());
      upstream.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cuts: () => cuts,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Finds the place in one connection's bytes. */
class Scissors {
  readonly #cutting: Cutting;
  #phase: 'headers' | 'first event' | 'counting' | 'spared' = 'headers';
  #left = 0;

  constructor(cutting: Cutting) {
    this.#cutting = cutting;
  }

  /** How many of these bytes pass; all of them unless the connection is cut here. */
  pass(bytes: Buffer): number {
    const text = bytes.toString('latin1');
    let at = 0;
    if (this.#phase === 'headers') {
      const began = text.indexOf('text/event-stream');
      if (began === -1) return bytes.length;
      at = began;
      this.#phase = 'first event';
    }
    if (this.#phase === 'first event') {
      const ended = text.indexOf('\n\n', at);
      if (ended === -1) return bytes.length;
      at = ended + 2;
      this.#decide();
    }
    if (this.#phase !== 'counting') return bytes.length;
    if (bytes.length - at < this.#left) {
      this.#left -= bytes.length - at;
      return bytes.length;
    }
    return at + this.#left;
  }

  #decide(): void {
    const { random, share, withinBytes } = this.#cutting;
    this.#phase = random() < share ? 'counting' : 'spared';
    this.#left = Math.floor(random() * withinBytes);
  }
}
