/**
 * A small issuer of JWTs; stands for the identity provider that you have.
 *
 * @module
 */
import express, { Router } from 'express';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** Keys at `/jwks`, tokens for the client `robot` at `/token`. */
export async function localIssuer(issuer: string): Promise<Router> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
  const router = Router();

  router.get('/jwks', (_req, res) => {
    res.json({ keys: [jwk] });
  });

  router.post('/token', express.urlencoded(), async (req, res) => {
    const { client_id: client, client_secret: secret, scope, resource } = req.body;
    if (client !== 'robot' || secret !== 'of-the-robot') {
      res.status(401).json({ error: 'invalid_client' });
      return;
    }
    const token = await new SignJWT({ client_id: client, scope })
      .setProtectedHeader({ alg: 'ES256', kid: 'one', typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience(resource)
      .setSubject(client)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey);
    res.json({ access_token: token, token_type: 'Bearer', expires_in: 300 });
  });

  return router;
}
