/**
 * The options of an endpoint: defaults, what wins over what, and what is refused in which words.
 *
 * @module
 */
import { type McpRouterOptions, memoryStore } from 'express-mcp-router';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../lib/env.js';
import { resolveOptions } from '../../lib/resolve-options.js';
import { RecordedLogger } from '../support/recorded-logger.js';
import { optionErrorOf } from '../support/thrown.js';

const KEY = 'k'.repeat(32);
const OLD_KEY = 'o'.repeat(40);

type Variables = Record<string, string>;

/** What is in force; `options` may be wrong on purpose. */
const resolved = (options: object, variables: Variables = {}) =>
  resolveOptions(options as McpRouterOptions, readEnvironment(variables));

const refusalOf = (options: unknown, variables: Variables = {}) =>
  optionErrorOf(() => resolved(options as object, variables));

describe('the defaults', () => {
  it('are those that the documentation names (DESIGN §2)', () => {
    expect(resolved({}).settings).toEqual({
      address: {
        url: undefined,
        baseUrl: undefined,
        mcpPath: '/mcp',
        issuerUrl: undefined,
        resourceBaseUrl: undefined,
        resource: undefined,
        proxyPrefix: '',
      },
      auth: false,
      requiredScopes: [],
      scopes: {},
      wellKnown: 'internal',
      resourceName: undefined,
      resourceDocumentation: undefined,
      scopesSupported: undefined,
      rootAliases: false,
      answerUnknownProbes: false,
      stateless: false,
      responseMode: 'auto',
      upgradeAfterMs: 1_000,
      keepAliveMs: 15_000,
      retryIntervalMs: 1_000,
      session: {
        idleMs: 30 * 60_000,
        absoluteMs: 24 * 3_600_000,
        max: 100_000,
        perPrincipal: 100,
        perAddress: 1_000,
      },
      limits: {
        bodyBytes: 4 * 1_048_576,
        batch: 100,
        callsPerSession: 64,
        callMs: 3_600_000,
        askMs: 60_000,
        unsentBytes: 1_048_576,
      },
      cors: { sendHeaders: true, origins: [], maxAgeSeconds: 600 },
      allowedHosts: [],
      dangerouslyAllowAnyHost: false,
      dangerouslyAllowAnyOrigin: false,
      affinity: 'context',
      dangerouslyShareClientState: false,
      rateLimit: false,
      legacySse: false,
    });
  });

  it('hold for every option that is undefined, in groups too', () => {
    const names = Object.keys(resolved({}).settings).filter((name) => name !== 'address');
    const absent = Object.fromEntries(
      [...names, 'baseUrl', 'secret'].map((name) => [name, undefined]),
    );
    const groups = {
      session: { idleMs: undefined },
      limits: { batch: undefined },
      cors: { origins: undefined },
    };
    expect(resolved(absent)).toEqual(resolved({}));
    expect(resolved({ ...absent, ...groups })).toEqual(resolved({}));
  });

  it('fill up a group that is given in part', () => {
    const { session, limits } = resolved({ session: { max: 5 }, limits: { batch: 2 } }).settings;
    expect(session).toEqual({ ...resolved({}).settings.session, max: 5 });
    expect(limits).toEqual({ ...resolved({}).settings.limits, batch: 2 });
  });
});

