/**
 * `/healthz` and `/readyz` for load balancers and orchestrators.
 *
 * Knows: the two questions and their status codes. Does not know: what readiness depends on.
 *
 * @module
 */
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
    res.set('Cache-Control', 'no-store').json({ status: 'ok' });
  });
  router.get('/readyz', async (_req, res) => {
    const endpoints = await Promise.all(
      routers.map(async ({ mcp }) => ({
        endpoint: mcp.url ?? mcp.settings.address.mcpPath,
        ...(await mcp.ready()),
      })),
    );
    const isReady = endpoints.every(({ ready }) => ready);
    res
      .status(isReady ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json({ status: isReady ? 'ready' : 'unavailable', endpoints });
  });
  return router;
}
