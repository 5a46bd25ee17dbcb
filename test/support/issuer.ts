/**
 * A real authorization server on loopback: its metadata, its keys, and tokens as it would issue them.
 *
 * Knows: RFC 8414, RFC 7517 and how to sign, rightly and wrongly. Does not know: who verifies.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';
import { listen } from './listen.js';

/** How it behaves: as it should, not at all, or in ways that exist. */
export type IssuerMood = 'up' | 'failing' | 'hanging' | 'talking nonsense' | 'redirecting';

/** A pair of keys that it signs with. */
export interface IssuerKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

/** What differs from the usual token. */
export interface TokenChanges {
  readonly claims?: Record<string, unknown>;
  readonly header?: Record<string, unknown>;
  readonly key?: CryptoKey | Uint8Array;
  readonly alg?: string;
}

const METADATA = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];

/** Seconds since 1970, `seconds` from now. */
export const soon = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;

/** A fresh pair of keys. */
export async function issuerKey(kid: string, alg = 'ES256'): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg } };
}

export class TestIssuer {
  /** As it calls itself. */
  url = '';
  mood: IssuerMood = 'up';
  /** Members of the metadata document that differ. */
  metadata: Record<string, unknown> = {};
  /** Paths at which the metadata is. */
  documents: readonly string[] = METADATA;
  /** Paths that were asked for, in order. */
  readonly asked: string[] = [];
  keys: IssuerKey[];
  /** Published instead of the keys. */
  keySet: unknown;

  private constructor(key: IssuerKey) {
    this.keys = [key];
  }

  /** Listens until the running test ends. */
  static async start(alg?: string): Promise<TestIssuer> {
    const issuer = new TestIssuer(await issuerKey('first', alg));
    issuer.url = await listen((req, res) => issuer.#answer(req, res));
    return issuer;
  }

  /** The key that it signs with. */
  get key(): IssuerKey {
    const key = this.keys.at(-1);
    if (key === undefined) throw new Error('the issuer has no key');
    return key;
  }

  /** The key in PEM. */
  pem(): Promise<string> {
    return exportSPKI(this.key.publicKey);
  }

  /** How often its keys were asked for. */
  get keyFetches(): number {
    return this.asked.filter((path) => path === '/jwks').length;
  }

  /** A token for `audience` with the scope `mcp`, good for a minute, with the changes that are asked for. */
  token(audience: string, { claims, header, key, alg }: TokenChanges = {}): Promise<string> {
    const told = {
      iss: this.url,
      aud: audience,
      sub: 'ada',
      client_id: 'app',
      scope: 'mcp other',
      iat: soon(0),
      exp: soon(60),
      jti: 'one',
      ...claims,
    };
    return new SignJWT(JSON.parse(JSON.stringify(told)))
      .setProtectedHeader({ alg: alg ?? this.key.alg, kid: this.key.kid, typ: 'at+jwt', ...header })
      .sign(key ?? this.key.privateKey);
  }

  #answer(req: IncomingMessage, res: ServerResponse): void {
    const path = req.url ?? '';
    this.asked.push(path);
    if (this.mood === 'hanging') return;
    if (this.mood === 'failing') return void res.writeHead(500).end();
    if (this.mood === 'talking nonsense') return void res.end('<html>hello</html>');
    if (this.mood === 'redirecting') return void res.writeHead(302, { Location: '/jwks2' }).end();
    const document = this.documents.includes(path)
      ? { issuer: this.url, jwks_uri: `${this.url}/jwks`, ...this.metadata }
      : undefined;
    const found = path === '/jwks' ? (this.keySet ?? this.#published()) : document;
    res.writeHead(found === undefined ? 404 : 200, { 'Content-Type': 'application/json' });
    res.end(JSON.stringify(found ?? {}));
  }

  #published() {
    return { keys: this.keys.map(({ jwk }) => jwk) };
  }
}
