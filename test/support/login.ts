/**
 * The app's own login, as far as a test needs one.
 *
 * Knows: `X-User` is the user, `X-Scopes` what they may do, `X-Expires-At` until when (seconds).
 * Does not know: MCP.
 *
 * @module
 */
import type { RequestHandler } from 'express';

/** Leaves `req.auth` as a verifying middleware would; a request without a user is anonymous. */
export const login: RequestHandler = (req, _res, next) => {
  const user = req.get('x-user');
  if (user !== undefined) {
    const scopes = req.get('x-scopes')?.split(' ') ?? [];
    const expiresAt = Number(req.get('x-expires-at')) || undefined;
    const token = `token of ${user}`;
    const auth = { token, clientId: 'app', scopes, expiresAt, extra: { sub: user } };
    Object.assign(req, { auth });
  }
  next();
};
