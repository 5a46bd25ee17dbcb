/**
 * One client request being served, from its POST to its terminal response.
 *
 * Knows: the two ids it goes by, its client, where its messages go, when it is over.
 * Does not know: HTTP, the server object, how ids are handed out.
 *
 * @module
 */
import type { JsonRpcRequest, JsonRpcResponse, RequestId } from '../protocol/json-rpc.js';
import { errorResponse } from '../protocol/json-rpc.js';
import type { Client } from './client.js';
import type { Context } from './context.js';
import type { Later } from './later.js';

/** Where the messages of a call go: the POST's own stream. */
export interface CallPort {
  /** True while messages other than the answer can be sent here. */
  readonly isOpen: boolean;
  /** Sends a notification or a server-to-client request. */
  send(json: string): Later<void>;
  /** Sends the call's terminal response. */
  answer(json: string): void;
  /** The call ended without a response: it was cancelled. */
  abandon(): void;
  /** Closes the connection and not the call; absent where a client does not come back. */
  closeConnection?(retryMs?: number): void;
}

/** Sees a call's response before its client does; may replace it. */
export type AnswerObserver = (response: JsonRpcResponse) => Later<JsonRpcResponse>;

const CANNOT_WRITE = {
  code: -32603,
  message: 'Internal error: the result cannot be written as JSON',
};

/** What a caller may see could not be found out. */
const CANNOT_DECIDE = errorResponse({ code: -32603, message: 'Internal error' });

/** A call is its own {@link Context}. */
export class Call implements Context {
  /** The id that the server sees: unique among all clients, never 0. */
  readonly id: number;
  readonly client: Client;
  readonly port: CallPort;
  readonly method: string;
  /** The id that the client gave. */
  readonly clientId: RequestId;
  readonly progressToken: RequestId | undefined;
  isOver = false;
  observe: AnswerObserver | undefined;
  /** Called once when the call is over, before its answer leaves. */
  onOver: (() => void) | undefined;

  constructor(id: number, request: JsonRpcRequest, client: Client, port: CallPort) {
    this.id = id;
    this.client = client;
    this.port = port;
    this.method = request.method;
    this.clientId = request.id;
    this.progressToken = request.params?._meta?.progressToken;
  }

  get call(): Call {
    return this;
  }

  /** Ends the call with a response that carries the server's id or none. */
  answer(response: JsonRpcResponse): void {
    if (this.isOver) return;
    this.isOver = true;
    const seen = this.#observed(response);
    if (!(seen instanceof Promise)) return this.#deliver(seen);
    void seen.catch(() => CANNOT_DECIDE).then((answer) => this.#deliver(answer));
  }

  /** Ends the call with a result that is JSON already. */
  answerText(resultJson: string): void {
    if (this.isOver) return;
    this.#end();
    const id = JSON.stringify(this.clientId);
    this.port.answer(`{"jsonrpc":"2.0","id":${id},"result":${resultJson}}`);
  }

  /** Ends the call without a response. */
  abandon(): void {
    if (this.isOver) return;
    this.#end();
    this.port.abandon();
  }

  #observed(response: JsonRpcResponse): Later<JsonRpcResponse> {
    try {
      return this.observe?.(response) ?? response;
    } catch {
      return CANNOT_DECIDE;
    }
  }

  #deliver(response: JsonRpcResponse): void {
    this.onOver?.();
    this.port.answer(this.#write(response));
  }

  #end(): void {
    this.isOver = true;
    this.onOver?.();
  }

  #write(response: JsonRpcResponse): string {
    try {
      return JSON.stringify({ ...response, id: this.clientId });
    } catch {
      return JSON.stringify(errorResponse(CANNOT_WRITE, this.clientId));
    }
  }
}
