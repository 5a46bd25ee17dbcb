/**
 * Options checked and completed: explicit values first, then the environment, then defaults.
 *
 * Knows: every rule and every default. Does not know: who uses an option.
 *
 * @module
 */
import { z } from 'zod';
import { type AuthGate, hasAuthorizationServer } from './auth/port.js';
import { type Environment, MIN_SECRET_BYTES } from './env.js';
import { OptionError, shown } from './errors.js';
import type { EventStore } from './events/port.js';
import { faultless, type Logger, silentLogger } from './log.js';
import type { McpRouterOptions, Middleware, ResolvedOptions } from './options.js';
import type { Store } from './store/port.js';
import { isHost, isOrigin, resolveAddress } from './urls.js';

/** What `assemble` builds from. */
export interface Resolved {
  readonly settings: ResolvedOptions;
  /** Key ring, the current key first; empty without `secret`. */
  readonly secrets: readonly string[];
  readonly store: Store | undefined;
  readonly eventStore: EventStore | false | undefined;
  readonly middleware: readonly Middleware[];
  readonly logger: Logger;
}

const MAX_TIMER_MS = 2_147_483_647;

const count = (expected = 'a positive integer') =>
  z.int({ error: expected }).positive({ error: expected });
const duration = () =>
  z
    .int({ error: 'milliseconds, a positive integer' })
    .positive({ error: 'milliseconds, a positive integer' })
    .max(MAX_TIMER_MS, { error: `at most ${MAX_TIMER_MS} milliseconds` });
/** Unknown members have a message of their own; see `unknownOption`. */
const notAnObject = { error: 'an object' };
const flag = () => z.boolean({ error: 'true or false' });
const anyFunction = z.custom<Middleware>((value) => typeof value === 'function', {
  error: 'a function (req, res, next)',
});
const having = <T>(error: string, ...names: string[]) =>
  z.custom<T>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function'),
    { error },
  );

const origin = z.string({ error: 'an origin' }).refine(isOrigin, {
  error: 'a bare origin such as "https://app.example.com" (dangerouslyAllowAnyOrigin lets all in)',
});
const host = z.string({ error: 'a host' }).refine(isHost, {
  error: ({ input }) => `a host such as "${suggestedHost(String(input))}", without scheme and path`,
});
const secret = z
  .string({ error: 'a string of at least 32 bytes' })
  .refine((value) => Buffer.byteLength(value) >= MIN_SECRET_BYTES, {
    error: `at least ${MIN_SECRET_BYTES} bytes`,
  });
const url = z.union([z.string(), z.instanceof(URL)], { error: 'a URL' }).optional();
const path = z.string({ error: 'a path' }).optional();

const EVENT_STORE =
  'false, or an event store such as memoryEventStore() or an EventStore of the SDK';

const gate = z.custom<AuthGate>(isGate, { error: 'a gate' });
const page = z
  .union([z.string(), z.instanceof(URL)], { error: 'a URL' })
  .refine((value) => isPage(String(value)), {
    error: 'the URL of a page, such as "https://h/docs"',
  });
const scope = z
  .string({ error: 'a scope' })
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, { error: 'a scope without spaces and quotes' })
  .refine((value) => value !== 'offline_access', {
    error: 'a scope that tokens have (clients ask for offline_access by themselves)',
  });

