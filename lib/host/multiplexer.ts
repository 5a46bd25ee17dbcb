/**
 * One server, every client: the transport that a server is connected to, once.
 *
 * Knows: the server's connection, the ids of calls in flight, the context they run in.
 * Does not know: HTTP, sessions; where outgoing messages belong is `outbound.ts`.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { McpRouterError } from '../errors.js';
import type { Logger } from '../log.js';
import type {
  JsonRpcErrorObject,
  JsonRpcMessage,
  JsonRpcNotification,
  JsonRpcRequest,
  JsonRpcResponse,
  Params,
} from '../protocol/json-rpc.js';
import { CODES, errorResponse } from '../protocol/json-rpc.js';
import type { LoggingLevel } from '../protocol/logging.js';
import { adoptServer } from './adoption.js';
import type { AnswerObserver, CallPort } from './call.js';
import { Call } from './call.js';
import type { Client } from './client.js';
import { context } from './context.js';
import { Deadlines } from './deadlines.js';
import type { Later } from './later.js';
import type { Affinity, SendOptions } from './outbound.js';
import { Outbound } from './outbound.js';
import type { ConnectableServer } from './server.js';
import { generationOf, innerServer, isMcpServer } from './server.js';
import { ToolList } from './tool-list.js';
import { Turns } from './turns.js';

/** What a handler learns of the HTTP request beside its message. */
export interface MessageExtra {
  readonly requestInfo: { readonly headers: unknown; readonly url?: URL };
  readonly authInfo: AuthInfo | undefined;
  /** A web `Request`, for v2 servers. */
  readonly request?: unknown;
  /** Closes the connection that the call's messages go to; the call goes on (SEP-1699). */
  readonly closeSSEStream?: () => void;
  /** Closes the connection of the session's GET stream; the stream goes on. */
  readonly closeStandaloneSSEStream?: () => void;
}

/** Decides whether a v2 server's tool needs more scope than the token has. */
export type ScopeResolver = (asked: {
  readonly request: JsonRpcRequest;
  readonly authInfo?: AuthInfo;
}) => unknown;

/** Fixed for all servers of one endpoint. */
export interface MultiplexerOptions {
  readonly affinity: Affinity;
  /** Time-out of a server-to-client request that names none, milliseconds. */
  readonly askMs: number;
  /** Longest life of a call, milliseconds. */
  readonly callMs: number;
  readonly logger: Logger;
}

const MAX_LEVELS_PASSED = 100_000;
const TIMED_OUT = {
  code: CODES.server,
  message: 'The call took too long',
  data: { reason: 'timeout' },
};
/** The definite end of a call whose server or instance goes away. */
export const SHUTTING_DOWN = {
  code: CODES.server,
  message: 'The server is shutting down',
  data: { reason: 'shutting_down' },
};

export class Multiplexer {
  onmessage: ((message: unknown, extra?: unknown) => void) | undefined;
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;

  readonly server: ConnectableServer;
  readonly outbound: Outbound;
  /** v2 servers read a web `Request`. */
  readonly wantsWebRequest: boolean;
  /** Called once when the server's side or ours has closed the connection. */
  onEnd: (() => void) | undefined;
  scopeResolver: ScopeResolver | undefined;
  readonly #calls = new Map<number, Call>();
  readonly #deadlines: Deadlines<Call>;
  readonly #toolList: ToolList | undefined;
  readonly #turns = new Turns();
  readonly #askMs: number;
  #release: (() => void) | undefined;
  #capabilities: unknown;
  #levelsPassed = 0;
  /** Levels that the server was told, by session: another instance may be told another one later. */
  readonly #levels = new Map<string, LoggingLevel>();
  #nextId = 0;
  #isClosed = false;

