/**
 * Bearer credentials, and the challenges that ask for them.
 *
 * Knows: the syntax of `Authorization` and `WWW-Authenticate`.
 * Does not know: what a token says, who verifies it.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750 RFC 6750}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-5.1 RFC 9728 §5.1}
 *
 * @module
 */

/** What a challenge says; members that are undefined are left out. */
export interface Challenge {
  readonly error?: 'invalid_request' | 'invalid_token' | 'insufficient_scope';
  /** Fixed text; shown by clients to developers. */
  readonly description?: string;
  /** Every scope that the operation needs. */
  readonly scopes?: readonly string[];
  /** URL of the protected resource's metadata. */
  readonly resourceMetadata?: string;
}

/** Fewest characters of a token that is kept in a configuration: 128 random bits in base64url. */
export const MIN_TOKEN_CHARACTERS = 22;

/** True for a token as RFC 6750 §2.1 writes it (`b64token`). */
export const isBearerToken = (text: string): boolean => /^[\w.~+/-]+=*$/.test(text);

/** True for one scope as RFC 6749 §3.3 writes it (`scope-token`). */
export const isScope = (text: string): boolean => /^[\x21\x23-\x5B\x5D-\x7E]+$/.test(text);

/** The token of an `Authorization` header; undefined without one, and for every other scheme. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : /^bearer +(\S.*)$/i.exec(authorization)?.[1];
}

/** Quotes a parameter of a header; anything that could leave the quotes is dropped. */
export const quoted = (text: string): string =>
  `"${text.replaceAll(/[^\x20\x21\x23-\x5B\x5D-\x7E]/g, '')}"`;

/** The value of `WWW-Authenticate`. */
export function bearerChallenge(challenge: Challenge): string {
  const { error, description, scopes = [], resourceMetadata } = challenge;
  const parameters = [
    ['error', error],
    ['error_description', description],
    ['scope', scopes.length === 0 ? undefined : scopes.join(' ')],
    ['resource_metadata', resourceMetadata],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${quoted(value)}`]));
  // RFC 6750 §3 wants at least one parameter.
  return `Bearer ${parameters.length === 0 ? 'realm="mcp"' : parameters.join(', ')}`;
}
