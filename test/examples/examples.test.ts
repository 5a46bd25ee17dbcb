/**
 * Every example, run as a visitor runs it: the server in one process, the client in another.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { lacksChromium } from '../support/chromium.js';
import { listen } from '../support/listen.js';
import { hasNginx } from '../support/nginx.js';
import { lacksRedis, useRedis } from '../support/redis.js';
import { run, startServer } from './processes.js';

const EXAMPLES = new URL('../../examples/', import.meta.url);

/** Stories, and how many endpoints and pages their servers print. */
const STORIES = {
  'ask-the-user': 1,
  'browser-client': 2,
  'bearer-token': 2,
  'behind-helmet': 1,
  commonjs: 1,
  'custom-middleware': 1,
  'custom-path': 1,
  'direct-server': 1,
  'event-store-keyv': 1,
  'existing-api': 1,
  'existing-login': 1,
  health: 1,
  'long-running': 1,
  jwt: 1,
  'legacy-sse': 1,
  'nested-mounts': 3,
  'per-user-tools': 1,
  'remote-authorization-server': 1,
  'several-servers': 3,
  'several-tenants': 2,
  stateless: 2,
  'stateless-workers': 1,
  'tool-scopes': 1,
};

const { 'browser-client': pageAndEndpoint, ...STORIES_OF_NODE } = STORIES;

/** Stories that need a Redis, and most of them nginx beside it. */
const STORIES_OF_REDIS = ['graceful-deploy', 'redis-sessions', 'workers'];

/** Variables that a story needs. */
const VARIABLES: Readonly<Record<string, Record<string, string>>> = {
  'bearer-token': { MCP_AUTH_TOKEN: randomUUID() },
};

describe('the examples', () => {
  it.each(Object.entries(STORIES_OF_NODE))('%s proves itself', prove);

  it.skipIf(lacksChromium('the example browser-client'))(
    'browser-client proves itself',
    { timeout: 60_000 },
    () => prove('browser-client', pageAndEndpoint),
  );

  describe.skipIf(lacksRedis('the examples with Redis') || !hasNginx)('with Redis', () => {
    const redis = useRedis();

    it.each(STORIES_OF_REDIS)('%s proves itself', { timeout: 60_000 }, (story) =>
      prove(story, 1, { REDIS_URL: redis.url }),
    );
  });

  it('browser-client says in one line that there is no browser', async () => {
    const { code, stderr } = await run('browser-client', 'client', [], { PATH: '' });
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining('chromium')]);
  });

  it('are all run here, and each has a README', () => {
    const folders = readdirSync(EXAMPLES, { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    const told = [...Object.keys(STORIES), ...STORIES_OF_REDIS];
    expect(folders.map(({ name }) => name).sort()).toEqual(told.sort());
    for (const { name } of folders) {
      expect(readdirSync(new URL(name, EXAMPLES))).toContain('README.md');
    }
  });

  it('health answers the running call and ends by itself after SIGTERM', async () => {
    const { urls, exit } = await startServer('health');
    expect((await run('health', 'client', urls)).code).toBe(0);
    expect(await exit).toBe(0);
  });
});

it('bearer-token does not start when somebody forgot the token', async () => {
  const { code, stderr } = await run('bearer-token', 'server');
  expect(code).toBe(1);
  expect(stderr).toContain('MCP_AUTH_TOKEN');
});

describe('the API of existing-api', () => {
  it('prints its routes, its endpoint and a command to paste', async () => {
    const { urls, lines } = await startServer('existing-api');
    expect(lines[0]).toMatch(/http:\/\/127\.0\.0\.1:\d+\/api\/todos$/);
    expect(urls).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/api\/mcp$/)]);
  });

  it('answers its own routes as it did before', async () => {
    const todos = await startApi();
    const created = await fetch(todos, json({ title: '  Keep what was there  ' }));
    expect(created.status).toBe(201);
    const todo = (await created.json()) as { id: number };
    expect(todo).toEqual({ id: todo.id, title: 'Keep what was there', done: false });

    const completed = await fetch(`${todos}/${todo.id}/complete`, { method: 'POST' });
    expect(await completed.json()).toEqual({ ...todo, done: true });
    expect(await (await fetch(`${todos}?open=true`)).json()).not.toContainEqual(
      expect.objectContaining({ id: todo.id }),
    );

    const removed = await fetch(`${todos}/${todo.id}`, { method: 'DELETE' });
    expect(removed.status).toBe(204);
    expect(await refusalOf(fetch(`${todos}/${todo.id}`))).toEqual([404, 'todo_not_found']);
  });

  it('keeps its own validation, its own 404 and its own error handler', async () => {
    const todos = await startApi();
    expect(await refusalOf(fetch(todos, json({ title: '' })))).toEqual([400, 'invalid_request']);
    expect(await refusalOf(fetch(todos, json('{')))).toEqual([400, 'unreadable_body']);
    expect(await refusalOf(fetch(`${todos}/nowhere/at/all`))).toEqual([404, 'unknown_route']);
    expect(await refusalOf(fetch(new URL('/api/none', todos)))).toEqual([404, 'unknown_route']);
  });

  it('answers malformed JSON at the endpoint with a JSON-RPC error', async () => {
    const response = await fetch(new URL('mcp', await startApi()), json('{'));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ jsonrpc: '2.0', error: { code: -32_700 } });
  });

  it('is missed by the demo in one line', async () => {
    const gone = await closedOrigin();
    const { code, stderr } = await run('existing-api', 'client', [`${gone}/api/mcp`]);
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(`${gone}/api/mcp`)]);
  });

  it('says in one line that its port is taken', async () => {
    const taken = new URL(await listen((_req, res) => res.end()));
    const { code, stderr } = await run('existing-api', 'server', [], { PORT: taken.port });
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(taken.port)]);
  });
});

/** Runs a story's client against its server, to its end. */
async function prove(story: string, addresses: number, env = VARIABLES[story]): Promise<void> {
  const { urls } = await startServer(story, addresses, env);
  const { code, stdout, stderr } = await run(story, 'client', urls, env);
  expect(code, stdout + stderr).toBe(0);
}

/** Starts the API; returns the URL of its to-dos. */
async function startApi(): Promise<string> {
  const { urls } = await startServer('existing-api');
  return String(new URL('todos', urls[0]));
}

/** A POST of JSON; a text is sent as it is. */
function json(body: unknown): RequestInit {
  return {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
}

async function refusalOf(answer: Promise<Response>): Promise<[number, unknown]> {
  const response = await answer;
  const { error } = (await response.json()) as { error?: unknown };
  return [response.status, error];
}

/** An origin where nothing listens any more. */
async function closedOrigin(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}
