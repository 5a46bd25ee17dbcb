/**
 * The public addresses of one MCP endpoint.
 *
 * Knows: how they follow from the options, what path a right mount is asked for, and how RFC 9728 and
 * RFC 8414 derive one address from another.
 * Does not know: requests, headers, Express, who issues tokens.
 *
 * @module
 */
import { OptionError, shown } from './errors.js';
import { type Parameters, pathShape, placeOf } from './places.js';

/** What an address is made from; members are as in the options. */
export interface AddressOptions {
  readonly baseUrl?: string | URL;
  readonly mcpPath?: string;
  readonly issuerUrl?: string | URL;
  readonly resourceBaseUrl?: string | URL;
  readonly proxyPrefix?: string;
}

/** Where an endpoint is; no member ends in a slash, except `mcpPath` when it is the root. */
export interface Address {
  /** `baseUrl` + `mcpPath`; may hold `:params`. Undefined without `baseUrl`. */
  readonly url: string | undefined;
  readonly baseUrl: string | undefined;
  readonly mcpPath: string;
  readonly issuerUrl: string | undefined;
  readonly resourceBaseUrl: string | undefined;
  /** `resourceBaseUrl` + `mcpPath`: what a token has to be for (RFC 8707 §2). */
  readonly resource: string | undefined;
  /** Empty without one. */
  readonly proxyPrefix: string;
}

/** A mount that the options do not describe. */
export interface MountFault {
  /** `base_url_mismatch`: the endpoint is elsewhere; the others: its discovery documents are. */
  readonly reason:
    | 'base_url_mismatch'
    | 'well_known_missing'
    | 'well_known_differs'
    | 'well_known_misplaced';
  /** What the options promise: a URL, or the issuers that the documents have to name. */
  readonly expected: string;
  /** What there is instead. */
  readonly actual: string;
  readonly message: string;
}

/** Paths of the 2024-11-05 transport, under the same mount as the endpoint. */
export const SSE_PATHS = { stream: '/sse', messages: '/messages' } as const;

/** Metadata that clients look for at the root of a host. */
export type WellKnownName =
  | 'oauth-protected-resource'
  | 'oauth-authorization-server'
  | 'openid-configuration';

const DEFAULT_PATH = '/mcp';
const DOT_SEGMENT = /\/(\.|%2e){1,2}(\/|$)/i;
const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** True for host names that never leave this machine; IPv6 in brackets. */
export const isLoopbackName = (hostname: string): boolean => LOOPBACK.test(hostname.toLowerCase());

