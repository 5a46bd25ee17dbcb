/**
 * A person at an MCP client: what the official clients' `authProvider` keeps, and a browser to log in with.
 *
 * Knows: redirects and cookies. Does not know: which SDK asks, what the authorization server does.
 *
 * @module
 */
import type {
  OAuthClientProvider,
  OAuthDiscoveryState,
} from '@modelcontextprotocol/sdk/client/auth.js';
import type {
  OAuthClientInformationMixed,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import { CALLBACK } from './people-issuer.js';

/** More redirects than any login has. */
const MAX_REDIRECTS = 20;

export class Person implements OAuthClientProvider {
  readonly redirectUrl = CALLBACK;
  readonly clientMetadata = {
    client_name: 'A client of the tests',
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  /** Where the client sent the browser, in order. */
  readonly sentTo: URL[] = [];
  #client: OAuthClientInformationMixed | undefined;
  #tokens: OAuthTokens | undefined;
  #verifier = '';
  #discovered: OAuthDiscoveryState | undefined;
  readonly #cookies = new Map<string, string>();

  /** @param client - when the authorization server knows it already; else it registers itself. */
  constructor(client?: OAuthClientInformationMixed) {
    this.#client = client;
  }

  clientInformation = () => this.#client;
  saveClientInformation(client: OAuthClientInformationMixed): void {
    this.#client = client;
  }

  tokens = () => this.#tokens;
  saveTokens(tokens: OAuthTokens): void {
    this.#tokens = tokens;
  }

  forgetRefreshToken(): void {
    if (this.#tokens !== undefined) this.#tokens = { ...this.#tokens, refresh_token: undefined };
  }

  codeVerifier = () => this.#verifier;
  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  discoveryState = () => this.#discovered;
  saveDiscoveryState(discovered: OAuthDiscoveryState): void {
    this.#discovered = discovered;
  }

  redirectToAuthorization(url: URL): void {
    this.sentTo.push(url);
  }

  /** Goes where the client has sent the browser, to the end; returns what comes back to the client. */
  async logIn(): Promise<URLSearchParams> {
    let url = this.sentTo.at(-1);
    for (let turn = 0; url !== undefined && turn < MAX_REDIRECTS; turn += 1) {
      if (url.href.startsWith(CALLBACK)) return url.searchParams;
      url = await this.#follow(url);
    }
    throw new Error('the login does not end at the client');
  }

  async #follow(url: URL): Promise<URL> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { headers: { Cookie: cookie }, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.#cookies.set(name, value);
    }
    const to = response.headers.get('location');
    if (to === null)
      throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
    return new URL(to, url);
  }
}
