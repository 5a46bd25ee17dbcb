/**
 * HTTP+SSE, the transport of 2024-11-05, beside the endpoint.
 *
 * A GET opens a session and the one stream that everything for its client is sent on; the client posts its
 * messages to an address that the stream begins with. The session ends with that connection.
 *
 * Knows: the order of checks, and which connections have shaken hands.
 * Does not know: HTTP objects, what the messages do.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse HTTP with SSE}
 *
 * @module
 */
import { readAccept } from '../protocol/accept.js';
import { CODES, errorResponse, type JsonRpcRequest } from '../protocol/json-rpc.js';
import { methodNotAllowed, REFUSALS } from '../protocol/refusals.js';
import { endpointEvent, SSE_HEADERS } from '../protocol/sse.js';
import { SSE_VERSIONS } from '../protocol/versions.js';
import type { CallPort } from './call.js';
import { Deadlines } from './deadlines.js';
import type { EventStream } from './event-stream.js';
import type { Exchange, Reply } from './exchange.js';
import { readIdentity } from './handshake.js';
import { type Incoming, readIncoming } from './incoming.js';
import { INVALID_INITIALIZE, shakeHands } from './initialize.js';
import type { Later } from './later.js';
import { LiveSession } from './live-session.js';
import type { EndpointParts } from './parts.js';
import { takePosted } from './posted.js';
import { idIn, refuse, refuseFault } from './refuse.js';
import { idOf } from './requests.js';
import { endWithToken } from './token-end.js';

/** A connection that nobody shakes hands on is closed after this time. */
const HANDSHAKE_MS = 60_000;

const NOT_INITIALIZED = {
  code: CODES.invalidRequest,
  message: 'Invalid request: the client has not been initialized',
  data: { reason: 'not_initialized' },
};

/** A client's GET, while it is open. */
interface Connection {
  readonly session: LiveSession;
  readonly port: CallPort;
  phase: 'silent' | 'greeting' | 'open';
}

export class LegacySse {
  readonly #parts: EndpointParts;
  readonly #connections = new Map<string, Connection>();
  readonly #silent: Deadlines<Connection>;

  constructor(parts: EndpointParts) {
    this.#parts = parts;
    const handshakeMs = Math.min(HANDSHAKE_MS, parts.settings.session.idleMs);
    this.#silent = new Deadlines(handshakeMs, ({ session }) => void this.#end(session));
  }