/** True for a scheme, a host and perhaps a port, and nothing else. */
export const isOrigin = (text: string): boolean =>
  URL.canParse(text) && /^https?:\/\/[^/\\?#@*\s]+$/i.test(text);

/** True for a host with or without a port. */
export const isHost = (text: string): boolean =>
  /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i.test(text);

/**
 * Derives the addresses once, from options alone.
 *
 * @throws OptionError for insecure, doubled or malformed addresses.
 */
export function resolveAddress(options: AddressOptions): Address {
  const mcpPath = readPath('mcpPath', options.mcpPath ?? DEFAULT_PATH);
  const baseUrl = optionalUrl('baseUrl', options.baseUrl);
  const prefix =
    options.proxyPrefix === undefined ? '/' : readPath('proxyPrefix', options.proxyPrefix);
  const issuerUrl = optionalUrl('issuerUrl', options.issuerUrl) ?? baseUrl;
  const resourceBaseUrl = optionalUrl('resourceBaseUrl', options.resourceBaseUrl) ?? baseUrl;
  refuseDoubledPrefix(baseUrl, mcpPath);
  refuseForeignPrefix(baseUrl, prefix);
  refuseOtherParameters('issuerUrl', issuerUrl, baseUrl);
  refuseOtherParameters('resourceBaseUrl', resourceBaseUrl, baseUrl);
  return {
    url: baseUrl === undefined ? undefined : joined(baseUrl, mcpPath),
    baseUrl,
    mcpPath,
    issuerUrl,
    resourceBaseUrl,
    resource: resourceBaseUrl === undefined ? undefined : joined(resourceBaseUrl, mcpPath),
    proxyPrefix: prefix === '/' ? '' : prefix,
  };
}

/** The endpoint's URL with the mount's `:params` filled in; undefined without `baseUrl`. */
export const endpointUrl = ({ url }: Address, params: Parameters): string | undefined =>
  url === undefined ? undefined : filled(url, params);

/** What a token for this mount has to be for; undefined without `baseUrl` (RFC 8707 §2). */
export const resourceUrl = ({ resource }: Address, params: Parameters): string | undefined =>
  resource === undefined ? undefined : filled(resource, params);

/** Where the resource's metadata is: `resource_metadata` of a challenge (RFC 9728 §3.1, §5.1). */
export function resourceMetadataUrl(address: Address, params: Parameters): string | undefined {
  const resource = resourceUrl(address, params);
  return resource === undefined ? undefined : wellKnownUrl('oauth-protected-resource', resource);
}

/** The values that a place gives the `:params` of the base URL; empty where it has none. */
export function parametersAt({ url, proxyPrefix }: Address, place: string): Parameters {
  if (url?.includes('/:') !== true) return {};
  return pathShape(pathOf(url)).valuesIn(proxyPrefix + place) ?? {};
}

/** Puts the well-known segment between host and path (RFC 9728 §3.1, RFC 8414 §3.1). */
export const wellKnownUrl = (name: WellKnownName, about: string): string =>
  originOf(about) + wellKnownPath(name, about);

/** The path of {@link wellKnownUrl}; `:params` survive. */
export function wellKnownPath(name: WellKnownName, about: string): string {
  const path = pathOf(about);
  return `/.well-known/${name}${path === '/' ? '' : path}`;
}

/**
 * A URL or path with its `:params` filled in; one without a value stays as it is.
 *
 * A value is encoded as clients write it: what RFC 3986 §3.3 allows in a segment stays, so that the
 * resource of a document is the one that its reader asked for (RFC 9728 §3.3).
 */
export function filled(pattern: string, params: Parameters): string {
  if (!pattern.includes('/:')) return pattern;
  return pattern.replaceAll(/\/:([A-Za-z_]\w*)/g, (whole, name: string) => {
    const value = params[name];
    return value === undefined ? whole : `/${encodedSegment(value)}`;
  });
}

/**
 * The invariant as a question: is this the path of the endpoint?
 *
 * Compared per segment, letter case ignored, since the app has routed the request here; `:params` of
 * the base URL stand for one segment each. Without `baseUrl` every path is right.
 */
export function mountCheck(address: Address): (place: string) => MountFault | undefined {
  const { url, resource, proxyPrefix } = address;
  if (url === undefined) return () => undefined;
  const expectedPath = placeOf(pathOf(url));
  const usual = proxyPrefix === '' ? expectedPath : expectedPath.slice(proxyPrefix.length);
  const shapes = [...new Set([url, resource ?? url])].map((about) => pathShape(pathOf(about)));
  return (place) => {
    if (place === usual && expectedPath === proxyPrefix + place) return undefined;
    const actual = `${proxyPrefix}/${place}`;
    return shapes.some((shape) => shape.fits(actual)) ? undefined : faultOf(address, url, place);
  };
}

/**
 * What the direct server prints when it listens.
 *
 * @param metadataUrl - where clients find out how to log in, if they have to.
 */
export function urlMap(
  { url, baseUrl, mcpPath }: Address,
  boundUrl: string,
  metadataUrl: string | undefined,
  hasLegacySse = false,
): string[] {
  const local = joined(boundUrl, mcpPath);
  const sse = joined(baseUrl ?? boundUrl, SSE_PATHS.stream);
  return [
    `MCP endpoint   ${url ?? local}`,
    ...(url === undefined || url === local ? [] : [`  bound to     ${local}`]),
    ...(hasLegacySse ? [`HTTP+SSE       ${sse} (deprecated)`] : []),
    ...(metadataUrl === undefined ? [] : [`Metadata       ${metadataUrl}`]),
    `Health         ${boundUrl}/healthz`,
    `Readiness      ${boundUrl}/readyz`,
    '',
    `Try it:        claude mcp add --transport http my-server ${url ?? local}`,
  ];
}

const joined = (base: string, path: string) => (path === '/' ? base : base + path);

const encodedSegment = (value: string) =>
  encodeURIComponent(value).replace(/%(24|26|2B|2C|3A|3B|3D|40)/g, decodeURIComponent);

/** The path of a URL text. */
export const pathOf = (url: string) => url.replace(/^[a-z]+:\/\/[^/]*/i, '') || '/';

/** The scheme and host of a URL text. */
export const originOf = (url: string) => /^[a-z]+:\/\/[^/]*/i.exec(url)?.[0] ?? url;

const optionalUrl = (name: string, value: string | URL | undefined) =>
  value === undefined ? undefined : readUrl(name, value);

/**
 * An absolute URL without a trailing slash; `:params` in its path survive.
 *
 * @param name - the option or variable that an error names.
 * @throws OptionError when insecure, or when it has a query, a fragment or credentials.
 */
export function readUrl(name: string, value: string | URL): string {
  const text = String(value);
  const refuse = (expected: string, advice: string) =>
    new OptionError(
      `${name}: expected ${expected}, got ${shown(withoutPassword(text))}. ${advice}`,
    );
  if (!URL.canParse(text)) throw refuse('a URL', 'Write it in full: https://host/prefix.');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw refuse('an https URL', 'MCP travels over HTTP.');
  }
  if (url.username !== '' || url.password !== '') {
    throw refuse('a URL without credentials', 'Remove them.');
  }
  // The parser forgives more than it should: "https:/h", backslashes and white space among it.
  if (!/^https?:\/\/[^/\\\s][^\\\s]*$/i.test(text)) {
    throw refuse('a URL', 'Write it in full: https://host/prefix.');
  }
  if (text.includes('?') || text.includes('#')) {
    throw refuse('a URL without query and fragment', 'Remove them.');
  }
  if (url.protocol === 'http:' && !isLoopbackName(url.hostname)) {
    throw refuse('an https URL', 'Plain http is for loopback hosts only.');
  }
  const path = pathOf(text);
  if (path.includes('//')) throw refuse('a path without "//"', 'Write each slash once.');
  if (DOT_SEGMENT.test(path)) {
    throw refuse('a path without "." and ".."', 'Clients resolve them before they ask.');
  }
  const odd = oddParameter(path);
  if (odd !== undefined) {
    throw refuse(
      'each :param to be a whole segment with a name of its own',
      `Rename or move "${odd}", here and in the mount.`,
    );
  }
  return url.origin + url.pathname.replace(/\/$/, '');
}

