/**
 * Options checked and completed: explicit values first, then the environment, then defaults.
 *
 * Knows: every rule and every default. Does not know: who uses an option.
 *
 * @module
 */
import { z } from 'zod';
import { hasAuthorizationServer } from './auth/port.js';
import { type Environment, MIN_SECRET_BYTES } from './env.js';
import { OptionError, shown, unknownOption } from './errors.js';
import type { EventStore } from './events/port.js';
import { faultless, type Logger, silentLogger } from './log.js';
import {
  anyFunction,
  count,
  duration,
  flag,
  gate,
  having,
  host,
  notAnObject,
  origin,
  page,
  path,
  rules,
  scope,
  secret,
  url,
} from './option-forms.js';
import type { Authorize, McpRouterOptions, Middleware, ResolvedOptions } from './options.js';
import type { Store } from './store/port.js';
import { type Address, resolveAddress, SSE_PATHS } from './urls.js';

/** What `assemble` builds from. */
export interface Resolved {
  readonly settings: ResolvedOptions;
  /** The environment's bearer token, where no option says who may come in. */
  readonly authToken: string | undefined;
  /** Key ring, the current key first; empty without `secret`. */
  readonly secrets: readonly string[];
  readonly store: Store | undefined;
  /** The environment's Redis, where no option names a store. */
  readonly redisUrl: string | undefined;
  readonly eventStore: EventStore | false | undefined;
  readonly authorize: Authorize | undefined;
  readonly middleware: readonly Middleware[];
  readonly logger: Logger;
}

const EVENT_STORE =
  'false, or an event store such as memoryEventStore() or an EventStore of the SDK';

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
  requiredScopes: z.array(scope, { error: 'an array of scopes' }).default([]),
  scopes: z
    .strictObject(
      {
        tools: rules().optional(),
        prompts: rules().optional(),
        resources: rules().optional(),
        implies: z
          .record(scope, z.array(scope, { error: 'an array of scopes' }), {
            error: 'an object of scopes and the scopes that they contain',
          })
          .optional(),
      },
      notAnObject,
    )
    .prefault({}),
  authorize: z
    .custom<Authorize>((value) => typeof value === 'function', {
      error: 'a function (context)',
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
  store: having<Store>('a store such as memoryStore() or redisStore(…)', 'open').optional(),
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
  legacySse: flag().default(false),
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
  const { secret: ring, middleware, store, eventStore, logger, auth } = parsed.data;
  const settings = settingsOf(parsed.data, environment);
  const authToken = auth === undefined ? environment.authToken : undefined;
  refuseIdleScopes(settings, parsed.data.authorize, authToken);
  refuseHomelessGate(settings);
  return {
    settings,
    authToken,
    secrets: ring === undefined ? [] : [ring].flat(),
    store,
    redisUrl: store === undefined && !settings.stateless ? environment.redisUrl : undefined,
    eventStore,
    authorize: parsed.data.authorize,
    middleware: [middleware].flat(),
    logger: faultless(logger ?? environment.logger ?? silentLogger),
  };
}

/**
 * Refuses what would work on one of several instances only.
 *
 * @throws OptionError for a shared store without a secret, or with an event store beside it.
 */
export function refuseHalfShared({ settings, store, secrets, eventStore }: Resolved): void {
  if (settings.stateless || store?.isShared !== true) return;
  if (secrets.length === 0) {
    throw new OptionError(
      `secret: expected a key of at least ${MIN_SECRET_BYTES} bytes with the store "${store.name}", got none. Its instances need the same key, or none of them knows the sessions and events of another. Set secret or MCP_SECRET.`,
    );
  }
  if (eventStore === undefined || eventStore === false) return;
  throw new OptionError(
    `eventStore: expected it unset, or false, with the store "${store.name}", got another store. The events are kept where the sessions are.`,
  );
}

function refuseHomelessGate({ auth, address }: ResolvedOptions): void {
  if (auth === false || address.url !== undefined) return;
  if (!hasAuthorizationServer(auth) && auth.needsResource !== true) return;
  throw new OptionError(
    `baseUrl: expected a URL with auth of the kind "${auth.name}", got none. Tokens are issued for the endpoint's URL.`,
  );
}

function merged(options: McpRouterOptions<unknown>, environment: Environment): object {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const told = Array.isArray(options) ? 'an array' : shown(options);
    throw new OptionError(`options: expected an object, got ${told}.`);
  }
  const { logger: _logger, corsOrigins: _origins, authToken: _token, ...rest } = environment;
  const { redisUrl: _redis, ...known } = rest;
  const { sessionIdleMs, ...others } = known;
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
  const address = resolveAddress(checked);
  if (checked.legacySse) refuseLegacySse(stateless, address);
  const settings = deepFrozen({
    address,
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
    requiredScopes: [...new Set(checked.requiredScopes)],
    scopes: checked.scopes,
    legacySse: checked.legacySse,
  });
  // A gate has a life of its own; it is not ours to freeze.
  return Object.freeze({ ...settings, auth: checked.auth ?? false });
}

/** Rules about callers mean nothing where nobody is asked who calls. */
function refuseIdleScopes(
  { auth, requiredScopes, scopes }: ResolvedOptions,
  authorize: Authorize | undefined,
  token: string | undefined,
): void {
  if (auth !== false || token !== undefined) return;
  const idle = [
    requiredScopes.length > 0 && 'requiredScopes',
    Object.keys(scopes).length > 0 && 'scopes',
    authorize !== undefined && 'authorize',
  ].find((name) => name !== false);
  if (idle === undefined) return;
  throw new OptionError(
    `${idle}: expected a gate in auth, got none. Without one nobody has scopes.`,
  );
}

/** HTTP+SSE is nothing without sessions, and its paths have to be free. */
function refuseLegacySse(stateless: boolean, { mcpPath }: Address): void {
  if (stateless) {
    throw new OptionError(
      'legacySse: expected an endpoint with sessions, got stateless: true. Leave one of them out.',
    );
  }
  const paths = Object.values(SSE_PATHS);
  if (!paths.some((path) => path === mcpPath.toLowerCase())) return;
  throw new OptionError(
    `mcpPath: expected another path than ${paths.map((path) => `"${path}"`).join(' and ')}, which legacySse: true takes, got "${mcpPath}". Write "/mcp".`,
  );
}

function deepFrozen<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) deepFrozen(member);
  }
  return Object.freeze(value);
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
  if (issue.code === 'unrecognized_keys') return unknownMember(issue.path, issue.keys);
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

function unknownMember(path: readonly PropertyKey[], [key = '']: readonly string[]): OptionError {
  const group = path.length === 0 ? SCHEMA.shape : shapeAt(path);
  return unknownOption(path.join('.') || 'options', key, Object.keys(group));
}

/** Member names of a group of options. */
function shapeAt(path: readonly PropertyKey[]): object {
  const known: Record<string, object> = {
    session: SCHEMA.shape.session.unwrap().shape,
    limits: SCHEMA.shape.limits.unwrap().shape,
    cors: SCHEMA.shape.cors.unwrap().options[1].shape,
    scopes: SCHEMA.shape.scopes.unwrap().shape,
    rateLimit: SCHEMA.shape.rateLimit.unwrap().options[1].shape,
  };
  return known[String(path[0])] ?? {};
}
