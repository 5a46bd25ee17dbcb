/**
 * Sealed values: only we can write and read them.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Sealer } from '../../lib/crypto/seal.js';

const [KEY, OTHER] = [randomBytes(32), randomBytes(32)];
const VALUE = ['2025-11-25', { roots: {} }, { name: 'Ada ✓' }, null, 'https://h/mcp', 1];

/** `text` with the bit at `bit` turned over. */
function withBitFlipped(text: string, bit: number): string {
  const bytes = Buffer.from(text, 'base64url');
  bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return bytes.toString('base64url');
}

describe('Sealer', () => {
  it.each([VALUE, 'text', 0, null, true, {}, []])('opens what it sealed: %j', (value) => {
    const sealer = new Sealer([KEY]);
    expect(sealer.open(sealer.seal(value))).toEqual(value);
  });

  it('writes text that may stand in a header (base64url)', () => {
    expect(new Sealer([KEY]).seal(VALUE)).toMatch(/^[\w-]+$/);
  });

  it('never writes the same text twice', () => {
    const sealer = new Sealer([KEY]);
    const texts = Array.from({ length: 100 }, () => sealer.seal(VALUE));
    expect(new Set(texts).size).toBe(100);
  });

  it('seals with the first key of the ring and opens with all', () => {
    const [old, current, ring] = [new Sealer([OTHER]), new Sealer([KEY]), new Sealer([KEY, OTHER])];
    expect(ring.open(old.seal(VALUE))).toEqual(VALUE);
    expect(current.open(ring.seal(VALUE))).toEqual(VALUE);
    expect(old.open(ring.seal(VALUE))).toBeUndefined();
  });

  it('opens nothing in which any one bit was changed', () => {
    const sealer = new Sealer([KEY]);
    const sealed = sealer.seal(VALUE);
    const bits = Buffer.from(sealed, 'base64url').length * 8;
    for (let bit = 0; bit < bits; bit += 1) {
      expect(sealer.open(withBitFlipped(sealed, bit))).toBeUndefined();
    }
  });

  it('knows one spelling only: no padding, no base64, no spaces', () => {
    const sealer = new Sealer([KEY]);
    const sealed = sealer.seal(VALUE);
    const spellings = [`${sealed}=`, `${sealed}==`, ` ${sealed}`, `${sealed}\n`, `${sealed}.`];
    expect(spellings.map((spelling) => sealer.open(spelling))).toEqual(
      spellings.map(() => undefined),
    );
  });

  it('opens nothing that is cut, at any place', () => {
    const sealer = new Sealer([KEY]);
    const sealed = sealer.seal(VALUE);
    for (let length = 0; length < sealed.length; length += 1) {
      expect(sealer.open(sealed.slice(0, length))).toBeUndefined();
    }
  });

  it.each(['', 'A', 'AAAA', 'A'.repeat(38), 'A'.repeat(4_000), '✓✓✓✓'])(
    'opens nothing that is foreign: %j',
    (text) => {
      expect(new Sealer([KEY]).open(text)).toBeUndefined();
    },
  );
});
