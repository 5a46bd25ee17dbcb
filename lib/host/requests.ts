/**
 * The requests of one POST, from their checks to the stream that answers them.
 *
 * Knows: limits on calls and how a call is tied to its session, its server and its stream.
 * Does not know: `initialize`, notifications.
 *
 * @module
 */
import { readAccept } from '../protocol/accept.js';
import {
  errorResponse,
  type JsonRpcRequest,
  type JsonRpcResponse,
  type RequestId,
} from '../protocol/json-rpc.js';
import { REFUSALS, type Refusal } from '../protocol/refusals.js';
import { ASSUMED_VERSION, allowsBatches } from '../protocol/versions.js';
import type { Call, CallPort } from './call.js';
import type { Client } from './client.js';
import type { EventStream } from './event-stream.js';
import type { Exchange, Reply } from './exchange.js';
import { remembered } from './handshake.js';
import type { Incoming } from './incoming.js';
import { andThen, type Later } from './later.js';
import { LiveSession } from './live-session.js';
import { messageExtra } from './message-extra.js';
import type { MessageExtra, ScopeResolver } from './multiplexer.js';
import type { EndpointParts } from './parts.js';
import { type AnswerMode, PostStream } from './post-stream.js';
import { refuse } from './refuse.js';
import { scopeRefusal } from './scope-challenge.js';
import type { Lease } from './server-source.js';

/** A POST that carries requests, and what it is answered with. */
export interface Posted {
  readonly parts: EndpointParts;
  readonly incoming: Incoming;
  readonly client: Client;
  readonly exchange: Exchange;
  readonly reply: Reply;
  /** Takes the answers in the place of the reply, which says no more than that they will come. */
  readonly port?: CallPort;
}

/** Serves every request of a POST; the reply ends when the last of them is answered. */
export function serveRequests(posted: Posted): Later<void> {
  const { parts, client, exchange } = posted;
  return andThen(parts.source.lease(client, exchange), (lease) => {
    const { scopeResolver } = lease.server;
    if (scopeResolver === undefined) return begin(posted, lease);
    return challengeOr(posted, lease, scopeResolver);
  });
}

/** Asks a v2 server first whether the token's scopes are enough. */
async function challengeOr(posted: Posted, lease: Lease, resolver: ScopeResolver): Promise<void> {
  const { incoming, exchange, reply } = posted;
  try {
    const challenge = await scopeRefusal(incoming.requests, resolver, exchange);
    if (challenge === undefined) return begin(posted, lease);
    refuse(reply, challenge, idOf(incoming));
  } catch (error) {
    lease.release();
    throw error;
  }
  lease.release();
}

function begin(posted: Posted, lease: Lease): Later<void> {
  const { parts, client } = posted;
  if (!(client instanceof LiveSession)) return run(posted, lease);
  const touched = parts.sessions.touch(client, 'used');
  const isReady =
    client.roaming === undefined ? touched : andThen(touched, () => lease.server.tellLevel(client));
  if (!(isReady instanceof Promise)) return run(posted, lease);
  return isReady.then(
    () => run(posted, lease),
    (error) => {
      lease.release();
      throw error;
    },
  );
}

function run(posted: Posted, lease: Lease): void {
  const { parts, incoming, client, exchange, reply } = posted;
  // While the server was being built, another POST may have used the ids, or the client may have left.
  const late = posted.port?.isOpen === false ? REFUSALS.sessionNotFound : lateRefusalOf(posted);
  if (late !== undefined) {
    lease.release();
    return refuse(reply, late, idOf(incoming));
  }
  const port: CallPort = posted.port ?? postStream(posted);
  if (posted.port !== undefined) reply.empty(202);
  const extra = messageExtra(exchange, lease.server, {
    closeSSEStream: () => port.closeConnection?.(),
    closeStandaloneSSEStream: () => closeStandalone(parts, client),
  });
  const { requests } = incoming;
  const served = { parts, client, exchange, lease, port, extra, open: requests.length };
  for (const request of requests) start(request, served);
}

/** Answers on the POST's own reply. */
function postStream({ parts, incoming, client, exchange, reply }: Posted): PostStream {
  const { requests, isBatch } = incoming;
  const { streams } = parts;
  return new PostStream(reply, {
    mode: modeOf(exchange, parts.settings.responseMode),
    patience: parts.patience,
    calls: requests.length,
    isBatch,
    allowsPolling: streams.allowsPolling(client),
    begin: () =>
      streams.begin(
        client,
        requests.map(({ id }) => id),
      ),
    ended: (events) => letGo(parts, client, events),
  });
}

