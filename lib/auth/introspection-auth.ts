/**
 * Access tokens that their authorization server is asked about.
 *
 * Knows: the request and the answer of RFC 7662. Does not know: what is in a token.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662 RFC 7662}
 *
 * @module
 */
import { shown } from '../errors.js';
import {
  kindOf,
  readFetch,
  readFlag,
  readGroup,
  readIssuer,
  readRemoteUrl,
  readText,
  readTexts,
  readWord,
  refusal,
} from './checks.js';
import { audiencesOf, authInfoOf, type Claims, frozen, isFor, useFault } from './claims.js';
import {
  type CacheOptions,
  cacheMsOf,
  type NetworkOptions,
  type PublishedOptions,
  publishedOf,
  timeoutMsOf,
} from './gate-options.js';
import { fetchEndpoint } from './issuer-metadata.js';
import type { AuthGate, Presented, Verdict } from './port.js';
import { Principals } from './principals.js';
import { Remembered } from './remembered.js';
import { askJson, type Remote } from './remote-json.js';
import { VerdictCache } from './verdict-cache.js';
import { invalid, MISSING, unavailable } from './verdicts.js';

/** Options of {@link introspectionAuth}. */
export interface IntrospectionAuthOptions extends PublishedOptions, CacheOptions, NetworkOptions {
  /**
   * The authorization server, to the letter as it calls itself: https, or http on loopback. An answer that
   * names another issuer is refused, and clients are sent to it for tokens.
   *
   * Required without `endpoint`, which is then looked up in its metadata.
   */
  readonly issuer?: string;
  /** Where tokens are asked about: https, or http on loopback. Default: what the issuer's metadata says. */
  readonly endpoint?: string | URL;
  /** Who asks: the endpoint is a client of the authorization server. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** How it says who asks: in the body, or in an `Authorization` header. Default: `post`. */
  readonly clientAuth?: 'post' | 'basic';
  /**
   * What `aud` of the answer has to be, or to hold, to the letter. Default: the URL of the endpoint, with
   * or without a slash at its end.
   */
  readonly audience?: string | readonly string[];
  /**
   * Accepts tokens whatever they were issued for: for servers that tell no `aud` and answer for the asking
   * client's tokens only. Default: `false`.
   */
  readonly dangerouslyAllowAnyAudience?: boolean;
}

const NAMES = [
  'issuer',
  'endpoint',
  'clientId',
  'clientSecret',
  'clientAuth',
  'audience',
  'dangerouslyAllowAnyAudience',
  'authorizationServers',
  'scopesSupported',
  'cacheSeconds',
  'timeoutMs',
  'fetch',
] as const;

const MAX_TOKEN_CHARACTERS = 8_192;

/**
 * Lets in whoever presents a token that its authorization server says is active.
 *
 * Each token is asked about once in `cacheSeconds`, however many requests carry it. An answer other than
 * 200, and no answer in time, is an outage, 503.
 *
 * @throws OptionError for a wrong option.
 */
export function introspectionAuth(options: IntrospectionAuthOptions): AuthGate {
  const given = readGroup<IntrospectionAuthOptions>('introspectionAuth', options, NAMES);
  const issuer =
    given.issuer === undefined ? undefined : readIssuer('introspectionAuth.issuer', given.issuer);
  const rules = audienceRulesOf(given);
  const ask = askerOf(given, issuer);
  const principals = new Principals('introspectionAuth', undefined);
  const cache = new VerdictCache({ maxAgeMs: cacheMsOf('introspectionAuth', given) });
  return {
    name: 'introspection',
    ...publishedOf('introspectionAuth', given, issuer === undefined ? [] : [issuer]),
    needsResource: rules.audience === undefined && !rules.isAny,
    verify: (presented) => {
      const { bearer } = presented;
      if (bearer === undefined) return MISSING;
      if (bearer.length > MAX_TOKEN_CHARACTERS) return invalid('it is too long to ask about');
      return cache.verdict(presented, bearer, async () => {
        try {
          const claims = await ask(bearer);
          const why = faultOf(claims, issuer, rules, presented);
          if (why !== undefined) return invalid(why);
          return verdictOf(claims, bearer, presented, principals);
        } catch (cause) {
          return unavailable(cause);
        }
      });
    },
  };
}

type Options = { readonly [Name in keyof IntrospectionAuthOptions]?: unknown };

interface AudienceRules {
  /** Undefined: the resource itself. */
  readonly audience: readonly string[] | undefined;
  readonly isAny: boolean;
}

