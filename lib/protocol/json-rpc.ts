/**
 * JSON-RPC 2.0 messages as MCP restricts them.
 *
 * Knows: the shape of a request, a notification, a response and an error.
 * Does not know: HTTP, sessions, what a method means.
 *
 * @module
 */

/** Identifies a request; MCP allows strings and integers, never null (2025-11-25 basic §Requests). */
export type RequestId = string | number;

/** Parameters of a request or notification: an object, never an array. */
export type Params = { readonly [key: string]: unknown; readonly _meta?: Meta };

/** Reserved metadata of a message. */
export type Meta = { readonly [key: string]: unknown; readonly progressToken?: RequestId };

/** A message that wants an answer. */
export interface JsonRpcRequest {
  readonly jsonrpc: '2.0';
  readonly id: RequestId;
  readonly method: string;
  readonly params?: Params;
}

/** A message that wants none. */
export interface JsonRpcNotification {
  readonly jsonrpc: '2.0';
  readonly method: string;
  readonly params?: Params;
}

/** What an error says. */
export interface JsonRpcErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** A successful answer. */
export interface JsonRpcResult {
  readonly jsonrpc: '2.0';
  readonly id: RequestId;
  readonly result: { readonly [key: string]: unknown };
}

/** A failed answer; `id` is absent when the request's could not be read. */
export interface JsonRpcError {
  readonly jsonrpc: '2.0';
  readonly id?: RequestId;
  readonly error: JsonRpcErrorObject;
}

/** The terminal message of a call. */
export type JsonRpcResponse = JsonRpcResult | JsonRpcError;

/** Anything that travels on a stream. */
export type JsonRpcMessage = JsonRpcRequest | JsonRpcNotification | JsonRpcResponse;

/** Codes of the JSON-RPC 2.0 specification §5.1 and of MCP. */
export const CODES = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  server: -32000,
  sessionNotFound: -32001,
} as const;

/** An incoming message, told apart. */
export type Incoming =
  | { readonly kind: 'request'; readonly message: JsonRpcRequest }
  | { readonly kind: 'notification'; readonly message: JsonRpcNotification }
  | { readonly kind: 'response'; readonly message: JsonRpcResponse & { readonly id: RequestId } }
  | { readonly kind: 'invalid'; readonly id?: RequestId; readonly reason: string };

type Fields = Readonly<Record<string, unknown>>;

/** Every member of a message. */
export const MEMBERS = ['jsonrpc', 'id', 'method', 'params', 'result', 'error'] as const;

const MEMBER_NAMES: ReadonlySet<string> = new Set(MEMBERS);

/** Seven letters, each of which may be written with a character of two code units. */
const MAX_LOOKALIKE_LENGTH = 14;

const RELATED_TASK = 'io.modelcontextprotocol/related-task';

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** True for the name of a member, as JSON-RPC spells it. */
export const isMember = (name: string): boolean => MEMBER_NAMES.has(name);

/** True for a string or a safe integer. */
export const isRequestId = (value: unknown): value is RequestId =>
  typeof value === 'string' || Number.isSafeInteger(value);

/**
 * Tells what one element of a POST body is.
 *
 * The result holds a fresh message with the specified members only: the SDK's servers do not answer
 * a message that has others.
 */
export function readMessage(value: unknown): Incoming {
  if (!isObject(value)) return { kind: 'invalid', reason: 'a message is a JSON object' };
  const id = isRequestId(value.id) ? value.id : undefined;
  if (hasLookalike(value)) {
    return { kind: 'invalid', id, reason: 'a member is not spelled as JSON-RPC spells it' };
  }
  if (value.jsonrpc !== '2.0') return { kind: 'invalid', id, reason: 'jsonrpc must be "2.0"' };
  if (value.id !== undefined && id === undefined) {
    return { kind: 'invalid', reason: 'id must be a string or an integer' };
  }
  if (value.method === undefined) return readResponse(value, id);
  if (typeof value.method !== 'string')
    return { kind: 'invalid', id, reason: 'method must be a string' };
  const fault = faultOfParams(value.params);
  if (fault !== undefined) return { kind: 'invalid', id, reason: fault };
  const { method } = value;
  const params = value.params as Params | undefined;
  if (id === undefined)
    return { kind: 'notification', message: { jsonrpc: '2.0', method, params } };
  return { kind: 'request', message: { jsonrpc: '2.0', id, method, params } };
}

/** A key that another reader, which ignores case or stops at a NUL, would take for a member. */
function hasLookalike(message: Fields): boolean {
  for (const name of Object.keys(message)) {
    if (!isMember(name) && isMember(folded(name))) return true;
  }
  return false;
}

/** What is left of a key without letter case, compatibility forms and all from its first NUL. */
function folded(name: string): string {
  const end = name.indexOf('\0');
  const text = end === -1 ? name : name.slice(0, end);
  return text.length > MAX_LOOKALIKE_LENGTH ? '' : text.normalize('NFKC').toLowerCase();
}

function readResponse(value: Fields, id: RequestId | undefined): Incoming {
  if (id === undefined) return { kind: 'invalid', reason: 'a message has a method or an id' };
  const { result, error } = value;
  if (isObject(result) && error === undefined) {
    return { kind: 'response', message: { jsonrpc: '2.0', id, result } };
  }
  if (isObject(error) && result === undefined && Number.isSafeInteger(error.code)) {
    const { code, message, data } = error;
    if (typeof message === 'string') {
      const told = { code: code as number, message, ...(data !== undefined && { data }) };
      return { kind: 'response', message: { jsonrpc: '2.0', id, error: told } };
    }
  }
  return { kind: 'invalid', id, reason: 'a response has a result object or an error object' };
}

function faultOfParams(params: unknown): string | undefined {
  if (params === undefined) return undefined;
  if (!isObject(params)) return 'params must be an object';
  const meta = params._meta;
  if (meta === undefined) return undefined;
  if (!isObject(meta)) return 'params._meta must be an object';
  if (meta.progressToken !== undefined && !isRequestId(meta.progressToken)) {
    return 'params._meta.progressToken must be a string or an integer';
  }
  const related = meta[RELATED_TASK];
  if (related !== undefined && !(isObject(related) && typeof related.taskId === 'string')) {
    return `params._meta["${RELATED_TASK}"] must name a taskId`;
  }
  return undefined;
}

/** The task that a message belongs to, if it names one (2025-11-25 basic/utilities/tasks). */
export function relatedTask(params: Params | undefined): string | undefined {
  const related = params?._meta?.[RELATED_TASK];
  return isObject(related) && typeof related.taskId === 'string' ? related.taskId : undefined;
}

/** An error answer; without an `id` the member is absent, never null. */
export function errorResponse(error: JsonRpcErrorObject, id?: RequestId): JsonRpcError {
  return id === undefined ? { jsonrpc: '2.0', error } : { jsonrpc: '2.0', id, error };
}
