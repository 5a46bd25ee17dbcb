/**
 * Keys derived from the one `secret`.
 *
 * Knows: HKDF and the labels' form. Does not know: what the keys are for.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc5869 RFC 5869}
 *
 * @module
 */
import { hkdfSync } from 'node:crypto';

/** 32 bytes for one purpose at one resource; other labels give unrelated keys. */
export function deriveKey(secret: string, purpose: string, resource: string): Buffer {
  const info = JSON.stringify(['express-mcp-router', purpose, resource]);
  return Buffer.from(hkdfSync('sha256', secret, '', info, 32));
}
