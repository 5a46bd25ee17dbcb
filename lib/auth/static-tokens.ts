/**
 * Tokens that the operator has written down.
 *
 * Only their SHA-256 is kept, and looked up: how long that takes tells nothing of the tokens.
 *
 * Knows: the list. Does not know: who hands tokens out.
 *
 * @module
 */
import { tokenHash } from '../crypto/token-hash.js';
import { OptionError } from '../errors.js';
import { isBearerToken, MIN_TOKEN_CHARACTERS } from '../protocol/bearer.js';
import { authInfoFault, identityOf } from './auth-info.js';
import { kindOf, readGroup, readInteger, readScopes, readText } from './checks.js';
import type { AuthGate, Verdict } from './port.js';
import { invalid, MISSING } from './verdicts.js';

/** Whose token it is. */
export interface StaticToken {
  /** Name of the program that holds the token. */
  readonly clientId: string;
  /** What it may do. Default: nothing that a scope is needed for. */
  readonly scopes?: readonly string[];
  /** The user it acts for: sessions follow the user to the next token. Default: they belong to the token. */
  readonly subject?: string;
  /** When it stops, seconds since 1970. Default: never. */
  readonly expiresAt?: number;
}

/** Tokens and whose they are; an array of pairs where an object's keys do not suit. */
export type StaticTokens =
  | Readonly<Record<string, StaticToken>>
  | ReadonlyMap<string, StaticToken>
  | readonly (readonly [token: string, holder: StaticToken])[];

const NAMES = ['clientId', 'scopes', 'subject', 'expiresAt'] as const;

/** Later, and it is not seconds: the year 5138. */
const LAST_SECOND = 99_999_999_999;

/**
 * Lets in whoever presents one of these bearer tokens.
 *
 * @throws OptionError for tokens of fewer than 22 characters (128 random bits), for characters that
 * `Authorization: Bearer` cannot carry, and for a token that is there twice. No error shows a token.
 * @example
 * ```ts
 * mcpRouter(server, { auth: staticTokens({ [token]: { clientId: 'ci', scopes: ['deploy'] } }) });
 * ```
 */
export function staticTokens(tokens: StaticTokens): AuthGate {
  const holders = new Map<string, StaticToken>();
  for (const [index, [token, holder]] of pairsOf(tokens).entries()) {
    const where = `staticTokens, token ${index + 1}`;
    const key = tokenHash(readToken(where, token));
    if (holders.has(key))
      throw new OptionError(`${where}: expected each token once, got it twice.`);
    holders.set(key, readHolder(where, holder));
  }
  if (holders.size === 0)
    throw new OptionError('staticTokens: expected at least one token, got none.');
  return {
    name: 'static tokens',
    authorizationServers: [],
    verify: ({ bearer, endpoint }) => {
      if (bearer === undefined) return MISSING;
      const holder = holders.get(tokenHash(bearer));
      return holder === undefined
        ? invalid('it is not one of the tokens')
        : verdictOf(holder, bearer, endpoint.resource);
    },
  };
}

function pairsOf(tokens: unknown): readonly (readonly [unknown, unknown])[] {
  if (tokens instanceof Map) return [...tokens];
  if (Array.isArray(tokens) && tokens.every((pair) => Array.isArray(pair))) {
    return tokens.map(([token, holder]) => [token, holder]);
  }
  if (typeof tokens === 'object' && tokens !== null && !Array.isArray(tokens)) {
    return Object.entries(tokens);
  }
  throw new OptionError(
    `staticTokens: expected an object { [token]: { clientId } }, got ${kindOf(tokens)}.`,
  );
}

function readToken(where: string, token: unknown): string {
  if (typeof token !== 'string') {
    throw new OptionError(`${where}: expected a text, got ${kindOf(token)}.`);
  }
  if (token.length < MIN_TOKEN_CHARACTERS) {
    throw new OptionError(
      `${where}: expected at least ${MIN_TOKEN_CHARACTERS} characters, got ${token.length}. Make one with \`openssl rand -hex 32\`.`,
    );
  }
  if (isBearerToken(token)) return token;
  throw new OptionError(
    `${where}: expected letters, digits and - . _ ~ + /, got other characters. A header cannot carry them.`,
  );
}

function readHolder(where: string, holder: unknown): StaticToken {
  const given = readGroup<StaticToken>(where, holder, NAMES);
  const { subject, expiresAt } = given;
  const range = { unit: 'seconds since 1970', least: 1, most: LAST_SECOND, usual: 0 };
  return {
    clientId: readText(`${where}, clientId`, given.clientId),
    scopes: readScopes(`${where}, scopes`, given.scopes),
    ...(subject !== undefined && { subject: readText(`${where}, subject`, subject) }),
    ...(expiresAt !== undefined && {
      expiresAt: readInteger(`${where}, expiresAt`, expiresAt, range),
    }),
  };
}

function verdictOf(holder: StaticToken, token: string, resource: string | undefined): Verdict {
  const { clientId, scopes = [], subject, expiresAt } = holder;
  const authInfo = {
    token,
    clientId,
    scopes: [...scopes],
    ...(expiresAt !== undefined && { expiresAt }),
    ...(resource !== undefined && { resource: new URL(resource) }),
    extra: subject === undefined ? {} : { sub: subject },
  };
  const why = authInfoFault(authInfo, resource);
  if (why !== undefined) return invalid(why);
  const identity = identityOf(authInfo, 'staticTokens');
  return identity === undefined
    ? invalid('it is empty')
    : { kind: 'valid', authInfo, principal: identity.principal };
}
