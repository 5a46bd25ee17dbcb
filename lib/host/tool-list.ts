/**
 * Answers to `tools/list` that may be given again.
 *
 * An `McpServer` computes its list from its registered tools and announces every change, so a client's
 * answer stays right until `list_changed`. It is kept for that client alone: a handler that was put in
 * the `McpServer`'s place may answer each caller differently, and no public member tells.
 *
 * Knows: the members that `McpServer` writes for each tool. Does not know: the tools.
 *
 * @module
 */
import type { JsonRpcRequest } from '../protocol/json-rpc.js';
import type { AnswerObserver } from './call.js';

/** Clients whose answers are kept; those kept first are forgotten first. */
const MAX_CLIENTS = 10_000;

/** What `McpServer` writes for every tool, with `undefined` where the tool has no such member. */
const WRITTEN = [
  'name',
  'title',
  'description',
  'inputSchema',
  'annotations',
  'execution',
  '_meta',
];

type Fields = Readonly<Record<string, unknown>>;

export class ToolList {
  readonly #byClient = new Map<string, string>();
  #latest = '';
  #changes = 0;

  /** The kept result as JSON; undefined when the server has to be asked. */
  get(request: JsonRpcRequest, client: string): string | undefined {
    return isPlain(request) ? this.#byClient.get(client) : undefined;
  }

  /** Keeps the answer that is on its way, if it is one that may be kept. */
  observer(request: JsonRpcRequest, client: string): AnswerObserver | undefined {
    if (!isPlain(request)) return undefined;
    const changes = this.#changes;
    return (response) => {
      const isKept =
        'result' in response && changes === this.#changes && isMcpServersOwn(response.result);
      if (isKept) this.#keep(client, JSON.stringify(response.result));
      return response;
    };
  }

  /** The tools changed. */
  clear(): void {
    this.#changes += 1;
    this.#byClient.clear();
    this.#latest = '';
  }

  #keep(client: string, json: string): void {
    // Most clients get the same list: they share one text.
    if (json !== this.#latest) this.#latest = json;
    this.#byClient.set(client, this.#latest);
    if (this.#byClient.size <= MAX_CLIENTS) return;
    for (const oldest of this.#byClient.keys()) {
      this.#byClient.delete(oldest);
      return;
    }
  }
}

/** A request that asks for the whole list; `_meta` does not change it. */
const isPlain = ({ method, params }: JsonRpcRequest): boolean =>
  method === 'tools/list' &&
  (params === undefined || Object.keys(params).every((name) => name === '_meta'));

function isMcpServersOwn({ tools, ...others }: Fields): boolean {
  if (!Array.isArray(tools) || tools.length === 0 || Object.keys(others).length > 0) return false;
  return tools.every((tool: Fields) => {
    const names = Object.keys(tool);
    return WRITTEN.every((name) => names.includes(name));
  });
}
