/**
 * Options that several gates have.
 *
 * Knows: what they mean and how they are read. Does not know: which gate reads them.
 *
 * @module
 */
import { type Given, readInteger, readIssuers, readScopes } from './checks.js';
import type { AuthGate } from './port.js';

/** What clients are told of where tokens come from. */
export interface PublishedOptions {
  /**
   * Issuers of the authorization servers that clients can get a token from, to the letter as they call
   * themselves. With at least one, `baseUrl` is required and challenges point to the metadata document.
   */
  readonly authorizationServers?: readonly string[];
  /** Scopes worth asking for, named in the metadata document. Default: none are named. */
  readonly scopesSupported?: readonly string[];
}

/** How long verdicts are kept. */
export interface CacheOptions {
  /**
   * Seconds that a valid verdict is kept, 0 to 60, and never past the token's end: how late a revocation
   * may be noticed. Default: 60.
   */
  readonly cacheSeconds?: number;
}

/** What a gate with a token's own address asks for over the network. */
export interface NetworkOptions {
  /** Longest time to wait for an answer of the issuer, milliseconds, 1 to 60 000. Default: 5000. */
  readonly timeoutMs?: number;
  /** Asks in place of the global `fetch`: for proxies. */
  readonly fetch?: typeof fetch;
}

/** The members of a gate that are published. */
export function publishedOf(
  where: string,
  { authorizationServers, scopesSupported }: Given<PublishedOptions>,
  usualServers: readonly string[] = [],
): Pick<AuthGate, 'authorizationServers' | 'scopesSupported'> {
  return {
    authorizationServers:
      authorizationServers === undefined
        ? usualServers
        : readIssuers(`${where}.authorizationServers`, authorizationServers),
    ...(scopesSupported !== undefined && {
      scopesSupported: readScopes(`${where}.scopesSupported`, scopesSupported),
    }),
  };
}

/** Milliseconds that verdicts are kept. */
export const cacheMsOf = (where: string, { cacheSeconds }: Given<CacheOptions>): number =>
  readInteger(`${where}.cacheSeconds`, cacheSeconds, {
    unit: 'seconds',
    least: 0,
    most: 60,
    usual: 60,
  }) * 1_000;

/** Milliseconds that the issuer is given. */
export const timeoutMsOf = (where: string, { timeoutMs }: Given<NetworkOptions>): number =>
  readInteger(`${where}.timeoutMs`, timeoutMs, {
    unit: 'milliseconds',
    least: 1,
    most: 60_000,
    usual: 5_000,
  });
