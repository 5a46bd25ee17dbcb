/**
 * Where the messages that a server sends belong: the method decides first, the call second.
 *
 * Knows: calls, questions, tasks and audiences of one server.
 * Does not know: how a message enters; the multiplexer hands it over.
 *
 * @module
 */
import { McpRouterError } from '../errors.js';
import type { Logger } from '../log.js';
import { acceptsElicitationComplete, capabilityFault } from '../protocol/client.js';
import type {
  JsonRpcNotification,
  JsonRpcRequest,
  Params,
  RequestId,
} from '../protocol/json-rpc.js';
import { CODES, errorResponse, relatedTask } from '../protocol/json-rpc.js';
import { isLogged } from '../protocol/logging.js';
import type { Audience } from './audience.js';
import type { Call } from './call.js';
import type { Client } from './client.js';
import type { Context } from './context.js';
import { context } from './context.js';
import { ElicitationOwners } from './elicitations.js';
import type { Later } from './later.js';
import type { Deliver } from './questions.js';
import { Questions } from './questions.js';
import { TaskOwners } from './tasks.js';

/** What the SDK passes beside a message. */
export interface SendOptions {
  readonly relatedRequestId?: RequestId;
}

/** `explicit`: only what names its request reaches a client. */
export type Affinity = 'context' | 'explicit';

/** How long a request made while handling `initialized` waits for the client's GET stream. */
const STANDALONE_WAIT_MS = 5_000;

const noClient = (message: string) => new McpRouterError('ERR_MCP_NO_CLIENT', message);

const NO_ORIGIN = (method: string, affinity: Affinity) =>
  affinity === 'explicit'
    ? `${method}: expected a relatedRequestId, got none (affinity: 'explicit'). Send it with extra.sendRequest().`
    : `${method}: no client is being served here, so there is nobody to ask. Ask from inside a handler.`;

const STATELESS = (method: string) =>
  `${method}: this endpoint keeps no sessions (stateless: true), so the client cannot be asked. Set stateless: false.`;

const CALL_OVER = (method: string) =>
  `${method}: the call that this request belongs to has ended. Ask before the handler returns.`;

const NO_STREAM = (method: string) => `${method}: the client has no open stream to be asked on.`;

const isTerminal = (status: unknown) =>
  status === 'completed' || status === 'failed' || status === 'cancelled';

export class Outbound {
  readonly tasks = new TaskOwners();
  readonly elicitations = new ElicitationOwners();
  readonly audiences = new Set<Audience>();
  readonly #questions: Questions;
  readonly #calls: ReadonlyMap<number, Call>;
  readonly #affinity: Affinity;
  readonly #deliver: Deliver;
  readonly #logger: Logger;

  constructor(
    instance: string,
    calls: ReadonlyMap<number, Call>,
    affinity: Affinity,
    deliver: Deliver,
    logger: Logger,
  ) {
    this.#questions = new Questions(instance, deliver);
    this.#calls = calls;
    this.#affinity = affinity;
    this.#deliver = deliver;
    this.#logger = logger;
  }

  /** Routes a notification; one that nobody can receive is dropped. */
  notify(message: JsonRpcNotification, options: SendOptions | undefined): Later<void> {
    const { method, params } = message;
    switch (method) {
      case 'notifications/tools/list_changed':
      case 'notifications/prompts/list_changed':
      case 'notifications/resources/list_changed':
        for (const audience of this.audiences) audience.tellAll(method, JSON.stringify(message));
        break;
      case 'notifications/resources/updated':
        for (const audience of this.audiences) {
          audience.tellSubscribers(String(params?.uri), JSON.stringify(message));
        }
        break;
      case 'notifications/tasks/status':
        return this.#toTaskOwner(message);
      case 'notifications/elicitation/complete':
        this.#toElicited(params?.elicitationId, JSON.stringify(message));
        break;
      case 'notifications/progress':
        return this.#toToken(message);
      case 'notifications/cancelled':
        this.#questions.cancel(params ?? {});
        break;
      default:
        return this.#toOrigin(message, options);
    }
    return undefined;
  }

  /** Routes a server-to-client request; one that no client can receive is answered at once. */
  async ask(request: JsonRpcRequest, options: SendOptions | undefined): Promise<void> {
    const origin = this.#originOf(options);
    const refusal = this.refusalOf(request.method, request.params, options);
    if (refusal !== undefined || origin === undefined) {
      return this.#fail(request, origin, refusal?.message ?? 'No client');
    }
    const { client, call } = origin;
    const onCall = call?.port.isOpen === true ? call.port : undefined;
    const waitMs = call === undefined ? STANDALONE_WAIT_MS : 0;
    const port = onCall ?? client.standalone ?? (await client.standaloneWithin(waitMs));
    if (port === undefined) return this.#fail(request, origin, NO_STREAM(request.method));
    this.elicitations.noteQuestion(request, client);
    this.#questions.ask(request, client, port);
  }

