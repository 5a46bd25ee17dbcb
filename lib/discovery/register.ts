/**
 * Which endpoints have their documents where clients look for them: known to the whole process.
 *
 * Knows: what every `wellKnownRouter` was given, and from where in the app it has seen requests.
 * Does not know: requests, documents, how a fault is answered.
 *
 * @module
 */
import { type MountFault, originOf, wellKnownUrl } from '../urls.js';
import {
  authorizationServersOf,
  type DiscoverableEndpoint,
  type DocumentedEndpoint,
  isDocumented,
} from './documents.js';

/** The routers that were given one resource with the same authorization servers. */
interface Entry {
  routers: number;
  /** Those of them that have seen requests below a prefix, and none at the root. */
  misplaced: number;
  /** The last such prefix. */
  prefix: string;
  isAtRoot: boolean;
}

/** By resource, then by its authorization servers. */
type Register = Map<string, Map<string, Entry>>;

/** Shared by all copies of this package in the process. */
const REGISTER = Symbol.for('express-mcp-router/discovery');

/** What one `wellKnownRouter` has been given and has seen. */
export class Registration {
  readonly #entries: readonly Entry[];
  #state: 'unseen' | 'misplaced' | 'at root' = 'unseen';

  constructor(endpoints: readonly DocumentedEndpoint[]) {
    this.#entries = endpoints.map(entryFor);
    for (const entry of this.#entries) entry.routers += 1;
  }

  /**
   * Takes note of a request that came through.
   *
   * @param prefix - what the app has put in front; empty at its root.
   */
  seenUnder(prefix: string): void {
    if (this.#state === 'at root' || (this.#state === 'misplaced' && prefix !== '')) return;
    const step = prefix === '' ? (this.#state === 'misplaced' ? -1 : 0) : 1;
    this.#state = prefix === '' ? 'at root' : 'misplaced';
    for (const entry of this.#entries) {
      entry.misplaced += step;
      if (prefix === '') entry.isAtRoot = true;
      else entry.prefix = prefix;
    }
  }
}

/** What is known of an endpoint's documents. */
export interface Whereabouts {
  /** Proof that clients do not find them. */
  readonly fault: MountFault | undefined;
  /** True once a `wellKnownRouter` that has them has seen a request at the root. */
  readonly isAtRoot: boolean;
}

/** Tells what is known so far; asked again it may tell more. */
export function whereaboutsOf(endpoint: DocumentedEndpoint): Whereabouts {
  const found = register().get(endpoint.address.resource);
  const entry = found?.get(serversOf(endpoint));
  if (entry !== undefined) {
    const isMisplaced = entry.misplaced === entry.routers;
    const fault = isMisplaced ? misplaced(endpoint, entry.prefix) : undefined;
    return { fault, isAtRoot: entry.isAtRoot };
  }
  const [others] = found?.keys() ?? [];
  const fault = others === undefined ? missing(endpoint) : differing(endpoint, others);
  return { fault, isAtRoot: false };
}

/** Looks for proof with every request, until the documents are known to be where they belong. */
export function discoveryCheck(endpoint: DiscoverableEndpoint): () => MountFault | undefined {
  if (!isDocumented(endpoint)) return () => undefined;
  let isRight = false;
  return () => {
    if (isRight) return undefined;
    const { fault, isAtRoot } = whereaboutsOf(endpoint);
    isRight = isAtRoot;
    return fault;
  };
}

function register(): Register {
  const shared = globalThis as { [REGISTER]?: Register };
  shared[REGISTER] ??= new Map();
  return shared[REGISTER];
}

function entryFor(endpoint: DocumentedEndpoint): Entry {
  const { resource } = endpoint.address;
  const entries = register().get(resource) ?? new Map<string, Entry>();
  register().set(resource, entries);
  const servers = serversOf(endpoint);
  const entry = entries.get(servers) ?? { routers: 0, misplaced: 0, prefix: '', isAtRoot: false };
  entries.set(servers, entry);
  return entry;
}

const serversOf = (endpoint: DocumentedEndpoint) => authorizationServersOf(endpoint, {}).join(', ');

const documentUrl = ({ address }: DocumentedEndpoint) =>
  wellKnownUrl('oauth-protected-resource', address.resource);

function missing(endpoint: DocumentedEndpoint): MountFault {
  const expected = documentUrl(endpoint);
  return {
    reason: 'well_known_missing',
    expected,
    actual: 'nothing',
    message: `mcpRouter: expected metadata at ${expected}, got no wellKnownRouter that serves it. Clients cannot log in without it: add app.use(wellKnownRouter(router)) at the root of the app, or set wellKnown: "external" if something else serves it.`,
  };
}

function differing(endpoint: DocumentedEndpoint, actual: string): MountFault {
  const expected = serversOf(endpoint);
  return {
    reason: 'well_known_differs',
    expected,
    actual,
    message: `mcpRouter: expected metadata of ${endpoint.address.resource} that names ${expected}, got a wellKnownRouter that names ${actual}. Give it the router itself: app.use(wellKnownRouter(router)).`,
  };
}

function misplaced(endpoint: DocumentedEndpoint, prefix: string): MountFault {
  const expected = documentUrl(endpoint);
  const actual = expected.replace(originOf(expected), (origin) => origin + prefix);
  return {
    reason: 'well_known_misplaced',
    expected,
    actual,
    message: `mcpRouter: expected metadata at ${expected}, got it at ${actual}. Clients look at the root of the host: mount it with app.use(wellKnownRouter(router)) on the outermost app, not under "${prefix}".`,
  };
}