  constructor(server: ConnectableServer, options: MultiplexerOptions) {
    this.server = server;
    this.#askMs = options.askMs;
    this.#deadlines = new Deadlines(options.callMs, (call) => this.fail(call, TIMED_OUT));
    this.wantsWebRequest = generationOf(server) === 'v2';
    this.#toolList = isMcpServer(server) ? new ToolList() : undefined;
    this.outbound = new Outbound(
      randomBytes(6).toString('base64url'),
      this.#calls,
      options.affinity,
      (message, client) => this.#deliver(message, client),
      options.logger,
    );
  }

  /** The SDK reads this when a request arrives, inside the caller's context. */
  get sessionId(): string | undefined {
    return context.getStore()?.client.contextId;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Connects the server and leads it through its one handshake. */
  async open(initialize: Params, client: Client): Promise<JsonRpcResponse> {
    await this.server.connect(this as never);
    this.#release = adoptServer(this.server, this.outbound, this.#askMs);
    const request = { jsonrpc: '2.0' as const, id: 0, method: 'initialize', params: initialize };
    const response = await this.ask(request, client);
    if ('result' in response) this.#capabilities = response.result.capabilities;
    return response;
  }

  /** The SDK calls this once it listens. */
  start(): Promise<void> {
    return Promise.resolve();
  }

  /** The SDK calls this from `server.close()`; the endpoint calls it when it closes. */
  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    for (const call of this.#calls.values()) call.answer(errorResponse(SHUTTING_DOWN));
    this.#calls.clear();
    this.#deadlines.clear();
    this.outbound.clear();
    this.#release?.();
    this.onclose?.();
    this.onEnd?.();
    return Promise.resolve();
  }

  /** v2 `McpServer`s hand over the check of their per-tool scopes here. */
  setScopeChallengeResolver(resolver: ScopeResolver): void {
    this.scopeResolver = resolver;
  }

  /** What the server sends: a call's answer, a notification, or a request to a client. */
  send(message: JsonRpcMessage, options?: SendOptions): Promise<void> {
    if (!('method' in message)) this.#settle(message);
    else if ('id' in message) return this.outbound.ask(message, options);
    else return this.#turns.after(this.#notify(message, options));
    return Promise.resolve();
  }

  /**
   * Serves one request; its messages and its answer go to `port`.
   *
   * @param filter - takes from the answer what this caller must not see.
   */
  call(
    request: JsonRpcRequest,
    client: Client,
    port: CallPort,
    extra?: MessageExtra,
    filter?: AnswerObserver,
  ): Call {
    this.#nextId += 1;
    const call = new Call(this.#nextId, request, client, port);
    const refusal = this.#isClosed
      ? errorResponse(SHUTTING_DOWN)
      : this.outbound.tasks.refuse(request, client);
    if (refusal !== undefined) {
      call.answer(refusal);
      return call;
    }
    call.observe = filter;
    // What a filter decides may change from one moment to the next, so its answer is not kept.
    if (filter === undefined && request.method === 'tools/list' && !client.isNobody) {
      const who = `${client.contextId} ${extra?.authInfo?.scopes.join(' ') ?? ''}`;
      const kept = this.#toolList?.get(request, who);
      if (kept !== undefined) {
        call.answerText(kept);
        return call;
      }
      call.observe = this.#toolList?.observer(request, who);
    }
    this.#calls.set(call.id, call);
    this.#deadlines.add(call);
    context.run(call, () => this.onmessage?.(withOurIds(request, call, client), extra));
    return call;
  }

  /** Serves a request of our own making and waits for its answer. */
  ask(request: JsonRpcRequest, client: Client): Promise<JsonRpcResponse> {
    return new Promise((resolve) => {
      const port: CallPort = {
        isOpen: false,
        send: () => {},
        answer: (json) => resolve(JSON.parse(json)),
        abandon: () => resolve(errorResponse({ code: CODES.internal, message: 'Cancelled' })),
      };
      this.call(request, client, port);
    });
  }

  /** Hands a client's notification to the server, in that client's context. */
  notify(notification: JsonRpcNotification, client: Client): void {
    this.#deliver(notification, client);
  }

  /** Ends a call with an error of ours; the handler's signal is aborted. */
  fail(call: Call, error: JsonRpcErrorObject): void {
    call.answer(errorResponse(error));
    this.cancel(call, error.message);
  }

  /** The client no longer wants an answer; the handler's signal is aborted. */
  cancel(call: Call, reason: unknown): void {
    if (!this.#calls.delete(call.id)) return;
    this.#deadlines.delete(call);
    const params = { requestId: call.id, ...(typeof reason === 'string' && { reason }) };
    call.abandon();
    this.#deliver({ jsonrpc: '2.0', method: 'notifications/cancelled', params }, call.client);
  }

  /** True when the server answers this method itself; asked through the SDK's public check. */
  handles(method: string): boolean {
    try {
      innerServer(this.server).assertCanSetRequestHandler?.(method);
      return false;
    } catch {
      return true;
    }
  }

  /** The next `tools/list` asks the server again. */
  forgetTools(): void {
    this.#toolList?.clear();
  }

  /** True when the server declared this capability. */
  offers(...path: string[]): boolean {
    const held = path.reduce<unknown>(
      (value, name) => (value as Record<string, unknown> | undefined)?.[name],
      this.#capabilities,
    );
    return held !== undefined && held !== false;
  }

  /** The server has been told a session's level. */
  noteLevel({ contextId }: Client, level: LoggingLevel): void {
    this.#levels.set(contextId, level);
  }

  /** Tells the server a session's level again, if it was told another one before. */
  tellLevel(client: Client): Later<void> {
    const { contextId, logLevel: level } = client;
    const told = this.#levels.get(contextId);
    if (told === undefined || level === undefined || told === level) return undefined;
    this.#levels.set(contextId, level);
    const request = {
      jsonrpc: '2.0' as const,
      id: 0,
      method: 'logging/setLevel',
      params: { level },
    };
    return this.ask(request, client).then(() => {});
  }

  /** The SDK keeps every level it is told, for ever; past a bound only the session's record does. */
  mayPassLevel(): boolean {
    this.#levelsPassed += 1;
    return this.#levelsPassed <= MAX_LEVELS_PASSED;
  }

  #deliver(message: unknown, client: Client | undefined): void {
    if (client === undefined) context.exit(() => this.onmessage?.(message));
    else context.run({ client, call: undefined }, () => this.onmessage?.(message));
  }

  #notify(message: JsonRpcNotification, options: SendOptions | undefined): Later<void> {
    if (message.method === 'notifications/tools/list_changed') this.forgetTools();
    return this.outbound.notify(message, options);
  }

  #settle(response: JsonRpcResponse): void {
    const call = this.#calls.get(response.id as number);
    if (call === undefined) return;
    this.#calls.delete(call.id);
    this.#deadlines.delete(call);
    this.outbound.tasks.note(call, response);
    this.outbound.elicitations.noteResponse(response, call.client);
    if (call.method === 'tasks/list') {
      call.answer(this.outbound.tasks.ownOnly(response, call.client));
    } else {
      call.answer(response);
    }
  }
}

/** The request as the server sees it: our id, our progress token. */
function withOurIds(
  { method, params }: JsonRpcRequest,
  call: Call,
  client: Client,
): JsonRpcRequest {
  const base = { jsonrpc: '2.0' as const, id: call.id, method };
  if (params === undefined) return base;
  if (params._meta?.progressToken === undefined && !(client.isNobody && 'task' in params)) {
    return { ...base, params };
  }
  const { task, _meta, ...others } = params;
  return {
    ...base,
    params: {
      ...others,
      // Tasks of a caller whom nobody can recognise again are not offered; the request runs as it is.
      ...(task !== undefined && !client.isNobody && { task }),
      ...(_meta && {
        _meta: { ..._meta, ...(_meta.progressToken !== undefined && { progressToken: call.id }) },
      }),
    },
  };
}

/** Thrown when a server that was closed is asked to serve. */
export const serverClosed = () =>
  new McpRouterError('ERR_MCP_CLOSED', 'The MCP server was closed. Create a new one.');
