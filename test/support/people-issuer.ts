/**
 * `oidc-provider` on loopback for people: dynamic registration, login, consent, tokens for resources.
 *
 * Knows: its configuration, and that whoever comes is Ada, who agrees. Does not know: who trusts it.
 *
 * @module
 */
import express from 'express';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { type ClientMetadata, errors } from 'oidc-provider';
import { listenAs } from './listen.js';

/** Where the browser is sent after the login; nobody listens there. */
export const CALLBACK = 'http://127.0.0.1/callback';

/** Clients that the provider knows already. */
export const KNOWN = {
  public: { client_id: 'known', token_endpoint_auth_method: 'none' },
  confidential: {
    client_id: 'known-with-secret',
    client_secret: 'a-secret-of-the-client',
    token_endpoint_auth_method: 'client_secret_basic',
  },
} as const;

/** Scopes that it grants for a resource. */
const SCOPES = ['mcp', 'files:read', 'files:write'];

/** A running provider. */
export interface PeopleIssuer {
  readonly url: string;
  /** What it issues tokens for; anything else is an `invalid_target`. */
  readonly resources: Set<string>;
  /** Method and path of everything that it was asked for, in order; `:uid` stands for ids. */
  readonly asked: string[];
}

/** Issues JWTs until the running test ends. */
export async function peopleIssuer(): Promise<PeopleIssuer> {
  const resources = new Set<string>();
  const asked: string[] = [];
  const jwks = { keys: [await signingKey()] };
  const url = await listenAs((origin) => {
    const provider = providerAt(origin, jwks, resources);
    return express()
      .use((req, _res, next) => {
        asked.push(`${req.method} ${req.path.replace(/\/[\w-]{21}$/, '/:uid')}`);
        next();
      })
      .get('/interaction/:uid', (req, res) => agree(provider, req, res))
      .use(provider.callback());
  });
  return { url, resources, asked };
}

async function signingKey() {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { ...(await exportJWK(privateKey)), use: 'sig', alg: 'ES256', kid: 'one' };
}

function providerAt(
  url: string,
  jwks: NonNullable<ConstructorParameters<typeof Provider>[1]>['jwks'],
  resources: ReadonlySet<string>,
): Provider {
  return new Provider(url, {
    jwks,
    clients: Object.values(KNOWN).map(
      (client): ClientMetadata => ({
        ...client,
        redirect_uris: [CALLBACK],
        grant_types: ['authorization_code', 'refresh_token'],
      }),
    ),
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    scopes: ['offline_access', ...SCOPES],
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    issueRefreshToken: (_context, client) => client.grantTypeAllowed('refresh_token'),
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, audience) => {
          if (!resources.has(audience)) throw new errors.InvalidTarget();
          const jwt = { sign: { alg: 'ES256' as const } };
          const scope = SCOPES.join(' ');
          return { audience, scope, accessTokenTTL: 60, accessTokenFormat: 'jwt', jwt };
        },
      },
    },
  });
}

/** What a consent is asked for. */
interface Missing {
  readonly missingOIDCScope?: readonly string[];
  readonly missingResourceScopes?: Readonly<Record<string, readonly string[]>>;
}

/** Ada logs in, and consents to whatever is asked. */
async function agree(
  provider: Provider,
  req: express.Request,
  res: express.Response,
): Promise<void> {
  const { prompt, params, session, grantId } = await provider.interactionDetails(req, res);
  if (prompt.name === 'login') {
    return provider.interactionFinished(req, res, { login: { accountId: 'ada' } });
  }
  const accountId = session?.accountId ?? '';
  const clientId = String(params.client_id);
  const grant =
    (grantId === undefined ? undefined : await provider.Grant.find(grantId)) ??
    new provider.Grant({ accountId, clientId });
  const { missingOIDCScope = [], missingResourceScopes = {} } = prompt.details as Missing;
  grant.addOIDCScope(missingOIDCScope.join(' '));
  for (const [resource, scopes] of Object.entries(missingResourceScopes)) {
    grant.addResourceScope(resource, scopes.join(' '));
  }
  await provider.interactionFinished(req, res, { consent: { grantId: await grant.save() } });
}