/** The answer to a POST is over and kept: its stream is the log's from now on. */
export function letGo({ streams, sessions }: EndpointParts, client: Client, stream: EventStream) {
  streams.ended(client, stream);
  if (client instanceof LiveSession) sessions.tidy(client);
}

/** While the server was being built, the session may have ended, or another POST with the same ids been let in. */
function lateRefusalOf({ parts, incoming, client }: Posted): Refusal | undefined {
  const { sessions, settings } = parts;
  if (client instanceof LiveSession && sessions.isOver(client)) return REFUSALS.sessionNotFound;
  return refusalOf(incoming, client, settings.limits.callsPerSession);
}

interface Served {
  readonly parts: EndpointParts;
  readonly client: Client;
  readonly exchange: Exchange;
  readonly lease: Lease;
  readonly port: CallPort;
  readonly extra: MessageExtra;
  open: number;
}

function start(request: JsonRpcRequest, served: Served): void {
  const { parts, client, exchange, lease, port, extra } = served;
  const { server } = lease;
  const noted = remembered(request, client, server, parts.sessions);
  if (noted?.answer !== undefined) return answerWith(noted.answer, request, served);
  const filter = parts.access?.filterFor(request.method, exchange);
  const call = server.call(request, client, port, extra, filter);
  if (call.isOver) {
    over(served);
    return;
  }
  if (noted !== undefined) call.observe = noted.observe;
  if (client instanceof LiveSession) client.calls.set(request.id, { call, server });
  parts.lifecycle.start(call, server);
  call.onOver = () => {
    parts.lifecycle.finish(call);
    forget(call, client, parts);
    over(served);
  };
}

/** Answers in the server's place. */
function answerWith(answer: Later<JsonRpcResponse>, { id }: JsonRpcRequest, served: Served): void {
  const { parts, client, port } = served;
  const finish = (response: JsonRpcResponse) => {
    if (client instanceof LiveSession) parts.sessions.unclaim(client, id);
    port.answer(JSON.stringify(response));
    over(served);
  };
  if (!(answer instanceof Promise)) return finish(answer);
  answer.then(finish, (error) => {
    parts.logger.error({ err: error }, 'a session could not be changed');
    finish(errorResponse(STORE_UNAVAILABLE, id));
  });
}

const STORE_UNAVAILABLE = {
  code: REFUSALS.storeUnavailable.code,
  message: REFUSALS.storeUnavailable.message,
  data: REFUSALS.storeUnavailable.data,
};

/** A no-op where the client would not come back. */
function closeStandalone({ streams }: EndpointParts, client: Client): void {
  if (streams.allowsPolling(client)) client.standalone?.close();
}

function forget(call: Call, client: Client, { sessions }: EndpointParts): void {
  if (!(client instanceof LiveSession)) return;
  client.calls.delete(call.clientId);
  sessions.unclaim(client, call.clientId);
  sessions.leaveOff(client);
}

/** The last call of the POST gives the server back. */
function over(served: Served): void {
  served.open -= 1;
  if (served.open === 0) served.lease.release();
}

/** The id that a refusal of the whole POST answers; a batch has none. */
export const idOf = ({ requests, isBatch }: Incoming): RequestId | undefined =>
  isBatch ? undefined : requests[0]?.id;

/** Why none of a POST's messages may be acted on; undefined when they may. */
export function refusalOf(
  { requests, isBatch, version }: Incoming,
  client: Client,
  maxCalls: number,
): Refusal | undefined {
  const spoken = client.identity?.version ?? version ?? ASSUMED_VERSION;
  if (isBatch && !allowsBatches(spoken)) return REFUSALS.batchNotAllowed;
  const inFlight = client instanceof LiveSession ? client.calls : undefined;
  const isTwice =
    requests.length > 1 && new Set(requests.map(({ id }) => id)).size < requests.length;
  if (isTwice || requests.some(({ id }) => inFlight?.has(id))) return REFUSALS.duplicateId;
  if (inFlight === undefined) return undefined;
  return inFlight.size + requests.length > maxCalls ? REFUSALS.tooManyCalls : undefined;
}

/** The client's `Accept` narrows what the endpoint would do. */
function modeOf({ headers }: Exchange, preferred: AnswerMode): AnswerMode {
  const accepted = readAccept(headers.accept as string | undefined);
  return accepted === 'json' || accepted === 'sse' ? accepted : preferred;
}