/** A segment that only looks like a parameter, or names one a second time. */
function oddParameter(path: string): string | undefined {
  const given = path.split('/').filter((segment) => segment.startsWith(':'));
  return given.find(
    (segment, index) => !/^:[A-Za-z_]\w*$/.test(segment) || given.indexOf(segment) !== index,
  );
}

/** Everything up to the last "@" may be credentials, however it is written. */
const withoutPassword = (text: string) => text.replace(/^(https?:)?.*@/is, '$1//…@');

/**
 * An absolute path without a trailing slash, unless it is the root.
 *
 * @param name - the option or variable that an error names.
 * @throws OptionError when it is relative, a pattern, or has a query or a fragment.
 */
export function readPath(name: string, value: string): string {
  const refuse = (expected: string, advice: string) =>
    new OptionError(`${name}: expected ${expected}, got ${shown(value)}. ${advice}`);
  if (typeof value !== 'string' || !value.startsWith('/')) {
    throw refuse('a path that starts with "/"', 'Write "/mcp".');
  }
  if (/[?#]/.test(value)) throw refuse('a path without query and fragment', 'Remove them.');
  if (value.includes('//')) throw refuse('a path without "//"', 'Write each slash once.');
  if (/[:*{}()[\]!+]/.test(value)) {
    throw refuse(
      'a plain path',
      'Put `:params` and patterns into the mount: app.use("/t/:tenant", …).',
    );
  }
  if (/[\\\s]/.test(value) || DOT_SEGMENT.test(value)) {
    throw refuse('a path as clients ask for it', 'Remove backslashes, white space, "." and "..".');
  }
  const path = new URL(value, 'http://localhost').pathname;
  return path === '/' ? path : path.replace(/\/$/, '');
}

/** Doubled is a prefix whose end is the beginning of the path: `/v1/api` and `/api/mcp`. */
function refuseDoubledPrefix(baseUrl: string | undefined, mcpPath: string): void {
  if (baseUrl === undefined) return;
  const prefix = pathOf(baseUrl).split('/').filter(Boolean);
  const path = mcpPath.split('/').filter(Boolean);
  const start = prefix.findIndex((_, index) => beginsWith(path, prefix.slice(index)));
  if (start === -1) return;
  const doubled = prefix.slice(start);
  const rest = `/${path.slice(doubled.length).join('/')}`;
  const before = prefix.slice(0, start).map((segment) => `/${segment}`);
  throw new OptionError(
    `baseUrl and mcpPath: expected the mount prefix in one of them, got "/${doubled.join('/')}" in both (${joined(baseUrl, mcpPath)}). Set mcpPath: "${rest}", or baseUrl: "${originOf(baseUrl)}${before.join('')}" if the router is mounted at "${before.join('') || '/'}".`,
  );
}

const beginsWith = (path: readonly string[], start: readonly string[]) =>
  start.every((segment, index) => segment.toLowerCase() === path[index]?.toLowerCase());

function refuseForeignPrefix(baseUrl: string | undefined, proxyPrefix: string): void {
  if (
    baseUrl === undefined ||
    `${pathOf(baseUrl)}/`.startsWith(`${proxyPrefix.replace(/\/$/, '')}/`)
  ) {
    return;
  }
  throw new OptionError(
    `proxyPrefix: expected the start of baseUrl's path, got "${proxyPrefix}" and ${shown(baseUrl)}. baseUrl is the public URL, before the proxy strips anything.`,
  );
}

/** Which mount is asked for decides every address: a document without its tenant would be a lie. */
function refuseOtherParameters(
  name: string,
  url: string | undefined,
  baseUrl: string | undefined,
): void {
  const expected = parametersOf(baseUrl);
  if (parametersOf(url) === expected || url === undefined) return;
  throw new OptionError(
    `${name}: expected the :params of baseUrl (${expected || 'none'}), got ${shown(url)}. Write the same ones into both.`,
  );
}

const parametersOf = (url: string | undefined) =>
  (pathOf(url ?? '').match(/:[A-Za-z_]\w*/g) ?? []).sort().join(', ');

function faultOf(address: Address, url: string, place: string): MountFault {
  const origin = originOf(url);
  const actual = `${origin}${address.proxyPrefix}${place}`;
  const fixes = fixesFor(address, place).join(', or ');
  return {
    reason: 'base_url_mismatch',
    expected: url,
    actual,
    message: `mcpRouter: expected requests at ${url}, got one at ${actual}. baseUrl + mcpPath must be the URL that clients reach: ${fixes}.`,
  };
}

/** The lines that would make the mount right, likeliest first. */
function fixesFor({ baseUrl = '', mcpPath, proxyPrefix }: Address, place: string): string[] {
  const promised = pathOf(baseUrl) === '/' ? '' : pathOf(baseUrl);
  const mounted = place.toLowerCase().endsWith(mcpPath.toLowerCase())
    ? place.slice(0, place.length - mcpPath.length)
    : place;
  const base = `baseUrl: "${originOf(baseUrl)}${proxyPrefix}${mounted}"`;
  const isStripped =
    proxyPrefix === '' &&
    mounted !== promised &&
    promised.toLowerCase().endsWith(mounted.toLowerCase());
  const stripped = promised.slice(0, promised.length - mounted.length);
  return [
    `mount it with app.use("${promised.slice(proxyPrefix.length) || '/'}", …)`,
    ...(isStripped ? [`set proxyPrefix: "${stripped}" if a reverse proxy strips it`] : []),
    ...(proxyPrefix === '' ? [] : ['remove proxyPrefix if no proxy strips it']),
    `set ${base}`,
  ];
}
