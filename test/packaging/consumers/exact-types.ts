// Our declarations, read as strictly as TypeScript can and without the browser's types.
import { InMemoryEventStore } from '@modelcontextprotocol/sdk/examples/shared/inMemoryEventStore.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  type AuthGate,
  anyOf,
  customAuth,
  type EventStore,
  fromRequest,
  introspectionAuth,
  jwtAuth,
  keyvEventStore,
  type Listening,
  type McpRouter,
  type McpRouterOptions,
  mcpRouter,
  memoryStore,
  OptionError,
  type ServerFactory,
  serve,
  staticTokens,
} from 'express-mcp-router';
import { type RedisStoreOptions, redisStore } from 'express-mcp-router/redis';
import {
  type ContractCase,
  eventStoreContract,
  sharedStoreContract,
  storeContract,
} from 'express-mcp-router/testing';
import { createClient, createCluster, createSentinel } from 'redis';

const info = { name: 'consumer', version: '1.0.0' };
const factory: ServerFactory = async ({ headers, params }) =>
  headers.authorization === params.id ? new Server(info) : new McpServer(info);

const issuer = 'https://login.example.com';
const gates: AuthGate[] = [
  staticTokens({ 'a-token-of-22-letters-and-more': { clientId: 'ci', scopes: ['deploy'] } }),
  jwtAuth({ issuer, audience: ['api://one'], fetch }),
  introspectionAuth({ issuer, clientId: 'mcp', clientSecret: 'secret', clientAuth: 'basic' }),
  customAuth({
    verify: async (token) => ({ token, clientId: 'app', scopes: [] }),
    principal: ({ extra }) => (typeof extra?.sub === 'string' ? extra.sub : undefined),
  }),
  fromRequest((req) => req.auth),
  fromRequest((req: { user?: string }) =>
    req.user === undefined
      ? undefined
      : { token: '', clientId: 'web', scopes: [], extra: { sub: req.user } },
  ),
];

const options: McpRouterOptions = {
  baseUrl: 'https://api.example.com/v1',
  auth: anyOf(...gates),
  requiredScopes: ['mcp'],
  responseMode: 'json',
  session: { idleMs: 60_000 },
  store: memoryStore(),
};

const entries = new Map<string, unknown>();
const eventStore: EventStore = keyvEventStore(
  {
    get: async (key) => entries.get(key),
    set: async (key, value) => entries.set(key, value) === entries,
    delete: async (key) => entries.delete(key),
    on: () => undefined,
    off: () => undefined,
  },
  { ttlMs: 60_000 },
);

const redis: RedisStoreOptions = { prefix: 'mcp', durability: { replicas: 1, timeoutMs: 100 } };
const stores = [
  redisStore('redis://127.0.0.1:6379', redis),
  redisStore(createClient()),
  redisStore(createCluster({ rootNodes: [] })),
  redisStore(createSentinel({ name: 'pair', sentinelRootNodes: [] })),
];

export const cases: ContractCase[] = [
  ...stores.flatMap((store) => [
    ...storeContract(() => store),
    ...sharedStoreContract(async () => store),
  ]),
  ...eventStoreContract(() => eventStore),
  ...eventStoreContract(async () => new InMemoryEventStore()),
];

const routers: McpRouter[] = [
  mcpRouter(new McpServer(info), options),
  mcpRouter(new Server(info), {}),
  mcpRouter(factory, { stateless: true, cors: false }),
];

export async function start(): Promise<Listening | string> {
  try {
    return await serve(new McpServer(info), { ...options, port: 0 });
  } catch (error) {
    return error instanceof OptionError ? error.code : `${routers.length} routers`;
  }
}