  /**
   * Answers a request for a stream; never rejects.
   *
   * @param messagesPath - where the client is told to post.
   */
  connect(exchange: Exchange, reply: Reply, messagesPath: string): Promise<void> {
    return this.#answering(exchange, reply, () => {
      if (exchange.method !== 'GET') return refuse(reply, methodNotAllowed('GET'));
      return this.#connect(exchange, reply, messagesPath);
    });
  }

  /** Answers a message to the session that its address names; never rejects. */
  receive(exchange: Exchange, reply: Reply, sessionId: string): Promise<void> {
    return this.#answering(exchange, reply, () => {
      if (exchange.method !== 'POST') return refuse(reply, methodNotAllowed('POST'));
      return this.#receive(exchange, reply, sessionId);
    });
  }

  /** Stops timers; connections end with their sessions. */
  close(): void {
    this.#silent.clear();
  }

  async #answering(exchange: Exchange, reply: Reply, serve: () => Later<void>): Promise<void> {
    const { lifecycle, logger } = this.#parts;
    try {
      if (lifecycle.phase === 'closed') {
        return refuse(reply, REFUSALS.shuttingDown, idIn(exchange.body));
      }
      await serve();
    } catch (error) {
      refuseFault(exchange, reply, error, logger);
    }
  }

  async #connect(exchange: Exchange, reply: Reply, messagesPath: string): Promise<void> {
    const { lifecycle, sessions, streams } = this.#parts;
    const accepted = readAccept(exchange.headers.accept as string | undefined);
    if (accepted === 'json' || accepted === 'neither') return refuse(reply, REFUSALS.notAcceptable);
    if (lifecycle.phase !== 'open') return refuse(reply, REFUSALS.shuttingDown);
    const session = await sessions.openUnnamed(exchange);
    if (session === undefined) return refuse(reply, REFUSALS.tooManySessions);
    const stream = streams.unkept();
    const sink = reply.stream(SSE_HEADERS);
    const { id } = session.record;
    sink.write(endpointEvent(`${messagesPath}?sessionId=${id}`));
    stream.connect(sink);
    session.attach(stream);
    sessions.release(session);
    const connection: Connection = { session, port: portOf(stream), phase: 'silent' };
    this.#connections.set(id, connection);
    this.#silent.add(connection);
    reply.onAbort(() => this.#leave(connection));
    endWithToken(exchange, reply, sink);
  }

  async #receive(exchange: Exchange, reply: Reply, sessionId: string): Promise<void> {
    const { lifecycle, sessions, settings } = this.#parts;
    const incoming = readIncoming(exchange, settings.limits.batch, SSE_VERSIONS);
    if ('refusal' in incoming) return refuse(reply, incoming.refusal, incoming.id);
    if (incoming.isBatch) return refuse(reply, REFUSALS.batchNotAllowed);
    const id = idOf(incoming);
    if (id !== undefined && !lifecycle.isServing) return refuse(reply, REFUSALS.shuttingDown, id);
    const connection = this.#connections.get(sessionId);
    const session = connection && (await sessions.find(exchange, [], sessionId));
    if (connection === undefined || !(session instanceof LiveSession)) {
      return refuse(reply, REFUSALS.sessionNotFound, id);
    }
    try {
      await this.#serve(connection, incoming, exchange, reply);
    } finally {
      sessions.release(session);
    }
  }

  #serve(
    connection: Connection,
    incoming: Incoming,
    exchange: Exchange,
    reply: Reply,
  ): Later<void> {
    const { session: client, port, phase } = connection;
    const [request] = incoming.requests;
    if (request?.method === 'initialize') return this.#greet(connection, request, exchange, reply);
    if (phase !== 'open') return answerEarly(request, port, reply);
    return takePosted({ parts: this.#parts, incoming, client, exchange, reply, port });
  }

  async #greet(
    connection: Connection,
    request: JsonRpcRequest,
    exchange: Exchange,
    reply: Reply,
  ): Promise<void> {
    const { lifecycle, sessions, source } = this.#parts;
    const { session, port } = connection;
    const { id } = request;
    if (connection.phase !== 'silent') return refuse(reply, REFUSALS.alreadyInitialized, id);
    const identity = readIdentity(request, SSE_VERSIONS);
    if (identity === undefined) return refuse(reply, INVALID_INITIALIZE, id);
    if (lifecycle.phase !== 'open') return refuse(reply, REFUSALS.shuttingDown, id);
    connection.phase = 'greeting';
    this.#silent.delete(connection);
    sessions.name(session, identity);
    try {
      await source.ready();
      const response = await shakeHands(this.#parts, exchange, session, identity, id);
      reply.empty(202);
      port.answer(JSON.stringify(response));
      if (!('result' in response)) return await this.#end(session);
      connection.phase = 'open';
      session.isReady = true;
    } catch (error) {
      await this.#end(session);
      throw error;
    }
  }

  /** The client is gone, and with it whatever it wanted. */
  #leave(connection: Connection): void {
    const { session } = connection;
    this.#connections.delete(session.record.id);
    this.#silent.delete(connection);
    session.end();
    void this.#end(session);
  }

  async #end(session: LiveSession): Promise<void> {
    const { sessions, logger } = this.#parts;
    try {
      await sessions.end(session);
    } catch (error) {
      logger.warn({ err: error }, 'a session could not be ended');
    }
  }
}

/**
 * A message before the handshake: a request is answered on the stream, where clients that look for newer
 * revisions first expect an error; anything else changes nothing.
 */
function answerEarly(request: JsonRpcRequest | undefined, port: CallPort, reply: Reply): void {
  reply.empty(202);
  if (request === undefined) return;
  const { id, method } = request;
  const isPing = method === 'ping';
  const response = isPing ? { jsonrpc: '2.0', id, result: {} } : errorResponse(NOT_INITIALIZED, id);
  port.answer(JSON.stringify(response));
}

/** All calls of a client are answered on the one stream that it reads. */
function portOf(stream: EventStream): CallPort {
  return {
    get isOpen() {
      return stream.isOpen;
    },
    send: (json) => stream.send(json),
    answer: (json) => void stream.send(json, true),
    abandon: () => {},
  };
}
