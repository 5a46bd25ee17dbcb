/**
 * The token that protected servers are asked with, and what it takes to check it.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';

export const ISSUER = 'bench';
/** Shared by the load and the servers, which are other processes. */
export const SECRET = 'a secret of the bench, at least 32 bytes long';
export const BASE_URL = 'http://localhost';

/** Good for a day. */
export const TOKEN = await new SignJWT({ client_id: 'bench', scope: 'mcp', jti: randomUUID() })
  .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
  .setIssuer(ISSUER)
  .setAudience(`${BASE_URL}/mcp`)
  .setSubject('ada')
  .setIssuedAt()
  .setExpirationTime('1d')
  .sign(new TextEncoder().encode(SECRET));
