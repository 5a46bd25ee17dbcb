/**
 * What an issuer says of itself.
 *
 * Knows: where OpenID Connect Discovery and RFC 8414 put the document, and what must be in it.
 * Does not know: keys, tokens.
 *
 * @see {@link https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig OpenID Connect Discovery §4}
 * @see {@link https://www.rfc-editor.org/rfc/rfc8414#section-3 RFC 8414 §3}
 *
 * @module
 */
import { shown } from '../errors.js';
import { isSecure } from './checks.js';
import { type KeySet, readKeySet } from './key-set.js';
import { askJson, type Remote } from './remote-json.js';

type Metadata = Readonly<Record<string, unknown>>;

/** The keys of an issuer: at `jwksUri`, else where its metadata says. One deadline holds for both. */
export async function fetchKeys(
  issuer: string,
  jwksUri: URL | undefined,
  remote: Remote,
): Promise<KeySet> {
  const signal = AbortSignal.timeout(remote.timeoutMs);
  const url = jwksUri ?? (await endpointOf(issuer, 'jwks_uri', remote, signal));
  const { status, body } = await askJson(url, remote, { signal });
  const set = status === 200 ? readKeySet(body) : undefined;
  if (set === undefined || set.keys.length === 0) {
    throw new Error(`${url.origin}${url.pathname}: expected keys, got ${told(status, set)}.`);
  }
  return set;
}

const told = (status: number, set: KeySet | undefined) =>
  set === undefined ? `status ${status} and no key set` : 'none that can verify a signature';

/** An endpoint of an issuer, by its name in the metadata. */
export function fetchEndpoint(issuer: string, name: string, remote: Remote): Promise<URL> {
  return endpointOf(issuer, name, remote, AbortSignal.timeout(remote.timeoutMs));
}

async function endpointOf(
  issuer: string,
  name: string,
  remote: Remote,
  signal: AbortSignal,
): Promise<URL> {
  const { [name]: value } = await discover(issuer, remote, signal);
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  // Plain http is for issuers that are on this machine themselves.
  const isAllowed = url !== undefined && isSecure(url) && !isDowngrade(issuer, url);
  if (isAllowed) return url;
  throw new Error(`${issuer}: expected ${name} with an https URL, got ${shown(value)}.`);
}

const isDowngrade = (issuer: string, { protocol }: URL) =>
  issuer.startsWith('https:') && protocol !== 'https:';

async function discover(issuer: string, remote: Remote, signal: AbortSignal): Promise<Metadata> {
  for (const url of documentUrls(issuer)) {
    const { status, body } = await askJson(url, remote, { signal });
    if (status >= 500) throw new Error(`${url}: expected status 200, got ${status}.`);
    if (status !== 200 || typeof body !== 'object' || body === null) continue;
    const { issuer: named } = body as Metadata;
    if (named === issuer) return body as Metadata;
    throw new Error(
      `${url}: expected issuer ${shown(issuer)}, got ${shown(named)}. Write the issuer as it calls itself.`,
    );
  }
  throw new Error(`${issuer}: expected a metadata document, got none.`);
}

function documentUrls(issuer: string): readonly URL[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${path}/.well-known/openid-configuration`,
    `/.well-known/oauth-authorization-server${path}`,
    ...(path === '' ? [] : [`/.well-known/openid-configuration${path}`]),
  ].map((target) => new URL(target, origin));
}
