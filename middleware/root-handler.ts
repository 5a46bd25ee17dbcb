/**
 * An endpoint as a whole server: with its documents, its health routes and safe headers.
 *
 * There is no app around it: an app gives every request and response another prototype, which costs more than
 * all else that is done for a call.
 *
 * Knows: Express routers and `node:http`. Does not know: ports.
 *
 * @module
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type NextFunction, type Request, type Response, Router } from 'express';
import helmet from 'helmet';
import { healthRouter } from './health-router.js';
import type { McpRouter } from './mcp-router.js';
import { wellKnownRouter } from './well-known-router.js';

/** Answers everything that is asked of a server with this endpoint. */
export function rootHandler(router: McpRouter): RequestListener {
  const root = Router().use(helmet(), wellKnownRouter(router), healthRouter(router), router);
  return (req: IncomingMessage, res: ServerResponse) => {
    const finish: NextFunction = (error?: unknown) => {
      const status = error === undefined ? 404 : 500;
      const body = JSON.stringify({ error: status === 404 ? 'Not found' : 'Internal error' });
      if (!res.headersSent) res.writeHead(status, { 'Content-Type': 'application/json' });
      res.end(body);
    };
    root(req as Request, res as Response, finish);
  };
}
