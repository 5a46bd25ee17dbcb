/**
 * The kept answer to `tools/list`.
 *
 * An `McpServer` computes its list from its registered tools alone and announces every change, so the
 * answer stays right until `list_changed`. A handler that somebody put in its place may answer each
 * caller differently; its answers are told by their shape and never kept.
 *
 * Knows: the members that `McpServer` writes for each tool, in order.
 * Does not know: the tools.
 *
 * @module
 */
import type { JsonRpcRequest } from '../protocol/json-rpc.js';
import type { AnswerObserver } from './call.js';

/** Callers whose answers are kept at a time. */
const MAX_CALLERS = 100;
const ANONYMOUS = '';

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
  readonly #byCaller = new Map<string, string>();
  #changes = 0;

  /** The kept result as JSON; undefined when the server has to be asked. */
  get(request: JsonRpcRequest, principal: string | undefined): string | undefined {
    return isPlain(request) ? this.#byCaller.get(principal ?? ANONYMOUS) : undefined;
  }

  /** Keeps the answer that is on its way, if it is one that may be kept. */
  observer(request: JsonRpcRequest, principal: string | undefined): AnswerObserver | undefined {
    if (!isPlain(request)) return undefined;
    const changes = this.#changes;
    return (response) => {
      if ('result' in response && changes === this.#changes && isMcpServersOwn(response.result)) {
        if (this.#byCaller.size >= MAX_CALLERS) this.#byCaller.clear();
        this.#byCaller.set(principal ?? ANONYMOUS, JSON.stringify(response.result));
      }
      return response;
    };
  }

  /** The tools changed. */
  clear(): void {
    this.#changes += 1;
    this.#byCaller.clear();
  }
}

/** A request that asks for the whole list; `_meta` does not change it. */
const isPlain = ({ method, params }: JsonRpcRequest): boolean =>
  method === 'tools/list' &&
  (params === undefined || Object.keys(params).every((name) => name === '_meta'));

function isMcpServersOwn({ tools, ...others }: Fields): boolean {
  return (
    Object.keys(others).length === 0 &&
    Array.isArray(tools) &&
    tools.every((tool: Fields) => {
      const names = Object.keys(tool);
      return WRITTEN.every((name) => names.includes(name));
    })
  );
}
