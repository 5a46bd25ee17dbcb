/**
 * Access tokens that are JWTs of somebody else's authorization server.
 *
 * Knows: issuers, audiences, and which tokens are not for calling.
 * Does not know: signatures (`jwt-engine.ts`), keys (`jwt-issuer.ts`).
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9068 RFC 9068}
 *
 * @module
 */
import { shown } from '../errors.js';
import { readFetch, readFlag, readGroup, readInteger, readTexts, refusal, told } from './checks.js';
import { audiencesOf, authInfoOf, frozen, isFor, useFault } from './claims.js';
import {
  type CacheOptions,
  cacheMsOf,
  type NetworkOptions,
  type PublishedOptions,
  publishedOf,
  timeoutMsOf,
} from './gate-options.js';
import {
  ISSUER_NAMES,
  type IssuerRules,
  type IssuerVerifier,
  type JwtIssuer,
  jwtIssuer,
} from './jwt-issuer.js';
import type { AuthGate, Presented, Verdict } from './port.js';
import { Principals } from './principals.js';
import { readUnverified, type UnverifiedJwt } from './unverified-jwt.js';
import { VerdictCache } from './verdict-cache.js';
import { invalid, MISSING, unavailable } from './verdicts.js';

/** Options of {@link jwtAuth}: one issuer, or several in `issuers`. */
export interface JwtAuthOptions
  extends Partial<JwtIssuer>,
    PublishedOptions,
    CacheOptions,
    NetworkOptions {
  /** Several issuers; a text is one whose keys are found by its metadata. */
  readonly issuers?: readonly (string | JwtIssuer)[];
  /**
   * What `aud` has to be, or to hold, to the letter: for identity providers that issue ids of APIs instead
   * of URLs. Default: the URL of the endpoint, with or without a slash at its end.
   */
  readonly audience?: string | readonly string[];
  /** Demands RFC 9068: `typ` is `at+jwt`, and `sub`, `client_id`, `iat` and `jti` are there. Default: `false`. */
  readonly strict?: boolean;
  /** How far the issuer's clock may be from ours, seconds, 0 to 300. Default: 5. */
  readonly clockToleranceSeconds?: number;
}

const NAMES = [
  ...ISSUER_NAMES,
  'issuers',
  'audience',
  'strict',
  'clockToleranceSeconds',
  'authorizationServers',
  'scopesSupported',
  'cacheSeconds',
  'timeoutMs',
  'fetch',
] as const;

/**
 * Lets in whoever presents a JWT that a trusted issuer has signed for this endpoint.
 *
 * Refused: ID tokens, tokens for others, tokens that expire never, tokens that are bound to a key. Issuers
 * whose metadata is looked up count as authorization servers that clients are sent to.
 *
 * @throws OptionError for a wrong option. Nothing is asked over the network before the first token comes.
 * @example
 * ```ts
 * mcpRouter(server, { baseUrl, auth: jwtAuth({ issuer: 'https://login.example.com' }) });
 * ```
 */
export function jwtAuth(options: JwtAuthOptions): AuthGate {
  const given = readGroup<JwtAuthOptions>('jwtAuth', options, NAMES);
  const issuers = issuersOf(given, {
    remote: {
      fetch: readFetch('jwtAuth.fetch', given.fetch),
      timeoutMs: timeoutMsOf('jwtAuth', given),
    },
    strict: readFlag('jwtAuth.strict', given.strict),
    clockToleranceSeconds: readInteger(
      'jwtAuth.clockToleranceSeconds',
      given.clockToleranceSeconds,
      {
        unit: 'seconds',
        least: 0,
        most: 300,
        usual: 5,
      },
    ),
  });
  const audience =
    given.audience === undefined ? undefined : readTexts('jwtAuth.audience', given.audience);
  const discovered = [...issuers.values()].filter(({ isDiscovered }) => isDiscovered);
  const judge = new JwtJudge(issuers, audience);
  const cache = new VerdictCache({ maxAgeMs: cacheMsOf('jwtAuth', given) });
  return {
    name: 'jwt',
    ...publishedOf(
      'jwtAuth',
      given,
      discovered.map(({ issuer }) => issuer),
    ),
    needsResource: audience === undefined,
    verify: (presented) => {
      const { bearer } = presented;
      if (bearer === undefined) return MISSING;
      return cache.verdict(presented, bearer, () => judge.verdict(presented, bearer));
    },
  };
}

