/**
 * Whose tasks are whose (2025-11-25 basic/utilities/tasks).
 *
 * Knows: which client made a task, and that nobody else may see it.
 * Does not know: how tasks are stored or run; that is the server's.
 *
 * @module
 */
import type { JsonRpcRequest, JsonRpcResponse, RequestId } from '../protocol/json-rpc.js';
import { CODES, errorResponse, relatedTask } from '../protocol/json-rpc.js';
import type { Call } from './call.js';
import type { Client } from './client.js';

/** Tasks remembered per server; the oldest are forgotten first. */
const MAX_TASKS = 10_000;

/** Who made a task, and with which call. */
export interface TaskOwner {
  readonly contextId: string;
  readonly callId: number;
  /** The client's token of that call; it lives as long as the task. */
  readonly progressToken: RequestId | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** The words of the SDK's own handlers, so that a foreign task cannot be told from an unknown one. */
const NOT_FOUND: Readonly<Record<string, (taskId: string) => string>> = {
  'tasks/get': () => 'MCP error -32602: Failed to retrieve task: Task not found',
  'tasks/result': (taskId) => `MCP error -32602: Task not found: ${taskId}`,
  'tasks/cancel': (taskId) => `MCP error -32602: Task not found: ${taskId}`,
};

export class TaskOwners {
  readonly #owners = new Map<string, TaskOwner>();
  readonly #byToken = new Map<number, string>();

  /** Notes the task that a call's response announces. */
  note(call: Call, response: JsonRpcResponse): void {
    if (!('result' in response)) return;
    const taskId = (response.result.task as Fields | undefined)?.taskId;
    if (typeof taskId !== 'string' || call.method.startsWith('tasks/')) return;
    const { id: callId, progressToken } = call;
    this.#owners.set(taskId, { contextId: call.client.contextId, callId, progressToken });
    if (call.progressToken !== undefined) this.#byToken.set(call.id, taskId);
    const oldest = this.#owners.size > MAX_TASKS ? this.#owners.keys().next().value : undefined;
    if (oldest !== undefined) this.#forget(oldest);
  }

  /** Who made this task. */
  owner(taskId: unknown): TaskOwner | undefined {
    return typeof taskId === 'string' ? this.#owners.get(taskId) : undefined;
  }

  /** Whose progress a token reports after its call, because the call made a task that still runs. */
  ownerOfToken(token: unknown): TaskOwner | undefined {
    return typeof token === 'number' ? this.owner(this.#byToken.get(token)) : undefined;
  }

  /** The task reached its end: progress stops, ownership stays. */
  finished(taskId: unknown): void {
    const owner = this.owner(taskId);
    if (owner !== undefined) this.#byToken.delete(owner.callId);
  }

  /** The answer to a request that names somebody else's task; undefined when it may proceed. */
  refuse({ id, method, params }: JsonRpcRequest, client: Client): JsonRpcResponse | undefined {
    if (client.isNobody && method.startsWith('tasks/')) {
      return errorResponse({ code: CODES.methodNotFound, message: 'Method not found' }, id);
    }
    const taskId = NOT_FOUND[method] === undefined ? relatedTask(params) : params?.taskId;
    if (typeof taskId !== 'string' || !this.#isForeign(taskId, client)) return undefined;
    const say = NOT_FOUND[method] ?? NOT_FOUND['tasks/cancel'];
    return errorResponse({ code: CODES.invalidParams, message: say?.(taskId) ?? '' }, id);
  }

  /** `tasks/list` without the tasks of others, whatever the server's task store does. */
  ownOnly(response: JsonRpcResponse, client: Client): JsonRpcResponse {
    if (!('result' in response) || !Array.isArray(response.result.tasks)) return response;
    const tasks = response.result.tasks.filter(
      (task: Fields) => typeof task?.taskId === 'string' && !this.#isForeign(task.taskId, client),
    );
    return { ...response, result: { ...response.result, tasks } };
  }

  clear(): void {
    this.#owners.clear();
    this.#byToken.clear();
  }

  #isForeign(taskId: string, client: Client): boolean {
    const owner = this.#owners.get(taskId);
    return owner !== undefined && owner.contextId !== client.contextId;
  }

  #forget(taskId: string): void {
    this.finished(taskId);
    this.#owners.delete(taskId);
  }
}
