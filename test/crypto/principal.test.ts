/**
 * Who is calling, as one opaque value.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { principalOf } from '../../lib/crypto/principal.js';

describe('principalOf', () => {
  it('is SHA-256 over issuer, subject and client (DESIGN §1)', () => {
    const expected = createHash('sha256').update('["https://i","ada","app"]').digest('base64url');
    expect(principalOf('https://i', 'ada', 'app')).toBe(expected);
  });

  it('differs when any of the three does', () => {
    const principals = [
      principalOf('i', 's', 'c'),
      principalOf('i2', 's', 'c'),
      principalOf('i', 's2', 'c'),
      principalOf('i', 's', 'c2'),
      principalOf('', 's', 'c'),
      principalOf('s', 'i', 'c'),
    ];
    expect(new Set(principals).size).toBe(principals.length);
  });

  it('cannot be forged by moving text from one to the next', () => {
    expect(principalOf('a', 'b","c', 'd')).not.toBe(principalOf('a","b', 'c', 'd'));
    expect(principalOf('ab', '', 'c')).not.toBe(principalOf('a', 'b', 'c'));
  });

  it('tells lone surrogates apart', () => {
    expect(principalOf('i', '\ud800', 'c')).not.toBe(principalOf('i', '\ud801', 'c'));
  });
});
