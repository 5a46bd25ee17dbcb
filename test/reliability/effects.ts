/**
 * What the tools of all instances did, from the file that they wrote.
 *
 * Knows: the file's lines. Does not know: who called, what came of it.
 *
 * @module
 */
import { readFileSync } from 'node:fs';

/** `unsaid`: a message that nobody could be told. */
export type Deed = 'begun' | 'finished' | 'aborted' | 'unsaid';

export class Effects {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** Everything that was done so far. */
  get all(): { readonly deed: string; readonly nonce: string; readonly instance: string }[] {
    const lines = readFileSync(this.file, 'utf8').trimEnd().split('\n');
    return lines.filter(Boolean).map((line) => {
      const [deed = '', nonce = '', instance = ''] = line.split(' ');
      return { deed, nonce, instance };
    });
  }

  /** How often each nonce was seen doing this. */
  count(deed: Deed): Map<string, number> {
    const counts = new Map<string, number>();
    for (const it of this.all) {
      if (it.deed === deed) counts.set(it.nonce, (counts.get(it.nonce) ?? 0) + 1);
    }
    return counts;
  }

  /** Nonces whose tool ran more than once. */
  get repeated(): string[] {
    return [...this.count('begun')].filter(([, count]) => count > 1).map(([nonce]) => nonce);
  }
}