function audienceRulesOf({ audience, dangerouslyAllowAnyAudience }: Options): AudienceRules {
  const where = 'introspectionAuth.dangerouslyAllowAnyAudience';
  const isAny = readFlag(where, dangerouslyAllowAnyAudience);
  if (audience === undefined) return { audience: undefined, isAny };
  if (isAny) throw refusal(where, 'either it or audience', 'both');
  return { audience: readTexts('introspectionAuth.audience', audience), isAny };
}

/** Asks about one token; rejects when there is no usable answer. */
function askerOf(given: Options, issuer: string | undefined): (token: string) => Promise<Claims> {
  const clientId = readText('introspectionAuth.clientId', given.clientId);
  const clientSecret = given.clientSecret;
  if (typeof clientSecret !== 'string' || clientSecret === '') {
    throw refusal('introspectionAuth.clientSecret', 'a text', kindOf(clientSecret));
  }
  const method = readWord('introspectionAuth.clientAuth', given.clientAuth, ['post', 'basic']);
  const remote: Remote = {
    fetch: readFetch('introspectionAuth.fetch', given.fetch),
    timeoutMs: timeoutMsOf('introspectionAuth', given),
  };
  const endpoint = endpointOf(given, issuer, remote);
  const [headers, fields] =
    method === 'basic'
      ? [{ Authorization: basic(clientId, clientSecret) }, {}]
      : [{}, { client_id: clientId, client_secret: clientSecret }];
  return async (token) => {
    const body = new URLSearchParams({ token, token_type_hint: 'access_token', ...fields });
    const signal = AbortSignal.timeout(remote.timeoutMs);
    const url = await endpoint();
    const answer = await askJson(url, remote, { method: 'POST', headers, body, signal });
    const claims = claimsOf(answer.body, answer.status, url);
    // Subjects of two servers are not the same, though neither says who it is.
    return { iss: issuer ?? url.origin, ...claims };
  };
}

function endpointOf(
  given: Options,
  issuer: string | undefined,
  remote: Remote,
): () => Promise<URL> {
  if (given.endpoint !== undefined) {
    const url = readRemoteUrl('introspectionAuth.endpoint', given.endpoint);
    return async () => url;
  }
  if (issuer === undefined) throw refusal('introspectionAuth', 'issuer or endpoint', 'neither');
  const found = new Remembered(() => fetchEndpoint(issuer, 'introspection_endpoint', remote));
  return () => found.get();
}

/** RFC 6749 §2.3.1: both are encoded as in a form before they are joined. */
function basic(clientId: string, clientSecret: string): string {
  const [id, secret] = [clientId, clientSecret].map((text) =>
    new URLSearchParams({ '': text }).toString().slice(1),
  );
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

function claimsOf(body: unknown, status: number, url: URL): Claims {
  const { active } = (body ?? {}) as { active?: unknown };
  if (status === 200 && typeof active === 'boolean') return body as Claims;
  const got = status === 200 ? 'none' : `status ${status}`;
  throw new Error(`${url.origin}${url.pathname}: expected a member active, got ${got}.`);
}

/** Why a token that was asked about may not come in. */
function faultOf(
  claims: Claims,
  issuer: string | undefined,
  { audience, isAny }: AudienceRules,
  { endpoint: { resource } }: Presented,
): string | undefined {
  const { active, exp, nbf, iss, token_type: type } = claims;
  const now = Date.now() / 1_000;
  if (active !== true) return 'it is not active';
  if (typeof exp === 'number' && exp <= now) return 'it has expired';
  if (typeof nbf === 'number' && nbf > now) return 'it is not valid yet';
  if (issuer !== undefined && iss !== issuer) return `iss is ${shown(iss)}`;
  if (type !== undefined && !/^(bearer|access_token)$/i.test(String(type))) {
    return `it is of the type ${shown(type)}`;
  }
  const wanted = audience ?? (resource === undefined ? [] : audiencesOf(resource));
  if (!isAny && !isFor(claims, wanted)) {
    return `aud is ${shown(JSON.stringify(claims.aud))}, not ${wanted[0]}`;
  }
  return useFault(claims);
}

function verdictOf(
  claims: Claims,
  token: string,
  { endpoint: { resource, logger } }: Presented,
  principals: Principals,
): Verdict {
  const authInfo = authInfoOf(frozen(claims), token, resource);
  return { kind: 'valid', authInfo, principal: principals.of(authInfo, logger) };
}
