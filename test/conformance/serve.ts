/**
 * One server under test: `--server shared|factory-v1|factory-v2 --mount /mcp|/outer/inner/mcp
 * --express 5|4 --mode auto|sse`, and `--redis <url>` when it shares its sessions with others. Prints the
 * endpoint's URL as its only line and serves until it is stopped.
 *
 * Knows: how a user would mount the endpoint. Does not know: the suite.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import express from 'express';
import { type McpRouter, type McpRouterOptions, mcpRouter } from 'express-mcp-router';
import { redisStore } from 'express-mcp-router/redis';
import { createEverythingV1 } from './everything-v1.js';
import { createEverythingV2 } from './everything-v2.js';

const SERVERS: Record<string, (options: McpRouterOptions) => McpRouter> = {
  shared: (options) => mcpRouter(createEverythingV1(), options),
  'factory-v1': (options) => mcpRouter(createEverythingV1, options),
  'factory-v2': (options) => mcpRouter(createEverythingV2, options),
};

/** Instances of one endpoint have it in common. */
const SECRET = 'a secret of the servers under test, 32 bytes or more';

const { values } = parseArgs({
  options: {
    server: { type: 'string', default: 'shared' },
    mount: { type: 'string', default: '/mcp' },
    express: { type: 'string', default: '5' },
    mode: { type: 'string', default: 'auto' },
    redis: { type: 'string' },
  },
});

const web = createServer();
await new Promise<void>((resolve, reject) => {
  web.once('error', reject);
  web.listen(0, '127.0.0.1', resolve);
});
const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}${values.mount}`;
const router = routerUnderTest();
requireExpress(values.express, router);
web.on('request', appWith(router, values.mount.split('/').slice(1, -1)));
process.once('disconnect', () => process.exit());
console.log(url);

/** A nested endpoint is told its public address; one at the root has all the defaults. */
function routerUnderTest(): McpRouter {
  const build = SERVERS[values.server];
  if (build === undefined) throw new Error(`--server: unknown "${values.server}"`);
  const base = new URL('.', url);
  const responseMode = values.mode as McpRouterOptions['responseMode'];
  const baseUrl = base.pathname === '/' ? undefined : base;
  const { redis } = values;
  return build({
    responseMode,
    baseUrl,
    ...(redis && { store: redisStore(redis), secret: SECRET }),
  });
}

/** `['outer', 'inner']`: the endpoint at `/inner` of a router at `/outer` of the app. */
function appWith(endpoint: McpRouter, prefixes: readonly string[]): express.Express {
  const app = express();
  let place: express.IRouter = app;
  for (const prefix of prefixes.slice(0, -1)) {
    const nested = express.Router();
    place.use(`/${prefix}`, nested);
    place = nested;
  }
  place.use(`/${prefixes.at(-1) ?? ''}`, endpoint);
  return app;
}

/** Fails unless the app and the library both run on this major version of Express. */
function requireExpress(major: string, endpoint: McpRouter): void {
  const found = {
    app: 'query' in express ? '4' : '5',
    library: 'process_params' in endpoint ? '4' : '5',
  };
  if (found.app === major && found.library === major) return;
  throw new Error(`--express ${major}: the app has ${found.app}, the library ${found.library}`);
}
