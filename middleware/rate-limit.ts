/**
 * How often one caller may ask.
 *
 * Knows: `express-rate-limit`, and that a caller is a principal or else an address.
 * Does not know: what is asked; every HTTP request counts.
 *
 * @module
 */
import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { RateLimitOptions } from '../lib/options.js';
import { REFUSALS, refusalBody } from '../lib/protocol/refusals.js';
import { callerOf } from './caller.js';
import { clientAddress } from './client-address.js';

/** Refuses with 429 what is over the limit; `RateLimit` headers tell every caller where it stands. */
export function rateLimitHandler({ limit, windowMs }: Required<RateLimitOptions>): RequestHandler {
  return rateLimit({
    limit,
    windowMs,
    // The later drafts' headers are written with methods that only Express's responses have.
    standardHeaders: 'draft-7',
    legacyHeaders: false,
    // Its checks look for Express's `app`, which Connect has not.
    validate: false,
    keyGenerator: (req) => callerOf(req).principal ?? clientAddress(req),
    handler: (_req, res) => {
      const { status } = REFUSALS.tooManyRequests;
      res.writeHead(status, { 'Content-Type': 'application/json' });
      res.end(refusalBody(REFUSALS.tooManyRequests));
    },
  });
}