  /** Why a server-to-client request cannot be sent from here; undefined when it can. */
  refusalOf(
    method: string,
    params: Params | undefined,
    options: SendOptions | undefined,
  ): Error | undefined {
    const origin = this.#originOf(options);
    if (origin === undefined) return noClient(NO_ORIGIN(method, this.#affinity));
    const { client, call } = origin;
    if (client.questions === undefined || client.identity === undefined) {
      return noClient(STATELESS(method));
    }
    const fault = capabilityFault(client.identity, method, params);
    if (fault !== undefined) return new Error(fault);
    // A request that belongs to a task waits in the task's queue and leaves with `tasks/result`.
    if (relatedTask(params) !== undefined) return undefined;
    if (call === undefined) return undefined;
    if (call.isOver) return noClient(CALL_OVER(method));
    if (call.port.isOpen || client.standalone !== undefined) return undefined;
    return noClient(NO_STREAM(method));
  }

  clear(): void {
    this.#questions.clear();
    this.tasks.clear();
    this.elicitations.clear();
  }

  #toTaskOwner(message: JsonRpcNotification): Later<void> {
    const { taskId, status } = message.params ?? {};
    const owner = this.tasks.owner(taskId)?.contextId ?? context.getStore()?.client.contextId;
    if (isTerminal(status)) this.tasks.finished(taskId);
    if (owner === undefined) return undefined;
    return this.#toContext(owner, JSON.stringify(message));
  }

  #toElicited(elicitationId: unknown, json: string): void {
    const asked = this.elicitations.owner(elicitationId);
    const client = asked === undefined ? undefined : this.#clientOf(asked);
    if (client?.identity !== undefined && acceptsElicitationComplete(client.identity)) {
      void client.standalone?.send(json);
    }
  }

  #toToken(message: JsonRpcNotification): Later<void> {
    const token = message.params?.progressToken;
    const call = typeof token === 'number' ? this.#calls.get(token) : undefined;
    const owner = call ?? this.tasks.ownerOfToken(token);
    if (owner?.progressToken === undefined) return undefined;
    const json = JSON.stringify({
      ...message,
      params: { ...message.params, progressToken: owner.progressToken },
    });
    if (call?.port.isOpen === true) return call.port.send(json);
    const contextId = call?.client.contextId ?? (owner as { contextId: string }).contextId;
    return this.#toContext(contextId, json, call?.client);
  }

  #toOrigin(message: JsonRpcNotification, options: SendOptions | undefined): Later<void> {
    const origin = this.#originOf(options);
    if (origin === undefined) {
      this.#logger.debug({ method: message.method }, 'dropped a notification that names no client');
      return undefined;
    }
    const isLog = message.method === 'notifications/message';
    if (isLog && !isLogged(message.params?.level, origin.client.logLevel)) return undefined;
    const json = JSON.stringify(message);
    const { call } = origin;
    if (call !== undefined && !call.isOver && call.port.isOpen) return call.port.send(json);
    return this.#toContext(origin.client.contextId, json, origin.client);
  }

  /** @param before - the client as it was: it may be at another instance, while nothing of it is open here. */
  #toContext(contextId: string, json: string, before?: Client): Later<void> {
    const elsewhere = before?.instance === undefined ? undefined : before;
    return (this.#clientOf(contextId) ?? elsewhere)?.standalone?.send(json);
  }

  #clientOf(contextId: string): Client | undefined {
    for (const audience of this.audiences) {
      const client = audience.client(contextId);
      if (client !== undefined) return client;
    }
    return undefined;
  }

  /** The call that a message names, else the one whose code is running. */
  #originOf(options: SendOptions | undefined): Context | undefined {
    const current = context.getStore();
    const related = options?.relatedRequestId;
    if (related === undefined) return this.#affinity === 'explicit' ? undefined : current;
    const call = this.#calls.get(related as number);
    return call ?? (current?.call?.id === related ? current : undefined);
  }

  /** Answers in the client's place: the SDK forgets a request only when it is answered. */
  #fail({ id }: JsonRpcRequest, origin: Context | undefined, message: string): void {
    const response = errorResponse({ code: CODES.invalidRequest, message }, id);
    this.#deliver(response, origin?.client);
  }
}
