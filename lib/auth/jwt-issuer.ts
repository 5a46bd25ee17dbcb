/**
 * One issuer of JWTs: its keys, and whether a token is one of its own.
 *
 * Knows: where its keys come from, and how they and the engine meet.
 * Does not know: audiences, what becomes of a verified token.
 *
 * @module
 */
import { kindOf, readGroup, readIssuer, readRemoteUrl, readText, refusal, told } from './checks.js';
import { fetchKeys } from './issuer-metadata.js';
import { ASYMMETRIC, type Checked, type Engine, jwtEngine, SYMMETRIC } from './jwt-engine.js';
import { type Jwk, type KeySet, mayHold, readPublicKey } from './key-set.js';
import { Remembered } from './remembered.js';
import type { Remote } from './remote-json.js';

/** An issuer and its keys: found by its metadata, unless one of the other members says what they are. */
export interface JwtIssuer {
  /**
   * `iss` of its tokens, to the letter. A URL (https, or http on loopback) when its metadata is looked up:
   * OpenID Connect Discovery, else RFC 8414.
   */
  readonly issuer: string;
  /** Where its key set is: https, or http on loopback. Its metadata is not looked up then. */
  readonly jwksUri?: string | URL;
  /** Its public key: PEM, a JWK or a JWKS. Nothing is looked up then. */
  readonly publicKey?: string | Jwk | KeySet;
  /** A key shared with it, at least 32 bytes (48 for HS384, 64 for HS512). Nothing is looked up then. */
  readonly secret?: string;
  /**
   * Algorithms of its signatures. Default: with `secret` HS256; else every asymmetric one that the key is
   * for.
   */
  readonly algorithms?: readonly string[];
}

/** What an issuer says of a token; it rejects when its keys are out of reach. */
export interface IssuerVerifier {
  readonly issuer: string;
  /** True when clients can find out by themselves where it hands out tokens. */
  readonly isDiscovered: boolean;
  check(token: string, kid: unknown): Promise<Checked>;
}

/** How all issuers of a gate are treated. */
export interface IssuerRules {
  readonly remote: Remote;
  readonly clockToleranceSeconds: number;
  readonly strict: boolean;
}

export const ISSUER_NAMES = ['issuer', 'jwksUri', 'publicKey', 'secret', 'algorithms'] as const;

const KEY_NAMES = ['jwksUri', 'publicKey', 'secret'] as const;
const MIN_SECRET_BYTES: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 };

/**
 * Reads an issuer's options.
 *
 * @throws OptionError for more than one key, for a secret that is too short, for an algorithm that its key
 * is not for.
 */
export function jwtIssuer(where: string, value: unknown, rules: IssuerRules): IssuerVerifier {
  const given = readGroup<JwtIssuer>(where, value, ISSUER_NAMES);
  const named = KEY_NAMES.filter((name) => given[name] !== undefined);
  if (named.length > 1)
    throw refusal(where, 'one of jwksUri, publicKey and secret', named.join(', '));
  const { secret, publicKey, jwksUri } = given;
  const isLocal = secret !== undefined || publicKey !== undefined;
  const read = isLocal || jwksUri !== undefined ? readText : readIssuer;
  const issuer = read(`${where}.issuer`, given.issuer);
  const algorithms = readAlgorithms(`${where}.algorithms`, given.algorithms, secret !== undefined);
  const engine = (key: Jwk | KeySet | string) => jwtEngine({ issuer, key, algorithms, ...rules });
  if (isLocal) {
    const local = engine(
      secret === undefined
        ? readPublicKey(`${where}.publicKey`, publicKey)
        : readSecret(`${where}.secret`, secret, algorithms),
    );
    return { issuer, isDiscovered: false, check: (token) => local(token) };
  }
  const uri = jwksUri === undefined ? undefined : readRemoteUrl(`${where}.jwksUri`, jwksUri);
  return remoteIssuer(issuer, uri, rules.remote, engine);
}

function remoteIssuer(
  issuer: string,
  jwksUri: URL | undefined,
  remote: Remote,
  engineFor: (keys: KeySet) => Engine,
): IssuerVerifier {
  const keys = new Remembered(async () => {
    const set = await fetchKeys(issuer, jwksUri, remote);
    return { set, engine: engineFor(set) };
  });
  return {
    issuer,
    isDiscovered: jwksUri === undefined,
    check: async (token, kid) => {
      const { engine } = await keys.get(({ set }) => mayHold(set, kid));
      return engine(token);
    },
  };
}

function readAlgorithms(where: string, value: unknown, isShared: boolean): readonly string[] {
  const known: readonly string[] = isShared ? SYMMETRIC : ASYMMETRIC;
  if (value === undefined) return isShared ? [SYMMETRIC[0]] : known;
  if (!Array.isArray(value) || value.length === 0) {
    throw refusal(where, `an array of ${known.join(', ')}`, told(value));
  }
  const stranger = value.find((name) => !known.includes(name));
  if (stranger === undefined) return value;
  throw refusal(where, `one of ${known.join(', ')}`, told(stranger));
}

function readSecret(where: string, value: unknown, algorithms: readonly string[]): string {
  if (typeof value !== 'string') throw refusal(where, 'a text', kindOf(value));
  const least = Math.max(...algorithms.map((name) => MIN_SECRET_BYTES[name] ?? 0));
  const bytes = Buffer.byteLength(value);
  if (bytes >= least) return value;
  throw refusal(where, `at least ${least} bytes for ${algorithms.join(', ')}`, `${bytes} bytes`);
}
