/**
 * Server-to-client requests: sampling, elicitation, roots, ping.
 *
 * Knows: the id on the wire, who was asked, and that only that client may answer.
 * Does not know: which stream a question travels on.
 *
 * @module
 */
import type { JsonRpcRequest, JsonRpcResponse, Params, RequestId } from '../protocol/json-rpc.js';
import type { Client } from './client.js';
import type { Later } from './later.js';

/** Hands a message to the server that asked. */
export type Deliver = (message: unknown, client: Client | undefined) => void;

/** The stream that a question goes out on. */
export interface QuestionPort {
  readonly isOpen: boolean;
  send(json: string): Later<void>;
}

/** A request that waits for its client's answer. */
export interface Question {
  readonly client: Client;
  readonly method: string;
  /** The client answered, with a result or an error. */
  answer(response: JsonRpcResponse): void;
  /** The client reports progress. */
  progress(params: Params): void;
  /** Sends a message after the question, on its stream or, when that is over, on the session's. */
  follow(json: string): void;
}

/** The questions of one server that are open now. */
export class Questions {
  readonly #server: string;
  readonly #deliver: Deliver;
  readonly #byServerId = new Map<RequestId, Question & { readonly wireId: string }>();

  /** @param server - makes ids unique among all servers that may serve one session. */
  constructor(server: string, deliver: Deliver) {
    this.#server = server;
    this.#deliver = deliver;
  }

  /** Sends `request` to `client` and keeps the place of its answer. */
  ask(request: JsonRpcRequest, client: Client, port: QuestionPort): void {
    const { id, method, params } = request;
    const wireId = wireIdOf(client.instance, this.#server, id);
    const question = {
      client,
      method,
      wireId,
      answer: (response: JsonRpcResponse) => {
        this.#forget(id);
        this.#deliver({ ...response, id }, client);
      },
      progress: (told: Params) => {
        const notification = { ...told, progressToken: id };
        this.#deliver(
          { jsonrpc: '2.0', method: 'notifications/progress', params: notification },
          client,
        );
      },
      follow: (json: string) => {
        if (port.isOpen) void port.send(json);
        else void client.standalone?.send(json);
      },
    };
    this.#byServerId.set(id, question);
    client.questions?.set(wireId, question);
    void port.send(
      JSON.stringify({ jsonrpc: '2.0', id: wireId, method, params: withToken(params, wireId) }),
    );
  }

  /** The server no longer waits: tells the client that was asked. */
  cancel(params: Params): void {
    const question = this.#byServerId.get(params.requestId as RequestId);
    if (question === undefined) return;
    this.#forget(params.requestId as RequestId);
    const told = { ...params, requestId: question.wireId };
    question.follow(
      JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: told }),
    );
  }

  /** The server is gone. */
  clear(): void {
    for (const id of [...this.#byServerId.keys()]) this.#forget(id);
  }

  #forget(id: RequestId): void {
    const question = this.#byServerId.get(id);
    if (question === undefined) return;
    this.#byServerId.delete(id);
    question.client.questions?.delete(question.wireId);
  }
}

/** `s.<instance>-<server>.<number>`; without other instances `s.<server>.<number>`. */
const wireIdOf = (instance: string | undefined, server: string, id: RequestId): string =>
  instance === undefined ? `s.${server}.${id}` : `s.${instance}-${server}.${id}`;

/** The instance that asked the question with this id; undefined for any other id. */
export function askerOf(wireId: unknown): string | undefined {
  if (typeof wireId !== 'string') return undefined;
  return /^s\.([0-9a-f]{12})-/.exec(wireId)?.[1];
}

/** The SDK uses the request's number as its progress token; on the wire it is the wire id. */
function withToken(params: Params | undefined, wireId: string): Params | undefined {
  if (params?._meta?.progressToken === undefined) return params;
  return { ...params, _meta: { ...params._meta, progressToken: wireId } };
}
