/**
 * Gates that let everybody in, each with authorization servers of another kind.
 *
 * Knows: the port of gates. Does not know: tokens.
 *
 * @module
 */
import type { AuthGate, Verdict } from '../../lib/auth/port.js';

const USER: Verdict = {
  kind: 'valid',
  authInfo: { token: 'token of the tests', clientId: 'tests', scopes: [] },
  principal: 'principal of the tests',
};

/** A gate without authorization servers, such as static tokens. */
export const bareGate = (): AuthGate => ({
  name: 'bare',
  authorizationServers: [],
  verify: () => USER,
});

/** A gate that trusts authorization servers of somebody else. */
export const remoteGate = (...issuers: string[]): AuthGate => ({
  ...bareGate(),
  name: 'remote',
  authorizationServers: issuers,
});

/** A gate that is an authorization server itself; its endpoints are under the base. */
export const ownGate = (...alsoTrusted: string[]): AuthGate => ({
  ...remoteGate(...alsoTrusted),
  name: 'own',
  scopesSupported: ['read', 'offline_access'],
  ownServer: {
    metadata: (issuer, base) => ({
      issuer,
      authorization_endpoint: `${base}/authorize`,
      token_endpoint: `${base}/token`,
      registration_endpoint: `${base}/register`,
      jwks_uri: `${base}/.well-known/jwks.json`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['EdDSA'],
    }),
  },
});
