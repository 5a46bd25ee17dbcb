/**
 * Endpoints as their discovery documents see them.
 *
 * Knows: the options of an endpoint. Does not know: routers.
 *
 * @module
 */
import type {
  DiscoverableEndpoint,
  DocumentedEndpoint,
  MetadataDocument,
} from '../../lib/discovery/documents.js';
import { documentsOf, isDocumented } from '../../lib/discovery/documents.js';
import type { McpRouterOptions } from '../../lib/options.js';
import { resolveOptions } from '../../lib/resolve-options.js';

/** An endpoint with these options, protected or open. */
export function discoverable(options: McpRouterOptions): DiscoverableEndpoint {
  const { settings } = resolveOptions(options, {});
  return { ...settings, gate: settings.auth === false ? undefined : settings.auth };
}

/** An endpoint that has documents. */
export function documented(options: McpRouterOptions): DocumentedEndpoint {
  const endpoint = discoverable(options);
  if (!isDocumented(endpoint)) throw new Error('expected auth with an authorization server');
  return endpoint;
}

/** The documents by their paths. */
export const documentsByPath = (options: McpRouterOptions): Record<string, MetadataDocument> =>
  Object.fromEntries(documentsOf(documented(options)).map((document) => [document.path, document]));
