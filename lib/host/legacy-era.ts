/**
 * The legacy era on the wire: what POST, GET and DELETE do.
 *
 * Knows: the order of checks and who acts. Does not know: HTTP objects, the modern era.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/transports Transports}
 *
 * @module
 */
import { readAccept } from '../protocol/accept.js';
import { methodNotAllowed, REFUSALS } from '../protocol/refusals.js';
import { StatelessClient } from './client.js';
import type { Exchange, Reply } from './exchange.js';
import { type Incoming, readIncoming, versionFault } from './incoming.js';
import { initialize } from './initialize.js';
import { andThen, finallyDo, type Later } from './later.js';
import { isResuming, listen } from './listen.js';
import { LiveSession } from './live-session.js';
import type { EndpointParts } from './parts.js';
import { takePosted } from './posted.js';
import { idIn, refuse, refuseFault } from './refuse.js';
import { idOf } from './requests.js';

export class LegacyEra {
  readonly #parts: EndpointParts;

  constructor(parts: EndpointParts) {
    this.#parts = parts;
  }

  /** Answers one exchange; never throws or rejects. */
  handle(exchange: Exchange, reply: Reply): Later<void> {
    const fail = (error: unknown) => refuseFault(exchange, reply, error, this.#parts.logger);
    try {
      const handled = this.#route(exchange, reply);
      return handled instanceof Promise ? handled.catch(fail) : handled;
    } catch (error) {
      return fail(error);
    }
  }

  #route(exchange: Exchange, reply: Reply): Later<void> {
    if (this.#parts.lifecycle.phase === 'closed') {
      return refuse(reply, REFUSALS.shuttingDown, idIn(exchange.body));
    }
    if (exchange.method === 'POST') return this.#post(exchange, reply);
    if (this.#parts.settings.stateless) return refuse(reply, methodNotAllowed('POST'));
    if (exchange.method === 'GET') return this.#get(exchange, reply);
    if (exchange.method === 'DELETE') return this.#delete(exchange, reply);
    return refuse(reply, methodNotAllowed('GET, POST, DELETE'));
  }

  #post(exchange: Exchange, reply: Reply): Later<void> {
    const parts = this.#parts;
    const { settings, lifecycle, sessions } = parts;
    if (readAccept(exchange.headers.accept as string | undefined) === 'neither') {
      return refuse(reply, REFUSALS.notAcceptable, idIn(exchange.body));
    }
    const incoming = readIncoming(exchange, settings.limits.batch);
    if ('refusal' in incoming) return refuse(reply, incoming.refusal, incoming.id);
    const [first] = incoming.requests;
    if (first !== undefined && !lifecycle.isServing) {
      return refuse(reply, REFUSALS.shuttingDown, first.id);
    }
    if (first?.method === 'initialize') return initialize(parts, exchange, reply, first);
    if (settings.stateless) {
      const client = new StatelessClient(exchange.principal);
      return takePosted({ parts, incoming, client, exchange, reply });
    }
    return andThen(this.#sessionOf(exchange, reply, incoming), (client) => {
      if (client === undefined) return undefined;
      return finallyDo(
        () => takePosted({ parts, incoming, client, exchange, reply }),
        () => sessions.release(client, incoming.requests),
      );
    });
  }

  async #get(exchange: Exchange, reply: Reply): Promise<void> {
    const { sessions, lifecycle } = this.#parts;
    const accepted = readAccept(exchange.headers.accept as string | undefined);
    if (accepted === 'json' || accepted === 'neither') return refuse(reply, REFUSALS.notAcceptable);
    const fault = versionFault(exchange);
    if (fault !== undefined) return refuse(reply, fault);
    // Calls that still run are owed to the clients that come back for them.
    if (!lifecycle.isServing && !isResuming(exchange)) return refuse(reply, REFUSALS.shuttingDown);
    const session = await this.#sessionOf(exchange, reply);
    if (session === undefined) return;
    try {
      await listen({ parts: this.#parts, session, exchange, reply });
    } finally {
      sessions.release(session);
    }
  }

  async #delete(exchange: Exchange, reply: Reply): Promise<void> {
    const { sessions } = this.#parts;
    const fault = versionFault(exchange);
    if (fault !== undefined) return refuse(reply, fault);
    const session = await this.#sessionOf(exchange, reply);
    if (session === undefined) return;
    await sessions.end(session);
    reply.empty(200);
  }

  /** The session that the caller named and may use; answers the request when there is none. */
  #sessionOf(
    exchange: Exchange,
    reply: Reply,
    incoming?: Incoming,
  ): Later<LiveSession | undefined> {
    return andThen(this.#parts.sessions.find(exchange, incoming?.requests), (found) => {
      if (found instanceof LiveSession) return found;
      refuse(reply, found, incoming && idOf(incoming));
      return undefined;
    });
  }
}
