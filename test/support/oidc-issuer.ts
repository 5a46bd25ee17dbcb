/**
 * `oidc-provider` on loopback: an authorization server that nobody here has written.
 *
 * Knows: its configuration. Does not know: who trusts it.
 *
 * @module
 */
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';
import { RESOURCE } from './guarded.js';
import { listen } from './listen.js';

/** A running provider with two clients: `app`, which gets tokens, and `mcp`, which may ask about them. */
export interface OidcIssuer {
  readonly url: string;
  /** A token by client credentials for {@link RESOURCE}, or for another resource. */
  token(resource?: string): Promise<string>;
  /** Ends a token before its time. */
  revoke(token: string): Promise<void>;
}

const SECRET = 'a-secret-of-the-client';

/** Client id and secret of whoever asks about tokens. */
export const ASKING = { clientId: 'mcp', clientSecret: SECRET };

/** Listens until the running test ends. */
export async function oidcIssuer(format: 'jwt' | 'opaque'): Promise<OidcIssuer> {
  const answer = { by: (_req: unknown, _res: unknown) => {} };
  const url = await listen((req, res) => answer.by(req, res));
  const provider = await providerAt(url, format);
  answer.by = provider.callback() as typeof answer.by;
  const post = (path: string, fields: Record<string, string>) =>
    fetch(`${url}/${path}`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'app', client_secret: SECRET, ...fields }),
    });
  return {
    url,
    token: async (resource = RESOURCE) => {
      const grant = { grant_type: 'client_credentials', scope: 'mcp', resource };
      const { access_token: token } = (await (await post('token', grant)).json()) as {
        access_token?: string;
      };
      if (token === undefined) throw new Error('the provider issued no token');
      return token;
    },
    revoke: async (token) => {
      const { status } = await post('token/revocation', { token });
      if (status !== 200) throw new Error(`the provider answered ${status}`);
    },
  };
}

async function providerAt(url: string, format: 'jwt' | 'opaque'): Promise<Provider> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const client = (client_id: string, grant_types: string[]) => ({
    client_id,
    client_secret: SECRET,
    grant_types,
    redirect_uris: [],
    response_types: [],
    id_token_signed_response_alg: 'ES256' as const,
    token_endpoint_auth_method: 'client_secret_post' as const,
  });
  const usual = { scope: 'mcp', accessTokenTTL: 60 };
  return new Provider(url, {
    clients: [client('app', ['client_credentials']), client('mcp', [])],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), use: 'sig', alg: 'ES256', kid: 'one' }] },
    scopes: ['mcp'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, audience) =>
          format === 'opaque'
            ? { ...usual, audience, accessTokenFormat: 'opaque' }
            : { ...usual, audience, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } },
      },
    },
  });
}