const SCHEMA = z.strictObject({
  baseUrl: url,
  mcpPath: path,
  issuerUrl: url,
  resourceBaseUrl: url,
  proxyPrefix: path,
  auth: z
    .union([z.literal(false), gate], {
      error: 'false, or a gate such as staticTokens(…) or jwtAuth(…)',
    })
    .optional(),
  wellKnown: z
    .enum(['internal', 'external'], { error: '"internal" or "external"' })
    .default('internal'),
  resourceName: z.string({ error: 'a name' }).min(1, { error: 'a name' }).optional(),
  resourceDocumentation: page.optional(),
  scopesSupported: z.array(scope, { error: 'an array of scopes' }).optional(),
  rootAliases: flag().default(false),
  answerUnknownProbes: flag().default(false),
  stateless: flag().default(false),
  responseMode: z
    .enum(['auto', 'json', 'sse'], { error: '"auto", "json" or "sse"' })
    .default('auto'),
  upgradeAfterMs: duration().default(1_000),
  keepAliveMs: duration().default(15_000),
  retryIntervalMs: duration().default(1_000),
  session: z
    .strictObject(
      {
        idleMs: duration().default(1_800_000),
        absoluteMs: duration().default(86_400_000),
        max: count().default(100_000),
        perPrincipal: count().default(100),
        perAddress: count().default(1_000),
      },
      notAnObject,
    )
    .prefault({}),
  limits: z
    .strictObject(
      {
        bodyBytes: count().default(4_194_304),
        batch: count().default(100),
        callsPerSession: count().default(64),
        callMs: duration().default(3_600_000),
        askMs: duration().default(60_000),
        unsentBytes: count().default(1_048_576),
      },
      notAnObject,
    )
    .prefault({}),
  store: having<Store>('a store such as memoryStore()', 'sessions').optional(),
  eventStore: z
    .union(
      [
        z.literal(false),
        having<EventStore>(EVENT_STORE, 'open', 'find', 'drop', 'close'),
        having<EventStore>(EVENT_STORE, 'storeEvent', 'replayEventsAfter'),
      ],
      { error: EVENT_STORE },
    )
    .optional(),
  secret: z
    .union([secret, z.array(secret).min(1, { error: 'at least one key' })], {
      error: `a key of at least ${MIN_SECRET_BYTES} bytes, or a ring of them`,
    })
    .optional(),
  cors: z
    .union(
      [
        z.literal(false),
        z.strictObject({
          origins: z.array(origin, { error: 'an array of origins' }).optional(),
          maxAgeSeconds: count('seconds, a positive integer').default(600),
        }),
      ],
      { error: 'false, or an object with origins and maxAgeSeconds' },
    )
    .prefault({}),
  allowedHosts: z.array(host, { error: 'an array of hosts' }).default([]),
  dangerouslyAllowAnyHost: flag().default(false),
  dangerouslyAllowAnyOrigin: flag().default(false),
  affinity: z
    .enum(['context', 'explicit'], { error: '"context" or "explicit"' })
    .default('context'),
  dangerouslyShareClientState: flag().default(false),
  rateLimit: z
    .union([
      z.literal(false),
      z.strictObject({ limit: count(), windowMs: duration().default(60_000) }),
    ])
    .default(false),
  middleware: z
    .union([anyFunction, z.array(anyFunction)], {
      error: 'a function (req, res, next), or an array of them',
    })
    .default([]),
  logger: having<Logger>(
    'an object with debug, info, warn and error',
    'debug',
    'info',
    'warn',
    'error',
  ).optional(),
});

type Checked = z.output<typeof SCHEMA>;

/**
 * Checks the options of one endpoint.
 *
 * @throws OptionError that names the option, what was expected and what was given.
 */
export function resolveOptions(
  options: McpRouterOptions<unknown>,
  environment: Environment,
): Resolved {
  const values = merged(options, environment);
  const parsed = SCHEMA.safeParse(values);
  if (!parsed.success) throw faultOf(parsed.error.issues[0], values);
  const { secret: ring, middleware, store, eventStore, logger } = parsed.data;
  const settings = settingsOf(parsed.data, environment);
  refuseHomelessGate(settings);
  return {
    settings,
    secrets: ring === undefined ? [] : [ring].flat(),
    store,
    eventStore,
    middleware: [middleware].flat(),
    logger: faultless(logger ?? environment.logger ?? silentLogger),
  };
}

function refuseHomelessGate({ auth, address }: ResolvedOptions): void {
  if (auth === false || address.url !== undefined || !hasAuthorizationServer(auth)) return;
  throw new OptionError(
    `baseUrl: expected a URL with auth of the kind "${auth.name}", got none. Tokens are issued for the endpoint's URL.`,
  );
}

function isGate(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { verify, authorizationServers: servers } = value as Partial<AuthGate>;
  return typeof verify === 'function' && Array.isArray(servers) && servers.every(isText);
}

const isPage = (text: string) => /^https?:\/\/[^\s"<>\\^`{|}]+$/i.test(text) && URL.canParse(text);

const isText = (value: unknown) => typeof value === 'string' && value !== '';

function merged(options: McpRouterOptions<unknown>, environment: Environment): object {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const told = Array.isArray(options) ? 'an array' : shown(options);
    throw new OptionError(`options: expected an object, got ${told}.`);
  }
  const { logger: _logger, corsOrigins: _origins, sessionIdleMs, ...others } = environment;
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const values: Record<string, unknown> = { ...others, ...Object.fromEntries(given) };
  for (const [name, value] of Object.entries(values)) values[name] = withoutUndefined(value);
  const { session } = values;
  if (sessionIdleMs !== undefined && (session === undefined || isGroup(session))) {
    values.session = { idleMs: sessionIdleMs, ...session };
  }
  return values;
}

const isGroup = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** A group of options without the members that are `undefined`. */
function withoutUndefined(value: unknown): unknown {
  if (!isGroup(value)) return value;
  if (Object.values(value).some((member) => typeof member === 'function')) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}

