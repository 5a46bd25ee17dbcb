/**
 * Values that only we can write and read, as header-safe text.
 *
 * Wire form: base64url of `iv (12) | AES-256-GCM ciphertext | tag (16)` over deflated JSON.
 *
 * Knows: the cipher and the key ring. Does not know: what is sealed.
 *
 * @module
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Seals with the first key of a ring, opens with any of them. */
export class Sealer {
  readonly #keys: readonly [Buffer, ...Buffer[]];

  /** @param keys - 32 bytes each, the current one first. */
  constructor(keys: readonly [Buffer, ...Buffer[]]) {
    this.#keys = keys;
  }

  /** Base64url text that holds `value`, which must be JSON. */
  seal(value: unknown): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#keys[0], iv);
    const body = cipher.update(deflateRawSync(JSON.stringify(value)));
    return Buffer.concat([iv, body, cipher.final(), cipher.getAuthTag()]).toString('base64url');
  }

  /** The sealed value, or undefined when no key of the ring has sealed `text`. */
  open(text: string): unknown {
    const bytes = Buffer.from(text, 'base64url');
    // Base64url has several spellings of the same bytes; only the one we wrote is ours.
    if (bytes.length <= IV_BYTES + TAG_BYTES || bytes.toString('base64url') !== text)
      return undefined;
    for (const key of this.#keys) {
      const opened = openWith(key, bytes);
      if (opened !== undefined) return JSON.parse(inflateRawSync(opened).toString());
    }
    return undefined;
  }
}

function openWith(key: Buffer, bytes: Buffer): Buffer | undefined {
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}
