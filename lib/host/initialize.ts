/**
 * The first request of a client: opens its session and gives it the server's own answer.
 *
 * Knows: the order in which session, server and answer come about. Does not know: what they hold.
 *
 * @module
 */
import { readAccept } from '../protocol/accept.js';
import type { ClientIdentity } from '../protocol/client.js';
import {
  CODES,
  type JsonRpcRequest,
  type JsonRpcResponse,
  type RequestId,
} from '../protocol/json-rpc.js';
import { REFUSALS, type Refusal } from '../protocol/refusals.js';
import { SSE_HEADERS } from '../protocol/sse.js';
import type { Client } from './client.js';
import { StatelessClient } from './client.js';
import type { Exchange, Reply } from './exchange.js';
import { keepable, readIdentity, tailored } from './handshake.js';
import { andThen } from './later.js';
import type { EndpointParts } from './parts.js';
import { refuse } from './refuse.js';
import { letGo } from './requests.js';
import { SESSION_HEADER } from './session-id.js';

export const INVALID_INITIALIZE: Refusal = {
  status: 400,
  code: CODES.invalidParams,
  message: 'Invalid params: initialize needs protocolVersion, capabilities and clientInfo',
  data: { reason: 'invalid_initialize' },
};

/** What a client is told, and with which headers. */
interface Answer {
  readonly client: Client;
  readonly json: string;
  readonly id: RequestId;
  readonly headers: Readonly<Record<string, string>>;
}

const TOO_LARGE: Refusal = {
  status: 413,
  code: CODES.invalidParams,
  message: 'Invalid params: capabilities and clientInfo are too large to be kept',
  data: { reason: 'handshake_too_large' },
};

export async function initialize(
  parts: EndpointParts,
  exchange: Exchange,
  reply: Reply,
  request: JsonRpcRequest,
): Promise<void> {
  const { settings, sessions, source, lifecycle } = parts;
  const told = readIdentity(request);
  if (told === undefined) return refuse(reply, INVALID_INITIALIZE, request.id);
  const identity = keepable(told);
  if (identity === undefined) return refuse(reply, TOO_LARGE, request.id);
  if (lifecycle.phase !== 'open') return refuse(reply, REFUSALS.shuttingDown, request.id);
  await source.ready();
  const ask = (client: Client) => shakeHands(parts, exchange, client, identity, request.id);
  if (settings.stateless) {
    const client = new StatelessClient(exchange.principal);
    const json = JSON.stringify(await ask(client));
    return answer(parts, exchange, reply, { client, json, id: request.id, headers: {} });
  }
  const session = await sessions.open(exchange, identity);
  if (session === undefined) return refuse(reply, REFUSALS.tooManySessions, request.id);
  try {
    const response = await ask(session);
    const { id } = session.record;
    const isOpen = 'result' in response;
    if (!isOpen) await sessions.discard(session);
    const headers: Record<string, string> = isOpen ? { [SESSION_HEADER]: id } : {};
    const json = JSON.stringify(response);
    answer(parts, exchange, reply, { client: session, json, id: request.id, headers });
  } catch (error) {
    await sessions.discard(session);
    throw error;
  } finally {
    sessions.release(session);
  }
}

/** The server's answer to a client's handshake, as this client gets it. */
export async function shakeHands(
  { source }: EndpointParts,
  exchange: Exchange,
  client: Client,
  identity: ClientIdentity,
  id: RequestId,
): Promise<JsonRpcResponse> {
  const { version: protocolVersion, capabilities, clientInfo } = identity;
  const params = { protocolVersion, capabilities, clientInfo };
  const response = await source.initialize(client, exchange, params);
  return { ...tailored(response, identity, client), id };
}

function answer(
  parts: EndpointParts,
  { headers: { accept } }: Exchange,
  reply: Reply,
  { client, json, id, headers }: Answer,
): void {
  const { settings, streams } = parts;
  const accepted = readAccept(accept as string | undefined);
  const isStream = accepted === 'sse' || (accepted === 'either' && settings.responseMode === 'sse');
  if (!isStream) {
    reply.json(200, json, headers);
    return;
  }
  const stream = streams.begin(client, [id]);
  stream.connect(reply.stream({ ...SSE_HEADERS, ...headers }));
  void stream.send(json, true);
  void andThen(stream.end(), () => letGo(parts, client, stream));
}