describe('resolveOptions', () => {
  it('keeps secrets out of the settings, and the ring in its order', () => {
    const one = resolved({ secret: KEY });
    const ring = resolved({ secret: [KEY, OLD_KEY] });
    expect(one.secrets).toEqual([KEY]);
    expect(ring.secrets).toEqual([KEY, OLD_KEY]);
    expect(JSON.stringify([one.settings, ring.settings])).not.toMatch(/kkkk|oooo/);
  });

  it('counts bytes of a secret, not characters', () => {
    expect(resolved({ secret: 'é'.repeat(16) }).secrets).toHaveLength(1);
  });

  it('freezes the settings in depth', () => {
    const { settings } = resolved({ cors: { origins: ['https://app.example.com'] } });
    for (const part of [settings, settings.session, settings.cors.origins, settings.address]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it('leaves the objects it is given as they are', () => {
    const options = { session: { max: 5 }, allowedHosts: ['Example.com'], cors: { origins: [] } };
    resolved(options, { MCP_SESSION_IDLE_SECONDS: '60' });
    expect(options).toEqual({
      session: { max: 5 },
      allowedHosts: ['Example.com'],
      cors: { origins: [] },
    });
    expect(Object.isFrozen(options.allowedHosts)).toBe(false);
  });

  it('writes origins and hosts as browsers and clients send them', () => {
    const { cors, allowedHosts } = resolved({
      cors: { origins: ['HTTPS://App.Example.com:443', 'http://localhost:80'] },
      allowedHosts: ['Example.COM', 'example.org.', 'example.net.:8443', '[::1]:80'],
    }).settings;
    expect(cors.origins).toEqual(['https://app.example.com', 'http://localhost']);
    expect(allowedHosts).toEqual(['example.com', 'example.org', 'example.net:8443', '[::1]:80']);
  });

  it('sends no headers with cors: false', () => {
    expect(resolved({ cors: false }).settings.cors).toEqual({
      sendHeaders: false,
      origins: [],
      maxAgeSeconds: 0,
    });
  });

  it('takes one middleware or many, a logger and a store as they are', () => {
    const one = () => {};
    const logger = new RecordedLogger();
    const store = memoryStore();
    expect(resolved({ middleware: one }).middleware).toEqual([one]);
    expect(resolved({ middleware: [one, one] }).middleware).toEqual([one, one]);
    resolved({ logger }).logger.info({ a: 1 }, 'told');
    expect(logger.lines).toEqual([{ level: 'info', told: [{ a: 1 }, 'told'] }]);
    expect(resolved({ store }).store).toBe(store);
  });
});

describe('the environment', () => {
  const variables = {
    MCP_STATELESS_HTTP: 'true',
    MCP_RESPONSE_MODE: 'json',
    MCP_SECRET: KEY,
    MCP_ALLOWED_HOSTS: 'one.example.com',
    MCP_ALLOWED_ORIGINS: 'https://one.example.com',
    MCP_SESSION_IDLE_SECONDS: '60',
    MCP_BASE_URL: 'https://one.example.com/api',
    MCP_PATH: '/tools',
  };

  it('holds where no option is given', () => {
    const { settings, secrets } = resolved({}, variables);
    expect(settings).toMatchObject({
      stateless: true,
      responseMode: 'json',
      allowedHosts: ['one.example.com'],
      cors: { origins: ['https://one.example.com'] },
      session: { idleMs: 60_000, max: 100_000 },
      address: { url: 'https://one.example.com/api/tools' },
    });
    expect(secrets).toEqual([KEY]);
  });

  it('yields to explicit options (DESIGN §9)', () => {
    const explicit = {
      stateless: false,
      responseMode: 'sse',
      secret: OLD_KEY,
      allowedHosts: [],
      cors: { origins: [] },
      session: { idleMs: 5_000 },
      baseUrl: 'https://two.example.com',
      mcpPath: '/two',
    };
    const { settings, secrets } = resolved(explicit, variables);
    expect(settings).toMatchObject({
      stateless: false,
      responseMode: 'sse',
      allowedHosts: [],
      cors: { origins: [] },
      session: { idleMs: 5_000 },
      address: { url: 'https://two.example.com/two' },
    });
    expect(secrets).toEqual([OLD_KEY]);
  });

  it('fills up groups that are given in part', () => {
    const options = { session: { max: 5 }, cors: { maxAgeSeconds: 5 } };
    expect(resolved(options, variables).settings).toMatchObject({
      session: { idleMs: 60_000, max: 5 },
      cors: { origins: ['https://one.example.com'], maxAgeSeconds: 5 },
    });
  });

  it('keeps the list of origins that are let in when cors is false (DESIGN §2)', () => {
    expect(resolved({ cors: false }, variables).settings.cors).toMatchObject({
      sendHeaders: false,
      origins: ['https://one.example.com'],
    });
  });

  it('does not make a wrong group right', () => {
    expect(refusalOf({ session: null }, variables)).toBe('session: expected an object, got null.');
    expect(refusalOf({ session: [] }, variables)).toMatch(/^session: expected an object, got /);
  });
});

describe('a refusal', () => {
  it.each<[string, object]>([
    ['options: unknown option "sesion". Did you mean "session"?', { sesion: {} }],
    ['options: unknown option "BaseURL". Did you mean "baseUrl"?', { BaseURL: 'https://h' }],
    ['options: unknown option "respnseMode". Did you mean "responseMode"?', { respnseMode: 'sse' }],
    ['session: unknown option "idle". Did you mean "idleMs"?', { session: { idle: 5 } }],
    ['limits: unknown option "batches". Did you mean "batch"?', { limits: { batches: 5 } }],
    ['cors: unknown option "origin". Did you mean "origins"?', { cors: { origin: '*' } }],
    ['options: unknown option "somethingElse".', { somethingElse: 1 }],
  ])('suggests the option that was meant: %s', (message, options) => {
    expect(refusalOf(options)).toBe(message);
  });

  it.each(['modern', 'storage'])('meets an option that this release does not have: %s', (name) => {
    expect(refusalOf({ [name]: true })).toContain(`unknown option "${name}"`);
  });

  it.each<[unknown, string]>([
    [null, 'options: expected an object, got null.'],
    [5, 'options: expected an object, got 5.'],
    [[], 'options: expected an object, got an array.'],
    [{ stateless: 'yes' }, 'stateless: expected true or false, got "yes".'],
    [{ responseMode: 'xml' }, 'responseMode: expected "auto", "json" or "sse", got "xml".'],
    [{ affinity: 'none' }, 'affinity: expected "context" or "explicit", got "none".'],
    [{ session: 5 }, 'session: expected an object, got 5.'],
    [{ limits: null }, 'limits: expected an object, got null.'],
    [
      { cors: true },
      'cors: expected false, or an object with origins and maxAgeSeconds, got true.',
    ],
    [
      { cors: { maxAgeSeconds: 0 } },
      'cors.maxAgeSeconds: expected seconds, a positive integer, got 0.',
    ],
    [{ limits: { batch: '5' } }, 'limits.batch: expected a positive integer, got "5".'],
    [{ limits: { bodyBytes: 1.5 } }, 'limits.bodyBytes: expected a positive integer, got 1.5.'],
    [{ session: { max: -1 } }, 'session.max: expected a positive integer, got -1.'],
    [
      { limits: { callMs: Number.POSITIVE_INFINITY } },
      'limits.callMs: expected milliseconds, a positive integer, got Infinity.',
    ],
    [
      { keepAliveMs: Number.NaN },
      'keepAliveMs: expected milliseconds, a positive integer, got NaN.',
    ],
    [
      { keepAliveMs: 3e9 },
      'keepAliveMs: expected at most 2147483647 milliseconds, got 3000000000.',
    ],
    [{ baseUrl: 5 }, 'baseUrl: expected a URL, got 5.'],
    [{ mcpPath: 5 }, 'mcpPath: expected a path, got 5.'],
    [
      { baseUrl: 'http://api.example.com' },
      'baseUrl: expected an https URL, got "http://api.example.com". Plain http is for loopback hosts only.',
    ],
    [
      { middleware: 5 },
      'middleware: expected a function (req, res, next), or an array of them, got 5.',
    ],
    [{ middleware: [5] }, 'middleware.0: expected a function (req, res, next), got 5.'],
    [{ store: 5 }, 'store: expected a store such as memoryStore() or redisStore(…), got 5.'],
    [{ logger: 5 }, 'logger: expected an object with debug, info, warn and error, got 5.'],
    [{ secret: 'short' }, 'secret: expected at least 32 bytes, got 5 bytes.'],
    [{ secret: [KEY, 'short'] }, 'secret.1: expected at least 32 bytes, got 5 bytes.'],
    [{ secret: [] }, 'secret: expected at least one key, got an array.'],
    [{ secret: 5 }, 'secret: expected a key of at least 32 bytes, or a ring of them, got number.'],
    [
      { allowedHosts: ['https://mcp.example.com:8443/api'] },
      'allowedHosts.0: expected a host such as "mcp.example.com:8443", without scheme and path, got "https://mcp.example.com:8443/api".',
    ],
    [
      { allowedHosts: 'example.com' },
      'allowedHosts: expected an array of hosts, got "example.com".',
    ],
  ])('says where, what was expected and what was given: %o', (options, message) => {
    expect(refusalOf(options)).toBe(message);
  });

  it.each<[object, string]>([
    [
      { legacySse: true, stateless: true },
      'legacySse: expected an endpoint with sessions, got stateless: true. Leave one of them out.',
    ],
    [
      { legacySse: true, mcpPath: '/sse' },
      'mcpPath: expected another path than "/sse" and "/messages", which legacySse: true takes, got "/sse". Write "/mcp".',
    ],
    [
      { legacySse: true, mcpPath: '/Messages/' },
      'mcpPath: expected another path than "/sse" and "/messages", which legacySse: true takes, got "/Messages". Write "/mcp".',
    ],
    [{ legacySse: 'yes' }, 'legacySse: expected true or false, got "yes".'],
  ])('meets what HTTP+SSE cannot be served with: %o', (options, message) => {
    expect(refusalOf(options)).toBe(message);
  });

  it('meets HTTP+SSE where the environment says stateless', () => {
    expect(refusalOf({ legacySse: true }, { MCP_STATELESS_HTTP: 'true' })).toMatch(/^legacySse: /);
  });

  it.each([
    { legacySse: false, stateless: true, mcpPath: '/sse' },
    { legacySse: true, mcpPath: '/sse/mcp' },
    { legacySse: true, mcpPath: '/' },
  ])('does not meet %o', (options) => {
    expect(resolved(options).settings.legacySse).toBe(options.legacySse);
  });

  it.each(['*', 'app.example.com', 'https://app.example.com/', 'https://*.example.com', 'null', 5])(
    'takes bare origins only, and names the way to let all in: %o',
    (origin) => {
      expect(refusalOf({ cors: { origins: [origin] } })).toMatch(
        /^cors\.origins\.0: expected an? /,
      );
    },
  );

  it('names dangerouslyAllowAnyOrigin to whoever writes "*"', () => {
    expect(refusalOf({ cors: { origins: ['*'] } })).toContain('dangerouslyAllowAnyOrigin');
  });

  it('never repeats a secret, whatever is wrong with it', () => {
    const given = ['hunter2', ['hunter2'], { hunter2: 'hunter2' }, [KEY, { key: 'hunter2' }]];
    for (const secret of given) expect(refusalOf({ secret })).not.toContain('hunter2');
    expect(refusalOf({ secret: 'hunter2', sesion: 1 })).not.toContain('hunter2');
  });
});
