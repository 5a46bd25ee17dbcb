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

const DEFAULT_PATH = '/mcp';
const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** True for host names that never leave this machine; IPv6 in brackets. */
export const isLoopbackName = (hostname: string): boolean => LOOPBACK.test(hostname.toLowerCase());

/**
 * Derives the addresses once, from options alone.
 *
 * @throws OptionError for insecure, doubled or malformed addresses.
 */
export function resolveAddress(options: AddressOptions): Address {
  const mcpPath = readPath('mcpPath', options.mcpPath ?? DEFAULT_PATH);
  const baseUrl = readUrl('baseUrl', options.baseUrl);
  const prefix =
    options.proxyPrefix === undefined ? '/' : readPath('proxyPrefix', options.proxyPrefix);
  refuseDoubledPrefix(baseUrl, mcpPath);
  refuseForeignPrefix(baseUrl, prefix);
  return {
    url: baseUrl === undefined ? undefined : joined(baseUrl, mcpPath),
    baseUrl,
    mcpPath,
    issuerUrl: readUrl('issuerUrl', options.issuerUrl) ?? baseUrl,
    resourceBaseUrl: readUrl('resourceBaseUrl', options.resourceBaseUrl) ?? baseUrl,
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

/** The path of a request target: decoded, without query, doubled slashes and a trailing slash. */
export function placeOf(target: string): string {
  if (/^\/[\w./-]*[\w.-]$/.test(target) && !target.includes('//')) return target;
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(target)?.[0].length ?? 0;
  const path = target.slice(absolute).split(/[?#]/, 1)[0] ?? '';
  const segments = path.split('/').filter((segment) => segment !== '');
  return `/${segments.map(decoded).join('/')}`;
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
  const expected = segmentsOf(expectedPath);
  return (place) => {
    if (place === usual && expectedPath === proxyPrefix + place) return undefined;
    const actual = segmentsOf(`${proxyPrefix}/${place}`);
    const isRight =
      actual.length === expected.length &&
      expected.every((segment, index) => segment.startsWith(':') || segment === actual[index]);
    return isRight ? undefined : faultOf(address, url, place);
  };
}

/** What the direct server prints when it listens. */
export function urlMap({ url, mcpPath }: Address, boundUrl: string): string[] {
  const local = joined(boundUrl, mcpPath);
  return [
    `MCP endpoint   ${url ?? local}`,
    ...(url === undefined || url === local ? [] : [`  bound to     ${local}`]),
    `Health         ${boundUrl}/healthz`,
    `Readiness      ${boundUrl}/readyz`,
    '',
    `Try it:        claude mcp add --transport http my-server ${url ?? local}`,
  ];
}

const joined = (base: string, path: string) => (path === '/' ? base : base + path);

const segmentsOf = (place: string) =>
  place
    .toLowerCase()
    .split('/')
    .filter((segment) => segment !== '');

/** The path of a URL text; `:params` survive, unlike in `new URL(…).pathname`. */
const pathOf = (url: string) => url.replace(/^[a-z]+:\/\/[^/]*/i, '') || '/';

const originOf = (url: string) => url.slice(0, url.length - pathOf(url).length) || url;

function decoded(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function readUrl(name: string, value: string | URL | undefined): string | undefined {
  if (value === undefined) return undefined;
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
  if (text.includes('?') || text.includes('#')) {
    throw refuse('a URL without query and fragment', 'Remove them.');
  }
  if (url.protocol === 'http:' && !isLoopbackName(url.hostname)) {
    throw refuse('an https URL', 'Plain http is for loopback hosts only.');
  }
  const path = pathOf(text);
  if (path.includes('//')) throw refuse('a path without "//"', 'Write each slash once.');
  return url.origin + path.replace(/\/$/, '');
}

const withoutPassword = (text: string) => text.replace(/\/\/[^/@]*@/, '//…@');

function readPath(name: string, value: string): string {
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

function refuseDoubledPrefix(baseUrl: string | undefined, mcpPath: string): void {
  if (baseUrl === undefined) return;
  const prefix = segmentsOf(pathOf(baseUrl));
  const path = segmentsOf(mcpPath);
  const isDoubled = prefix.length > 0 && prefix.every((segment, index) => segment === path[index]);
  if (!isDoubled) return;
  const rest = `/${path.slice(prefix.length).join('/')}`;
  throw new OptionError(
    `baseUrl and mcpPath: expected the mount prefix in one of them, got "/${prefix.join('/')}" in both (${joined(baseUrl, mcpPath)}). Set mcpPath: "${rest}", or baseUrl: "${originOf(baseUrl)}" if the router is mounted at the root.`,
  );
}

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