/** Issuers by the `iss` of their tokens. */
function issuersOf(
  given: { readonly [Name in keyof JwtAuthOptions]?: unknown },
  rules: IssuerRules,
): ReadonlyMap<string, IssuerVerifier> {
  const { issuers } = given;
  const single = ISSUER_NAMES.filter((name) => given[name] !== undefined);
  if ((issuers === undefined) === (single.length === 0)) {
    const got = issuers === undefined ? 'neither' : 'both';
    throw refusal('jwtAuth', 'either issuer or issuers', got);
  }
  if (issuers !== undefined && (!Array.isArray(issuers) || issuers.length === 0)) {
    throw refusal('jwtAuth.issuers', 'an array of issuers', told(issuers));
  }
  const members = Array.isArray(issuers)
    ? issuers.map((one, index) => {
        const value = typeof one === 'string' ? { issuer: one } : one;
        return jwtIssuer(`jwtAuth.issuers.${index}`, value, rules);
      })
    : [jwtIssuer('jwtAuth', Object.fromEntries(single.map((name) => [name, given[name]])), rules)];
  const byName = new Map(members.map((member) => [member.issuer, member]));
  if (byName.size < members.length)
    throw refusal('jwtAuth.issuers', 'each issuer once', 'one twice');
  return byName;
}

class JwtJudge {
  readonly #issuers: ReadonlyMap<string, IssuerVerifier>;
  readonly #audience: readonly string[] | undefined;
  readonly #principals = new Principals('jwtAuth', undefined);

  constructor(
    issuers: ReadonlyMap<string, IssuerVerifier>,
    audience: readonly string[] | undefined,
  ) {
    this.#issuers = issuers;
    this.#audience = audience;
  }

  async verdict(presented: Presented, token: string): Promise<Verdict> {
    const jwt = readUnverified(token);
    if (jwt === undefined) return invalid('it is not a JWT');
    const issuer = this.#issuers.get(String(jwt.claims.iss));
    if (issuer === undefined) return invalid(this.#strangerOf(jwt));
    try {
      const checked = await issuer.check(token, jwt.header.kid);
      if (!checked.ok) return invalid(checked.why);
      return this.#verified(presented, token, { header: jwt.header, claims: checked.claims });
    } catch (cause) {
      return unavailable(cause);
    }
  }

  /** A token whose signature, issuer and times are right. */
  #verified({ endpoint }: Presented, token: string, { claims, header }: UnverifiedJwt): Verdict {
    const { resource, logger } = endpoint;
    const why = useFault(claims, header.typ);
    if (why !== undefined) return invalid(why);
    const audience = this.#audience ?? (resource === undefined ? [] : audiencesOf(resource));
    if (!isFor(claims, audience)) {
      return invalid(`aud is ${shown(JSON.stringify(claims.aud))}, not ${audience[0]}`);
    }
    const authInfo = authInfoOf(frozen(claims), token, resource);
    return { kind: 'valid', authInfo, principal: this.#principals.of(authInfo, logger) };
  }

  #strangerOf({ claims: { iss } }: UnverifiedJwt): string {
    const known = [...this.#issuers.keys()];
    const sameButSlash = known.find((one) => one === `${iss}/` || `${one}/` === iss);
    const hint = sameButSlash === undefined ? '' : ' They differ in a slash at the end.';
    return `iss is ${shown(iss)}, not ${shown(sameButSlash ?? known[0])}.${hint}`;
  }
}
