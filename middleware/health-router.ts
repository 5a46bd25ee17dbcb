/**
 * `/healthz` and `/readyz` for load balancers and orchestrators.
 *
 * Knows: the two questions and their status codes. Does not know: what readiness depends on.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';
import { Router } from 'express';
import type { McpRouter } from './mcp-router.js';

/**
 * Routes that tell whether the process lives (`/healthz`) and whether it should get traffic
 * (`/readyz`: 503 while any of `routers` drains, is closed, or has lost its server).
 *
 * Neither is guarded or authenticated, and neither tells more than names and states.
 */
export function healthRouter(...routers: McpRouter[]): Router {
  const router = Router();
  router.get('/healthz', (_req, res) => {
    answer(res, 200, { status: 'ok' });
  });
  router.get('/readyz', async (_req, res) => {
    const endpoints = await Promise.all(
      routers.map(async ({ mcp }) => ({
        endpoint: mcp.url ?? mcp.settings.address.mcpPath,
        ...(await mcp.ready()),
      })),
    );
    const isReady = endpoints.every(({ ready }) => ready);
    const status = isReady ? 'ready' : 'unavailable';
    answer(res, isReady ? 200 : 503, { status, endpoints });
  });
  return router;
}

/** Written with `node:http` alone: the router may be mounted where there is no Express app. */
function answer(res: ServerResponse, status: number, told: object): void {
  const body = JSON.stringify(told);
  res.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  });
  res.end(body);
}