function settingsOf(checked: Checked, { corsOrigins }: Environment): ResolvedOptions {
  const { stateless, responseMode, upgradeAfterMs, keepAliveMs, retryIntervalMs } = checked;
  const { session, limits, cors } = checked;
  const { affinity, allowedHosts, dangerouslyShareClientState } = checked;
  const { dangerouslyAllowAnyHost, dangerouslyAllowAnyOrigin } = checked;
  const origins = (cors === false ? undefined : cors.origins) ?? corsOrigins ?? [];
  const settings = deepFrozen({
    address: resolveAddress(checked),
    wellKnown: checked.wellKnown,
    resourceName: checked.resourceName,
    resourceDocumentation: checked.resourceDocumentation?.toString(),
    scopesSupported: checked.scopesSupported && [...checked.scopesSupported],
    rootAliases: checked.rootAliases,
    answerUnknownProbes: checked.answerUnknownProbes,
    stateless,
    responseMode,
    upgradeAfterMs,
    keepAliveMs,
    retryIntervalMs,
    session,
    limits,
    cors: {
      sendHeaders: cors !== false,
      origins: origins.map((text) => new URL(text).origin),
      maxAgeSeconds: cors === false ? 0 : cors.maxAgeSeconds,
    },
    allowedHosts: allowedHosts.map((name) => name.toLowerCase().replace(/\.(?=:|$)/, '')),
    dangerouslyAllowAnyHost,
    dangerouslyAllowAnyOrigin,
    affinity,
    dangerouslyShareClientState,
    rateLimit: checked.rateLimit,
  });
  // A gate has a life of its own; it is not ours to freeze.
  return Object.freeze({ ...settings, auth: checked.auth ?? false });
}

function deepFrozen<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) deepFrozen(member);
  }
  return Object.freeze(value);
}

/** The host of a URL that was given instead of one. */
function suggestedHost(text: string): string {
  const host = URL.canParse(text) ? new URL(text).host : '';
  return isHost(host) ? host : 'example.com:8443';
}

/** The first fault, as a sentence. */
function faultOf(issue: z.core.$ZodIssue | undefined, values: object): OptionError {
  if (issue === undefined) return new OptionError('options: expected valid options.');
  if (issue.code === 'invalid_union') {
    // Of the alternatives the one that got furthest tells what is wrong.
    const deepest = issue.errors.flat().sort((a, b) => b.path.length - a.path.length)[0];
    if (
      deepest !== undefined &&
      (deepest.path.length > 0 || deepest.code === 'unrecognized_keys')
    ) {
      return faultOf({ ...deepest, path: [...issue.path, ...deepest.path] }, values);
    }
  }
  const where = issue.path.join('.') || 'options';
  if (issue.code === 'unrecognized_keys') return unknownOption(issue.path, issue.keys);
  const value = issue.path.reduce<unknown>(
    (held, name) => (held as Record<PropertyKey, unknown> | undefined)?.[name],
    values,
  );
  if (KEPT_SECRET.has(issue.path[0])) return secretFault(where, issue, value);
  return new OptionError(`${where}: expected ${issue.message}, got ${shown(value)}.`);
}

/** Options whose wrong value may be a key or a token. */
const KEPT_SECRET = new Set<PropertyKey | undefined>(['secret', 'auth']);

/** Says of a key how long it is, and of anything else what kind of thing. */
function secretFault(where: string, { message }: z.core.$ZodIssue, value: unknown): OptionError {
  const kind = Array.isArray(value) ? 'an array' : typeof value;
  const told = typeof value === 'string' ? `${Buffer.byteLength(value)} bytes` : kind;
  return new OptionError(`${where}: expected ${message}, got ${told}.`);
}

function unknownOption(path: readonly PropertyKey[], keys: readonly string[]): OptionError {
  const [key = ''] = keys;
  const group = path.length === 0 ? SCHEMA.shape : shapeAt(path);
  const near = Object.keys(group)
    .map((name) => ({ name, distance: distanceBetween(name.toLowerCase(), key.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  const hint = near !== undefined && near.distance <= 3 ? ` Did you mean "${near.name}"?` : '';
  return new OptionError(`${path.join('.') || 'options'}: unknown option "${key}".${hint}`);
}

/** Member names of a group of options. */
function shapeAt(path: readonly PropertyKey[]): object {
  const known: Record<string, object> = {
    session: SCHEMA.shape.session.unwrap().shape,
    limits: SCHEMA.shape.limits.unwrap().shape,
    cors: SCHEMA.shape.cors.unwrap().options[1].shape,
    rateLimit: SCHEMA.shape.rateLimit.unwrap().options[1].shape,
  };
  return known[String(path[0])] ?? {};
}

/** Levenshtein distance. */
function distanceBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
