/**
 * One endpoint in the apps that people have: the body parser before it or after it, alone or behind
 * `helmet()` and `compression()`.
 *
 * Knows: Express apps. Does not know: what is sent to them.
 *
 * @module
 */
import compression from 'compression';
import express, { type ErrorRequestHandler } from 'express';
import type { McpRouter } from 'express-mcp-router';
import helmet from 'helmet';
import { listen } from './listen.js';

/** Where the parser stands, and what else does. */
export interface AppShape {
  readonly order: 'before' | 'after';
  readonly company: 'nothing' | 'helmet() and compression()';
}

export const APP_SHAPES: readonly AppShape[] = [
  { order: 'after', company: 'nothing' },
  { order: 'before', company: 'nothing' },
  { order: 'after', company: 'helmet() and compression()' },
  { order: 'before', company: 'helmet() and compression()' },
];

/** A status that only the app's own error handler gives: nothing of ours may reach it. */
export const REACHED_THE_APP = 599;

const appErrors: ErrorRequestHandler = (_error, _req, res, _next) => {
  res.status(REACHED_THE_APP).end();
};

/** Serves `router` at `/api` of such an app; returns the URL of the endpoint. */
export async function serveIn({ order, company }: AppShape, router: McpRouter): Promise<string> {
  const app = express();
  if (company !== 'nothing') app.use(helmet(), compression());
  if (order === 'before') app.use(express.json());
  app.use('/api', router, router.mcp.errorHandler);
  if (order === 'after') app.use(express.json());
  app.use(appErrors);
  return `${await listen(app)}/api/mcp`;
}
