/**
 * The to-do list that the API is about.
 *
 * Knows: to-dos and their rules. Does not know: Express, MCP.
 *
 * @module
 */
import { EventEmitter } from 'node:events';
import { z } from 'zod';

export const todo = z.object({ id: z.int(), title: z.string(), done: z.boolean() });

export const newTodo = z.object({
  title: z.string().trim().min(1).max(200).describe('What is to be done'),
});

export type Todo = z.output<typeof todo>;
export type NewTodo = z.output<typeof newTodo>;

/** Emits `change` whenever a to-do was added, completed or removed. */
export const todoEvents = new EventEmitter();

export class TodoNotFound extends Error {
  constructor(id: number) {
    super(`There is no to-do ${id}.`);
  }
}

const todos = new Map<number, Todo>();
let lastId = 0;

export function listTodos({ openOnly = false } = {}): Todo[] {
  return [...todos.values()].filter(({ done }) => !openOnly || !done);
}

export function findTodo(id: number): Todo {
  const found = todos.get(id);
  if (found === undefined) throw new TodoNotFound(id);
  return found;
}

export function addTodo({ title }: NewTodo): Todo {
  lastId += 1;
  return keep({ id: lastId, title, done: false });
}

export function completeTodo(id: number): Todo {
  return keep({ ...findTodo(id), done: true });
}

export function removeTodo(id: number): void {
  if (!todos.delete(id)) throw new TodoNotFound(id);
  todoEvents.emit('change');
}

function keep(changed: Todo): Todo {
  todos.set(changed.id, changed);
  todoEvents.emit('change');
  return changed;
}

addTodo({ title: 'Read the express-mcp-router README' });
addTodo({ title: 'Give an existing API to an assistant' });
