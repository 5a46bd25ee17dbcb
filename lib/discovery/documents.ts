/**
 * The discovery documents of one endpoint, as values.
 *
 * Knows: the members of RFC 9728 and RFC 8414 metadata, and the path of each document.
 * Does not know: other endpoints, requests, how a document is answered.
 *
 * @module
 */
import {
  type AuthGate,
  hasAuthorizationServer,
  type OwnAuthorizationServer,
} from '../auth/port.js';
import type { Parameters } from '../places.js';
import { type Address, filled, pathOf, type WellKnownName, wellKnownPath } from '../urls.js';

/** What the documents of an endpoint are made from; members are as in the options. */
export interface DiscoverableEndpoint {
  readonly address: Address;
  readonly gate: AuthGate | undefined;
  readonly resourceName: string | undefined;
  readonly resourceDocumentation: string | undefined;
  readonly scopesSupported: readonly string[] | undefined;
  readonly requiredScopes: readonly string[];
  readonly rootAliases: boolean;
  readonly answerUnknownProbes: boolean;
}

/** An endpoint that has documents. */
export interface DocumentedEndpoint extends DiscoverableEndpoint {
  readonly gate: AuthGate;
  readonly address: Address & Record<'url' | 'baseUrl' | 'issuerUrl' | 'resource', string>;
}

/** Members of a JSON object. */
export type Metadata = Readonly<Record<string, unknown>>;

/** A document, and where clients look for it. */
export interface MetadataDocument {
  readonly name: WellKnownName;
  /** Path from the root of the host; may hold the mount's `:params`. */
  readonly path: string;
  /** Its members for one mount; parameters without a value stay as they are. */
  metadata(params: Parameters): Metadata;
}

/** Clients ask for it by themselves when they want a refresh token; it is no scope of a resource. */
const NOT_OF_A_RESOURCE = 'offline_access';

/** True when there is something to tell: without authorization servers there are no documents. */
export const isDocumented = (endpoint: DiscoverableEndpoint): endpoint is DocumentedEndpoint =>
  endpoint.gate !== undefined &&
  endpoint.address.url !== undefined &&
  hasAuthorizationServer(endpoint.gate);

/** The documents of an endpoint that belong at the root of its host. */
export function documentsOf(endpoint: DocumentedEndpoint): MetadataDocument[] {
  const { address, gate } = endpoint;
  const ofResource: MetadataDocument = {
    name: 'oauth-protected-resource',
    path: wellKnownPath('oauth-protected-resource', address.resource),
    metadata: (params) => protectedResourceMetadata(endpoint, params),
  };
  const { ownServer } = gate;
  if (ownServer === undefined) return [ofResource];
  const ofIssuer = (['oauth-authorization-server', 'openid-configuration'] as const).map(
    (name): MetadataDocument => ({
      name,
      path: wellKnownPath(name, address.issuerUrl),
      metadata: (params) => authorizationServerMetadata(endpoint, ownServer, params),
    }),
  );
  return [ofResource, ...ofIssuer];
}

/**
 * The same metadata behind the issuer, where OpenID clients look; undefined without a server of our own,
 * and when its issuer is not the endpoint's base.
 *
 * @see {@link https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig Discovery §4}
 */
export function documentBehindIssuer(endpoint: DocumentedEndpoint): MetadataDocument | undefined {
  const { address, gate } = endpoint;
  const { ownServer } = gate;
  if (ownServer === undefined || address.issuerUrl !== address.baseUrl) return undefined;
  return {
    name: 'openid-configuration',
    path: pathOf(`${address.issuerUrl}${wellKnownPath('openid-configuration', '')}`),
    metadata: (params) => authorizationServerMetadata(endpoint, ownServer, params),
  };
}

/** Whose tokens the endpoint takes, in this order: our own, then the others byte for byte. */
export function authorizationServersOf(
  { address, gate }: DocumentedEndpoint,
  params: Parameters,
): string[] {
  const own = gate.ownServer === undefined ? [] : [filled(address.issuerUrl, params)];
  return [...new Set([...own, ...gate.authorizationServers])];
}

/**
 * Tells where a token for the endpoint can be had.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-2 RFC 9728 §2}
 */
export function protectedResourceMetadata(
  endpoint: DocumentedEndpoint,
  params: Parameters,
): Metadata {
  const { address, gate, resourceName, resourceDocumentation } = endpoint;
  const required = endpoint.requiredScopes.length > 0 ? endpoint.requiredScopes : undefined;
  const scopes = endpoint.scopesSupported ?? gate.scopesSupported ?? required;
  return {
    resource: filled(address.resource, params),
    authorization_servers: authorizationServersOf(endpoint, params),
    ...(scopes && { scopes_supported: scopes.filter((scope) => scope !== NOT_OF_A_RESOURCE) }),
    bearer_methods_supported: ['header'],
    ...(resourceName !== undefined && { resource_name: resourceName }),
    ...(resourceDocumentation !== undefined && { resource_documentation: resourceDocumentation }),
  };
}

/**
 * Describes the authorization server that is part of the endpoint's own app.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8414#section-2 RFC 8414 §2}
 */
export function authorizationServerMetadata(
  { address }: DocumentedEndpoint,
  ownServer: OwnAuthorizationServer,
  params: Parameters,
): Metadata {
  const issuer = filled(address.issuerUrl, params);
  return { ...ownServer.metadata(issuer, filled(address.baseUrl, params)), issuer };
}
