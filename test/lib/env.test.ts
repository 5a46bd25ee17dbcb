/**
 * The environment: which variables are read, in which form, and who may rely on an address in it.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { type McpRouter, type McpRouterOptions, mcpRouter } from 'express-mcp-router';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  claimProcessAddress,
  markedPort,
  readEnvironment,
  readServeEnvironment,
  workerMark,
} from '../../lib/env.js';
import { optionErrorOf, thrownBy } from '../support/thrown.js';

const KEY = 'k'.repeat(32);
const OLD_KEY = 'o'.repeat(32);

describe('readEnvironment', () => {
  it('has nothing to say when nothing is set', () => {
    expect(readEnvironment({ PATH: '/bin', MCP_SOMETHING: 'else' })).toEqual({});
    expect(readServeEnvironment({})).toEqual({});
  });

  it.each<[string, string, object]>([
    ['MCP_STATELESS_HTTP', 'true', { stateless: true }],
    ['MCP_STATELESS_HTTP', 'TRUE', { stateless: true }],
    ['MCP_STATELESS_HTTP', '1', { stateless: true }],
    ['MCP_STATELESS_HTTP', 'false', { stateless: false }],
    ['MCP_STATELESS_HTTP', ' 0 ', { stateless: false }],
    ['MCP_RESPONSE_MODE', 'sse', { responseMode: 'sse' }],
    ['MCP_AUTH_TOKEN', KEY, { authToken: KEY }],
    ['MCP_AUTH_TOKEN', ` ${KEY}== `, { authToken: `${KEY}==` }],
    ['MCP_SECRET', KEY, { secret: [KEY] }],
    ['MCP_SECRET', `${KEY}, ${OLD_KEY}`, { secret: [KEY, OLD_KEY] }],
    ['MCP_ALLOWED_HOSTS', 'a.example.com', { allowedHosts: ['a.example.com'] }],
    [
      'MCP_ALLOWED_HOSTS',
      'a.example.com, [::1]:80',
      { allowedHosts: ['a.example.com', '[::1]:80'] },
    ],
    [
      'MCP_ALLOWED_ORIGINS',
      'https://a.com,http://b.com',
      { corsOrigins: ['https://a.com', 'http://b.com'] },
    ],
    ['MCP_SESSION_IDLE_SECONDS', '60', { sessionIdleMs: 60_000 }],
    ['MCP_BASE_URL', 'https://example.com/api', { baseUrl: 'https://example.com/api' }],
    [
      'MCP_BASE_URL',
      'https://example.com/t/:tenant/',
      { baseUrl: 'https://example.com/t/:tenant' },
    ],
    ['MCP_PATH', '/tools/', { mcpPath: '/tools' }],
    ['MCP_PATH', '/', { mcpPath: '/' }],
  ])('takes %s=%s', (name, value, environment) => {
    expect(readEnvironment({ [name]: value })).toEqual(environment);
  });

  it('makes a logger from MCP_LOG_LEVEL', () => {
    const { logger } = readEnvironment({ MCP_LOG_LEVEL: 'silent' });
    expect(Object.keys(logger ?? {})).toEqual(['debug', 'info', 'warn', 'error']);
  });

  it.each([
    'MCP_STATELESS_HTTP',
    'MCP_RESPONSE_MODE',
    'MCP_SECRET',
    'MCP_ALLOWED_HOSTS',
    'MCP_ALLOWED_ORIGINS',
    'MCP_SESSION_IDLE_SECONDS',
    'MCP_LOG_LEVEL',
    'MCP_BASE_URL',
    'MCP_PATH',
    'MCP_AUTH_TOKEN',
    'MCP_REDIS_URL',
  ])('refuses %s when it is set but empty (DESIGN §9)', (name) => {
    for (const value of ['', '  ']) {
      expect(optionErrorOf(() => readEnvironment({ [name]: value }))).toMatch(`${name}: expected `);
    }
  });

  it.each([
    ['MCP_STATELESS_HTTP', 'yes'],
    ['MCP_STATELESS_HTTP', 'off'],
    ['MCP_STATELESS_HTTP', 'constructor'],
    ['MCP_RESPONSE_MODE', 'JSON'],
    ['MCP_RESPONSE_MODE', 'xml'],
    ['MCP_ALLOWED_HOSTS', 'a.example.com,'],
    ['MCP_ALLOWED_HOSTS', 'https://a.example.com'],
    ['MCP_ALLOWED_HOSTS', '*'],
    ['MCP_ALLOWED_ORIGINS', 'a.example.com'],
    ['MCP_ALLOWED_ORIGINS', 'https://a.example.com/path'],
    ['MCP_ALLOWED_ORIGINS', 'https://a.example.com,*'],
    ['MCP_SESSION_IDLE_SECONDS', '0'],
    ['MCP_SESSION_IDLE_SECONDS', '-1'],
    ['MCP_SESSION_IDLE_SECONDS', '1.5'],
    ['MCP_SESSION_IDLE_SECONDS', '1e3'],
    ['MCP_SESSION_IDLE_SECONDS', '30m'],
    ['MCP_SESSION_IDLE_SECONDS', '999999999'],
    ['MCP_LOG_LEVEL', 'verbose'],
    ['MCP_BASE_URL', 'example.com'],
    ['MCP_BASE_URL', 'http://example.com'],
    ['MCP_BASE_URL', 'https://example.com?a=1'],
    ['MCP_PATH', 'mcp'],
    ['MCP_PATH', '/:tenant'],
  ])('names the variable that is malformed: %s=%s', (name, value) => {
    const told = optionErrorOf(() => readEnvironment({ [name]: value }));
    expect(told).toMatch(`${name}: expected `);
    expect(told).toContain(`got ${JSON.stringify(value)}`);
  });

  it('tells the length of a secret, never the secret', () => {
    for (const value of ['hunter2', `${KEY},hunter2`, `${KEY},`]) {
      const told = optionErrorOf(() => readEnvironment({ MCP_SECRET: value }));
      expect(told).toMatch(/^MCP_SECRET: expected .* got \d+ bytes/);
      expect(told).not.toMatch(/hunter2|kkk/);
    }
  });

  it('never repeats credentials of an address', () => {
    const told = optionErrorOf(() => readEnvironment({ MCP_BASE_URL: 'https://me:hunter2@h' }));
    expect(told).not.toContain('hunter2');
  });

  it('takes an address of Redis', () => {
    for (const redisUrl of ['redis://me:hunter2@h:6380/3', 'rediss://h']) {
      expect(readEnvironment({ MCP_REDIS_URL: redisUrl })).toEqual({ redisUrl });
    }
  });

  it.each([
    'hunter2',
    'http://me:hunter2@h',
    'redis:hunter2',
    'redis://me:hunter2@h h',
    'redis://:hunter2@',
  ])('refuses what is no address of Redis, and does not repeat it: %s', (value) => {
    const told = optionErrorOf(() => readEnvironment({ MCP_REDIS_URL: value }));
    expect(told).toMatch(
      'MCP_REDIS_URL: expected a URL that begins with redis:// or rediss://, got',
    );
    expect(told).not.toContain('hunter2');
  });

  it.each([
    'hunter2',
    'hunter2-hunter2-hunte',
    'hunter2 hunter2 hunter2',
    'hunter2:hunter2:hunter2',
  ])('refuses a token that is short or no token, and tells only its length: %s', (value) => {
    const told = optionErrorOf(() => readEnvironment({ MCP_AUTH_TOKEN: value }));
    expect(told).toMatch(/^MCP_AUTH_TOKEN: expected .* got \d+ bytes/);
    expect(told).not.toContain('hunter2');
  });
});

describe('readServeEnvironment', () => {
  it.each<[string, string, object]>([
    ['MCP_HOST', '0.0.0.0', { host: '0.0.0.0' }],
    ['MCP_PORT', '0', { port: 0 }],
    ['MCP_PORT', '65535', { port: 65_535 }],
    ['MCP_WORKERS', '1', { workers: 1 }],
    ['MCP_WORKERS', '16', { workers: 16 }],
  ])('takes %s=%s', (name, value, environment) => {
    expect(readServeEnvironment({ [name]: value })).toEqual(environment);
  });

  it.each([
    ['MCP_HOST', ''],
    ['MCP_PORT', ''],
    ['MCP_PORT', '65536'],
    ['MCP_PORT', '-1'],
    ['MCP_PORT', '0x50'],
    ['MCP_PORT', 'http'],
    ['MCP_WORKERS', ''],
    ['MCP_WORKERS', '0'],
    ['MCP_WORKERS', '-2'],
    ['MCP_WORKERS', '1.5'],
    ['MCP_WORKERS', 'all'],
  ])('refuses %s=%s', (name, value) => {
    expect(optionErrorOf(() => readServeEnvironment({ [name]: value }))).toMatch(
      `${name}: expected `,
    );
  });
});

describe('markedPort', () => {
  it('is the port that this process’s own parent has marked it with, and nobody else’s', () => {
    const [name = ''] = Object.keys(workerMark(8000));
    expect(markedPort({ [name]: `${process.ppid}:8000` })).toBe(8000);
    expect(markedPort(workerMark(8000))).toBeUndefined();
    expect(markedPort({})).toBeUndefined();
  });
});

describe('claimProcessAddress', () => {
  const environment = { baseUrl: 'https://example.com', mcpPath: '/tools' };

  it('lets one router of the process rely on the environment, until it gives the address back', () => {
    const release = claimProcessAddress({}, environment);
    const second = () => claimProcessAddress({ mcpPath: '/two' }, environment);
    expect(thrownBy(second)).toMatchObject({ code: 'ERR_MCP_ENV_AMBIGUOUS' });
    release();
    second()();
  });

  it('does not give back what somebody else holds by now', () => {
    const first = claimProcessAddress({}, environment);
    first();
    const second = claimProcessAddress({}, environment);
    first();
    expect(thrownBy(() => claimProcessAddress({}, environment))).toMatchObject({
      code: 'ERR_MCP_ENV_AMBIGUOUS',
    });
    second();
  });

  it('lets one router rely on the token, too; auth: false is a value of one’s own', () => {
    const token = { authToken: KEY };
    const release = claimProcessAddress({}, token);
    const second = thrownBy(() => claimProcessAddress({ baseUrl: 'https://a.example.com' }, token));
    expect(second).toMatchObject({
      code: 'ERR_MCP_ENV_AMBIGUOUS',
      message: expect.stringMatching(/^MCP_AUTH_TOKEN: .* Give each router its own auth\.$/),
    });
    claimProcessAddress({ auth: false }, token)();
    release();
  });

  it('asks nothing of routers with values of their own', () => {
    const explicit = { baseUrl: 'https://a.example.com', mcpPath: '/a' };
    const release = claimProcessAddress({}, environment);
    for (let router = 0; router < 3; router += 1) claimProcessAddress(explicit, environment)();
    for (let router = 0; router < 3; router += 1) claimProcessAddress({}, {})();
    release();
  });

  it('names the variables that are relied on', () => {
    const release = claimProcessAddress({}, environment);
    const { message } = thrownBy(() =>
      claimProcessAddress({ mcpPath: '/a' }, environment),
    ) as Error;
    expect(message).toContain('MCP_BASE_URL');
    expect(message).not.toContain('MCP_PATH');
    release();
  });
});

describe('a router', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  function router(options?: McpRouterOptions): McpRouter {
    const built = mcpRouter(new McpServer({ name: 'env', version: '1.0.0' }), options);
    onTestFinished(() => built.mcp.close());
    return built;
  }

  it('takes its address from the environment of the process', () => {
    vi.stubEnv('MCP_BASE_URL', 'https://example.com/api');
    vi.stubEnv('MCP_PATH', '/tools');
    expect(router().mcp.url).toBe('https://example.com/api/tools');
  });

  it('is the only one to do so, unless it is closed first', async () => {
    vi.stubEnv('MCP_PATH', '/tools');
    const first = router();
    expect(thrownBy(router)).toMatchObject({ code: 'ERR_MCP_ENV_AMBIGUOUS' });
    expect(router({ mcpPath: '/two' }).mcp.settings.address.mcpPath).toBe('/two');
    await first.mcp.close();
    expect(router().mcp.settings.address.mcpPath).toBe('/tools');
  });

  it('is not built when a variable is malformed', () => {
    vi.stubEnv('MCP_STATELESS_HTTP', 'yes');
    expect(optionErrorOf(router)).toMatch(/^MCP_STATELESS_HTTP: /);
  });

  it('that cannot be built leaves the address to the next one', () => {
    vi.stubEnv('MCP_PATH', '/tools');
    const noServer = {} as McpServer;
    expect(thrownBy(() => mcpRouter(noServer))).toMatchObject({ code: 'ERR_MCP_OPTION' });
    expect(router().mcp.settings.address.mcpPath).toBe('/tools');
  });
});
