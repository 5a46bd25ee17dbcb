/**
 * Every discovery address of one host, and what is answered there.
 *
 * Knows: the documents of all endpoints together, where they would contradict each other, and which
 * addresses can be nobody else's.
 * Does not know: requests, headers.
 *
 * @module
 */
import { OptionError } from '../errors.js';
import { type Parameters, type PathShape, pathShape, placeOf } from '../places.js';
import { pathOf, wellKnownPath } from '../urls.js';
import {
  type DiscoverableEndpoint,
  type DocumentedEndpoint,
  documentsOf,
  isDocumented,
} from './documents.js';

/** What is at an address of ours: a document as JSON, or nothing, which is said too. */
export type Found =
  | { readonly kind: 'document'; readonly json: string }
  | { readonly kind: 'none' };

/** Documents that differ by the values of `:params`. */
interface Family {
  readonly shape: PathShape;
  find(params: Parameters): Found;
}

const WELL_KNOWN = '/.well-known/';
const PROBE = /^\/\.well-known\/(?:oauth-[^/]+|openid-configuration)(\/.*)?$/i;
const NONE: Found = { kind: 'none' };

/** The addresses of a set of endpoints, protected and open. */
export class Site {
  /** URLs of the endpoints that ask for aliases at the bare root and cannot have them. */
  readonly refusedAliases: readonly string[];
  /** By place, in lower case. */
  readonly #fixed = new Map<string, Found>();
  /** By place, in lower case and without the names of parameters. */
  readonly #families = new Map<string, Family>();
  /** Places that are ours with everything below: an endpoint's, up to its first parameter. */
  readonly #territories: string[] = [];
  readonly #endpoints: PathShape[] = [];
  readonly #answersUnknown: boolean;

  /** @throws OptionError when two endpoints need different answers at one address. */
  constructor(endpoints: readonly DiscoverableEndpoint[]) {
    for (const endpoint of endpoints) {
      if (isDocumented(endpoint)) this.#addDocuments(endpoint);
      else this.#addOpen(endpoint);
      this.#addTerritory(endpoint);
    }
    this.#answersUnknown = endpoints.some((endpoint) => endpoint.answerUnknownProbes);
    this.refusedAliases = this.#addAliases(endpoints);
  }

  /** What to answer at a place; undefined when it is somebody else's. */
  find(place: string): Found | undefined {
    const start = place.toLowerCase().indexOf(WELL_KNOWN);
    if (start === -1) return undefined;
    if (start > 0) return this.#findBehind(place.slice(0, start), place.slice(start));
    const fixed = this.#fixed.get(place.toLowerCase());
    if (fixed !== undefined) return fixed;
    for (const { shape, find } of this.#families.values()) {
      if (!shape.fits(place)) continue;
      const params = shape.valuesIn(place);
      return params === undefined ? NONE : find(params);
    }
    const [probe, about = '/'] = PROBE.exec(place) ?? [];
    if (probe === undefined) return undefined;
    return this.#answersUnknown || this.#isOurs(about) ? NONE : undefined;
  }

  /** Clients that take the endpoint for an issuer look for metadata behind its path. */
  #findBehind(about: string, probe: string): Found | undefined {
    const isOurs = PROBE.test(probe) && this.#endpoints.some((endpoint) => endpoint.fits(about));
    return isOurs ? NONE : undefined;
  }

  #isOurs(about: string): boolean {
    const place = about.toLowerCase();
    return this.#territories.some((own) => place === own || place.startsWith(`${own}/`));
  }

  #addDocuments(endpoint: DocumentedEndpoint): void {
    for (const { path, metadata } of documentsOf(endpoint)) {
      const find = (params: Parameters): Found => documentOf(metadata(params));
      this.#add(path, find, endpoint.address.url);
    }
  }

  /** The bare address may be the app's own; one with a path of ours is nobody else's. */
  #addOpen({ address: { url } }: DiscoverableEndpoint): void {
    if (url === undefined || pathOf(url) === '/') return;
    this.#add(wellKnownPath('oauth-protected-resource', url), () => NONE, url);
  }

  #addTerritory({ address }: DiscoverableEndpoint): void {
    const { url, resource, proxyPrefix, mcpPath } = address;
    for (const about of [url, resource]) {
      const [place = ''] = placeOf(pathOf(about ?? ''))
        .toLowerCase()
        .split('/:');
      if (place.length > 1) this.#territories.push(place);
    }
    // Behind a path that is the whole mount is the metadata of the endpoint's own server.
    if (url === undefined || mcpPath === '/') return;
    const path = pathOf(url);
    this.#endpoints.push(pathShape(path), pathShape(path.slice(proxyPrefix.length)));
  }

  #add(path: string, find: Family['find'], url: string): void {
    const place = placeOf(path).toLowerCase();
    const found = find({});
    const key = place.replaceAll(/\/:[^/]*/g, '/:');
    const known = this.#fixed.get(place) ?? this.#families.get(key)?.find({});
    if (known !== undefined && !isSame(known, found)) throw contradiction(path, url);
    if (key === place) this.#fixed.set(place, found);
    else this.#families.set(key, { shape: pathShape(path), find });
  }

  /**
   * A client of an endpoint without documents falls back to the bare root; what it finds there must not
   * be about another resource (RFC 9728 §3.3).
   */
  #addAliases(endpoints: readonly DiscoverableEndpoint[]): string[] {
    const asking = new Map(
      endpoints
        .filter((it) => it.rootAliases)
        .map((it) => [it.address.url ?? it.address.mcpPath, it]),
    );
    const [only] = asking.values();
    const isClear =
      asking.size === 1 &&
      endpoints.every(isDocumented) &&
      only?.address.url?.includes('/:') === false;
    if (only === undefined || !isDocumented(only) || !isClear) return [...asking.keys()];
    for (const { name, metadata } of documentsOf(only)) {
      const place = wellKnownPath(name, '');
      if (!this.#fixed.has(place)) this.#fixed.set(place, documentOf(metadata({})));
    }
    return [];
  }
}

/** A document as it is sent. */
export const documentOf = (metadata: object): Found => ({
  kind: 'document',
  json: JSON.stringify(metadata),
});

const isSame = (one: Found, other: Found) => JSON.stringify(one) === JSON.stringify(other);

const contradiction = (path: string, url: string) =>
  new OptionError(
    `wellKnownRouter: expected one answer at ${path}, got another one for ${url}. Give every endpoint a baseUrl of its own, the same auth wherever it is named, and an issuerUrl that no other shares.`,
  );
