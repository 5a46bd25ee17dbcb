/**
 * The connections of one HTTP server, and how clients are moved off it without losing a request.
 *
 * A connection that is closed while it is idle can take a request with it that is on its way already. So
 * nothing is closed: every answer says `Connection: close`, and what stays idle ends by its time-out, which
 * clients were told of. Only streams that clients listen on (GET) have no end of their own.
 *
 * Knows: sockets and `node:http`. Does not know: MCP, why a server goes.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9112#section-9.6 RFC 9112 §9.6}
 *
 * @module
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

export class Connections {
  readonly #http: Server;
  readonly #open = new Set<Socket>();
  /** Those that a client listens on now. */
  readonly #listened = new Set<Socket>();
  #isLeaving = false;
  #look = () => {};

  constructor(http: Server) {
    this.#http = http;
    http.on('connection', (socket) => {
      this.#open.add(socket);
      socket.once('close', () => {
        this.#open.delete(socket);
        this.#listened.delete(socket);
        this.#look();
      });
    });
  }

  /** A request has come; called before anything is written. */
  track({ method, socket }: IncomingMessage, response: ServerResponse): void {
    if (this.#isLeaving) response.setHeader('Connection', 'close');
    if (method !== 'GET') return;
    this.#listened.add(socket);
    response.once('close', () => {
      this.#listened.delete(socket);
      this.#look();
    });
    this.#look();
  }

  /** Tells clients with every answer to use another connection the next time. */
  leave(): void {
    this.#isLeaving = true;
  }

  /** Takes no new connections; those that are there go on. `http.close()` would close the idle ones. */
  refuse(): void {
    NetServer.prototype.close.call(this.#http);
  }

  /** Resolves when no connection is left that could bring a request, at the latest after `patienceMs`. */
  left(patienceMs: number): Promise<void> {
    return this.#until(() => this.#open.size === this.#listened.size, patienceMs);
  }

  /** Resolves when no client listens any more, at the latest after `patienceMs`. */
  unheard(patienceMs: number): Promise<void> {
    return this.#until(() => this.#listened.size === 0, patienceMs);
  }

  async #until(isMet: () => boolean, patienceMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patienceMs);
      this.#look = () => {
        if (!isMet()) return;
        clearTimeout(timer);
        resolve();
      };
      this.#look();
    });
  }
}
