/**
 * The API as it was before MCP: routes, validation, errors as JSON.
 *
 * Knows: Express and the to-do list. Does not know: MCP.
 *
 * @module
 */
import { type ErrorRequestHandler, type RequestHandler, Router } from 'express';
import { ZodError, z } from 'zod';
import {
  addTodo,
  completeTodo,
  findTodo,
  listTodos,
  newTodo,
  removeTodo,
  TodoNotFound,
} from './todos.js';

const idOf = z.object({ id: z.coerce.number().int() });
const filter = z.object({ open: z.enum(['true', 'false']).optional() });

export const todoRoutes = Router();

todoRoutes.get('/', (req, res) => {
  const { open } = filter.parse(req.query);
  res.json(listTodos({ openOnly: open === 'true' }));
});

todoRoutes.post('/', (req, res) => {
  res.status(201).json(addTodo(newTodo.parse(req.body)));
});

todoRoutes.get('/:id', (req, res) => {
  res.json(findTodo(idOf.parse(req.params).id));
});

todoRoutes.post('/:id/complete', (req, res) => {
  res.json(completeTodo(idOf.parse(req.params).id));
});

todoRoutes.delete('/:id', (req, res) => {
  removeTodo(idOf.parse(req.params).id);
  res.sendStatus(204);
});

export const unknownRoute: RequestHandler = (req, res) => {
  res.status(404).json({ error: 'unknown_route', message: `${req.method} ${req.path}` });
};

export const errorsAsJson: ErrorRequestHandler = (error, _req, res, next) => {
  if (res.headersSent) return next(error);
  const { status, code, message } = describe(error);
  if (status >= 500) console.error(error);
  res.status(status).json({ error: code, message });
};

function describe(error: unknown): { status: number; code: string; message: string } {
  if (error instanceof TodoNotFound) {
    return { status: 404, code: 'todo_not_found', message: error.message };
  }
  if (error instanceof ZodError) {
    return { status: 400, code: 'invalid_request', message: z.prettifyError(error) };
  }
  if (isParserError(error)) {
    return { status: error.status, code: 'unreadable_body', message: error.message };
  }
  return { status: 500, code: 'internal_error', message: 'Something went wrong.' };
}

/** What `express.json()` throws for a body that it cannot read. */
function isParserError(error: unknown): error is Error & { status: number } {
  return error instanceof Error && 'status' in error && 'type' in error;
}
