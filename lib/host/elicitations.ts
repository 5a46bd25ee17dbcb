/**
 * Which client was sent to which URL (2025-11-25 client/elicitation §URL mode).
 *
 * Knows: elicitation ids and who was asked. Does not know: what is behind the URL.
 *
 * @module
 */
import type { JsonRpcRequest, JsonRpcResponse } from '../protocol/json-rpc.js';
import type { Client } from './client.js';

/** Elicitations remembered per server; the oldest are forgotten first. */
const MAX_ELICITATIONS = 10_000;
const URL_ELICITATION_REQUIRED = -32042;

type Fields = Readonly<Record<string, unknown>>;

export class ElicitationOwners {
  readonly #contextIds = new Map<string, string>();

  /** Notes the id in an `elicitation/create` request. */
  noteQuestion({ method, params }: JsonRpcRequest, client: Client): void {
    if (method === 'elicitation/create') this.#note(params?.elicitationId, client);
  }

  /** Notes the ids in a URLElicitationRequired error. */
  noteResponse(response: JsonRpcResponse, client: Client): void {
    if (!('error' in response) || response.error.code !== URL_ELICITATION_REQUIRED) return;
    const { elicitations } = (response.error.data ?? {}) as Fields;
    if (!Array.isArray(elicitations)) return;
    for (const elicitation of elicitations as Fields[]) {
      this.#note(elicitation?.elicitationId, client);
    }
  }

  /** The `contextId` of the client that was asked. */
  owner(elicitationId: unknown): string | undefined {
    return typeof elicitationId === 'string' ? this.#contextIds.get(elicitationId) : undefined;
  }

  clear(): void {
    this.#contextIds.clear();
  }

  #note(elicitationId: unknown, client: Client): void {
    if (typeof elicitationId !== 'string') return;
    this.#contextIds.set(elicitationId, client.contextId);
    if (this.#contextIds.size <= MAX_ELICITATIONS) return;
    for (const oldest of this.#contextIds.keys()) {
      this.#contextIds.delete(oldest);
      return;
    }
  }
}
