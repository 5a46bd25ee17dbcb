/**
 * The public addresses of one MCP endpoint.
 *
 * Knows: how they follow from the options, and what path a right mount is asked for.
 * Does not know: requests, headers, Express.
 *
 * @module
 */
import { OptionError, shown } from './errors.js';

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
  /** Empty without one. */
  readonly proxyPrefix: string;
}

/** A request at a path that `baseUrl` does not describe. */
export interface MountFault {
  readonly reason: 'base_url_mismatch';
  /** The URL that the options promise. */
  readonly expected: string;
  /** The URL that the request shows. */
  readonly actual: string;
  readonly message: string;
}

/** Paths of the 2024-11-05 transport, under the same mount as the endpoint. */
export const SSE_PATHS = { stream: '/sse', messages: '/messages' } as const;

const DEFAULT_PATH = '/mcp';
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
  refuseDoubledPrefix(baseUrl, mcpPath);
  refuseForeignPrefix(baseUrl, prefix);
  return {
    url: baseUrl === undefined ? undefined : joined(baseUrl, mcpPath),
    baseUrl,
    mcpPath,
    issuerUrl: optionalUrl('issuerUrl', options.issuerUrl) ?? baseUrl,
    resourceBaseUrl: optionalUrl('resourceBaseUrl', options.resourceBaseUrl) ?? baseUrl,
    proxyPrefix: prefix === '/' ? '' : prefix,
  };
}

/** The endpoint's URL with the mount's `:params` filled in; undefined without `baseUrl`. */
export function endpointUrl(
  { url }: Address,
  params: Readonly<Record<string, string>>,
): string | undefined {
  if (url === undefined || !url.includes('/:')) return url;
  return url.replaceAll(/\/:([A-Za-z_]\w*)/g, (whole, name: string) => {
    const value = params[name];
    return value === undefined ? whole : `/${encodeURIComponent(value)}`;
  });
}

/**
 * The path of a request target: decoded, without query, doubled slashes and a trailing slash.
 *
 * An encoded slash stays encoded, as it is part of its segment: two targets that a router tells apart
 * never have one place.
 */
export function placeOf(target: string): string {
  if (/^\/[\w./-]*[\w.-]$/.test(target) && !target.includes('//')) return target;
  return `/${segmentsOf(pathIn(target)).map(decoded).join('/')}`;
}

/** The path of a request target as the client may write it again: one slash between segments, still encoded. */
export function writtenPath(target: string): string {
  const segments = segmentsOf(pathIn(target));
  // What is encoded already must not be encoded once more.
  return `/${segments.map((segment) => encodeURI(segment).replaceAll('%25', '%')).join('/')}`;
}

/** A path of the same mount: `path` in the place of the last segment. */
export function beside(place: string, path: string): string {
  const mount = place.slice(0, place.lastIndexOf('/'));
  return mount !== '' && path === '/' ? mount : mount + path;
}

/** The path of a request target, without origin, query and fragment. */
function pathIn(target: string): string {
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(target)?.[0].length ?? 0;
  return target.slice(absolute).split(/[?#]/, 1)[0] ?? '';
}

/**
 * The invariant as a question: is this the path of the endpoint?
 *
 * Compared per segment, letter case ignored, since the app has routed the request here; `:params` of
 * the base URL stand for one segment each. Without `baseUrl` every path is right.
 */
export function mountCheck(address: Address): (place: string) => MountFault | undefined {
  const { url, proxyPrefix } = address;
  if (url === undefined) return () => undefined;
  const expectedPath = placeOf(pathOf(url));
  const usual = proxyPrefix === '' ? expectedPath : expectedPath.slice(proxyPrefix.length);
  const expected = segmentsOf(expectedPath.toLowerCase());
  return (place) => {
    if (place === usual && expectedPath === proxyPrefix + place) return undefined;
    const actual = segmentsOf(`${proxyPrefix}/${place}`.toLowerCase());
    const isRight =
      actual.length === expected.length &&
      expected.every((segment, index) => segment.startsWith(':') || segment === actual[index]);
    return isRight ? undefined : faultOf(address, url, place);
  };
}

/** What the direct server prints when it listens. */
export function urlMap(
  { url, baseUrl, mcpPath }: Address,
  boundUrl: string,
  hasLegacySse = false,
): string[] {
  const local = joined(boundUrl, mcpPath);
  const sse = joined(baseUrl ?? boundUrl, SSE_PATHS.stream);
  return [
    `MCP endpoint   ${url ?? local}`,
    ...(url === undefined || url === local ? [] : [`  bound to     ${local}`]),
    ...(hasLegacySse ? [`HTTP+SSE       ${sse} (deprecated)`] : []),
    `Health         ${boundUrl}/healthz`,
    `Readiness      ${boundUrl}/readyz`,
    '',
    `Try it:        claude mcp add --transport http my-server ${url ?? local}`,
  ];
}

const joined = (base: string, path: string) => (path === '/' ? base : base + path);

const segmentsOf = (path: string) => path.split('/').filter((segment) => segment !== '');

/** The path of a URL text; `:params` survive, unlike in `new URL(…).pathname`. */
const pathOf = (url: string) => url.replace(/^[a-z]+:\/\/[^/]*/i, '') || '/';

const originOf = (url: string) => /^[a-z]+:\/\/[^/]*/i.exec(url)?.[0] ?? url;

/** What would end a segment, a quoted string or a line of the log. */
const UNREADABLE = /[%/"\p{Cc}\u2028\u2029]/gu;

function decoded(segment: string): string {
  const text = segment.replaceAll('"', '%22');
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text).replace(UNREADABLE, encodeURIComponent);
  } catch {
    return text;
  }
}

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
  if (/\/\.{1,2}(\/|$)/.test(path)) {
    throw refuse('a path without "." and ".."', 'Clients resolve them before they ask.');
  }
  return url.origin + path.replace(/\/$/, '');
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
  return value === '/' ? value : value.replace(/\/$/, '');
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
