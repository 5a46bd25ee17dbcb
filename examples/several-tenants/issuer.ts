/**
 * A small authorization server on a host of its own; stands for the one that you have.
 *
 * @module
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** Its issuer: metadata, keys, and tokens for the client `robot`. */
export async function localIssuer(): Promise<string> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
  const app = express();
  const listener = app.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const issuer = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;

  app.get('/.well-known/oauth-authorization-server', (_req, res) => {
    res.json({
      issuer,
      jwks_uri: `${issuer}/jwks`,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      response_types_supported: ['code'],
      grant_types_supported: ['client_credentials'],
      code_challenge_methods_supported: ['S256'],
    });
  });

  app.get('/jwks', (_req, res) => {
    res.json({ keys: [jwk] });
  });

  app.post('/token', express.urlencoded(), async (req, res) => {
    const { client_id: client, client_secret: secret, resource } = req.body;
    if (client !== 'robot' || secret !== 'of-the-robot') {
      res.status(401).json({ error: 'invalid_client' });
      return;
    }
    const token = await new SignJWT({ client_id: client })
      .setProtectedHeader({ alg: 'ES256', kid: 'one', typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience(resource)
      .setSubject(client)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey);
    res.json({ access_token: token, token_type: 'Bearer', expires_in: 300 });
  });

  return issuer;
}
