/**
 * `initialize`, and what a session remembers of later requests.
 *
 * Knows: negotiation, and which answers change a session's record.
 * Does not know: how requests are read or answers are written.
 *
 * @module
 */
import type { ClientIdentity } from '../protocol/client.js';
import {
  CODES,
  errorResponse,
  type JsonRpcRequest,
  type JsonRpcResponse,
} from '../protocol/json-rpc.js';
import { isLoggingLevel } from '../protocol/logging.js';
import { type LegacyVersion, negotiate } from '../protocol/versions.js';
import type { AnswerObserver } from './call.js';
import type { Client } from './client.js';
import { andThen, type Later } from './later.js';
import { LiveSession } from './live-session.js';
import type { Multiplexer } from './multiplexer.js';
import type { Sessions } from './sessions.js';
import { MAX_SUBSCRIPTIONS } from './subscriptions.js';

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a session keeps of its handshake, as JSON; beyond this a client would fill the memory. */
const MAX_IDENTITY_CHARACTERS = 16_384;

/** Longer addresses are not followed: a session may follow many. */
const MAX_URI_CHARACTERS = 4_096;

/** The client's side of the handshake; undefined when the parameters are not those of `initialize`. */
export function readIdentity(
  { params }: JsonRpcRequest,
  served?: readonly LegacyVersion[],
): ClientIdentity | undefined {
  const { protocolVersion, capabilities, clientInfo } = params ?? {};
  if (typeof protocolVersion !== 'string' || !isObject(capabilities)) return undefined;
  if (!isObject(clientInfo) || typeof clientInfo.name !== 'string') return undefined;
  return { version: negotiate(protocolVersion, served), capabilities, clientInfo };
}

/** The handshake as it can be kept, if need be without the client's icons; undefined when it is too large. */
export function keepable(identity: ClientIdentity): ClientIdentity | undefined {
  if (isKeepable(identity)) return identity;
  const { icons: _icons, ...clientInfo } = identity.clientInfo;
  const plain = { ...identity, clientInfo };
  return isKeepable(plain) ? plain : undefined;
}

function isKeepable({ capabilities, clientInfo }: ClientIdentity): boolean {
  try {
    return JSON.stringify([capabilities, clientInfo]).length <= MAX_IDENTITY_CHARACTERS;
  } catch {
    // Nested too deep to be written.
    return false;
  }
}

/** The server's answer as this client gets it: its version, and nothing that cannot be kept. */
export function tailored(
  response: JsonRpcResponse,
  { version }: ClientIdentity,
  client: Client,
): JsonRpcResponse {
  if (!('result' in response)) return response;
  const { tasks, ...others } = (response.result.capabilities ?? {}) as Fields;
  const resources = others.resources as Fields | undefined;
  const capabilities = {
    ...others,
    ...(tasks !== undefined && !client.isNobody && { tasks }),
    ...(client.questions === undefined && resources?.subscribe === true
      ? { resources: { ...resources, subscribe: false } }
      : {}),
  };
  return { ...response, result: { ...response.result, protocolVersion: version, capabilities } };
}

/** What becomes of a request that the session has to remember. */
export interface Remembered {
  /** The answer, when the server has no handler of its own. */
  readonly answer?: Later<JsonRpcResponse>;
  /** Notes the server's answer. */
  readonly observe?: AnswerObserver;
}

/** Handles `logging/setLevel` and subscriptions of a session; undefined for all other requests. */
export function remembered(
  request: JsonRpcRequest,
  client: Client,
  server: Multiplexer,
  sessions: Sessions,
): Remembered | undefined {
  if (!(client instanceof LiveSession)) return undefined;
  switch (request.method) {
    case 'logging/setLevel':
      return rememberLevel(request, client, server, sessions);
    case 'resources/subscribe':
    case 'resources/unsubscribe':
      return rememberSubscription(request, client, server, sessions);
    default:
      return undefined;
  }
}

const isResult = (response: JsonRpcResponse) => 'result' in response;

const invalid = (request: JsonRpcRequest, message: string): Remembered => ({
  answer: errorResponse({ code: CODES.invalidParams, message }, request.id),
});

function rememberLevel(
  request: JsonRpcRequest,
  session: LiveSession,
  server: Multiplexer,
  sessions: Sessions,
): Remembered | undefined {
  const level = request.params?.level;
  const isHandled = server.handles(request.method);
  if (!isHandled && !server.offers('logging')) return undefined;
  if (!isLoggingLevel(level)) return invalid(request, 'Invalid params: unknown logging level');
  const isPassedOn = isHandled && server.mayPassLevel();
  const note = () => {
    if (isPassedOn && session.roaming !== undefined) server.noteLevel(session, level);
    return sessions.change(session, { logLevel: level });
  };
  return passedOn(request, isPassedOn, note);
}

function rememberSubscription(
  request: JsonRpcRequest,
  session: LiveSession,
  server: Multiplexer,
  sessions: Sessions,
): Remembered | undefined {
  const uri = request.params?.uri;
  const isHandled = server.handles(request.method);
  if (!isHandled && !server.offers('resources', 'subscribe')) return undefined;
  if (typeof uri !== 'string') return invalid(request, 'Invalid params: uri must be a string');
  if (uri.length > MAX_URI_CHARACTERS) {
    return invalid(request, `Invalid params: uri has more than ${MAX_URI_CHARACTERS} characters`);
  }
  const { record, roaming } = session;
  const isSubscribing = request.method === 'resources/subscribe';
  const isNew = isSubscribing && !record.subscriptions?.has(uri);
  if (isNew && (record.subscriptions?.size ?? 0) >= MAX_SUBSCRIPTIONS) {
    return invalid(request, `Invalid params: more than ${MAX_SUBSCRIPTIONS} subscriptions`);
  }
  const note = () => {
    if (isSubscribing) roaming?.told.add(uri);
    else roaming?.told.delete(uri);
    return sessions.change(session, isSubscribing ? { subscribe: uri } : { unsubscribe: uri });
  };
  return passedOn(request, isHandled, note);
}

/** Answers at once, or waits for the server's own handler to agree. */
function passedOn({ id }: JsonRpcRequest, isHandled: boolean, note: () => Later<void>): Remembered {
  if (!isHandled) return { answer: andThen(note(), () => ({ jsonrpc: '2.0', id, result: {} })) };
  return {
    observe: (response) => (isResult(response) ? andThen(note(), () => response) : response),
  };
}
