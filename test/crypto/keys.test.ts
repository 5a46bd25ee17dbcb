/**
 * Keys for every purpose from one secret.
 *
 * @module
 */
import { hkdfSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { deriveKey } from '../../lib/crypto/keys.js';

const SECRET = 's'.repeat(32);
const URL_A = 'https://h/a/mcp';

describe('deriveKey', () => {
  it('is HKDF-SHA-256 with a labelled info, 32 bytes (RFC 5869 §2)', () => {
    const info = JSON.stringify(['express-mcp-router', 'session', URL_A]);
    const expected = Buffer.from(hkdfSync('sha256', SECRET, '', info, 32));
    expect(deriveKey(SECRET, 'session', URL_A)).toEqual(expected);
    expect(expected).toHaveLength(32);
  });

  it('gives the same key after a restart', () => {
    expect(deriveKey(SECRET, 'session', URL_A)).toEqual(deriveKey(SECRET, 'session', URL_A));
  });

  it('gives another key for another secret, purpose or resource', () => {
    const keys = [
      deriveKey(SECRET, 'session', URL_A),
      deriveKey(`${SECRET}!`, 'session', URL_A),
      deriveKey(SECRET, 'storage', URL_A),
      deriveKey(SECRET, 'session', 'https://h/b/mcp'),
    ];
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(keys.length);
  });

  it('cannot be confused by where one label ends and the next begins', () => {
    const one = deriveKey(SECRET, 'session","x', 'y');
    const other = deriveKey(SECRET, 'session', 'x","y');
    expect(one).not.toEqual(other);
  });
});
