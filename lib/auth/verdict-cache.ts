/**
 * Verified tokens, for a short while.
 *
 * Keyed by the token's SHA-256 and the resource; what is kept has no token in it, and every caller gets
 * an `AuthInfo` of its own. Only valid verdicts are kept, for `maxAgeMs` and never past the token's end.
 *
 * Knows: hashes, ends, and that one question is enough for all who ask it at once.
 * Does not know: how a token is verified.
 *
 * @module
 */
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { tokenHash } from '../crypto/token-hash.js';
import type { Presented, Verdict } from './port.js';
import type { Valid } from './verdicts.js';

const MAX_KEPT = 10_000;

/** Options of {@link VerdictCache}. */
export interface VerdictCacheOptions {
  /** Longest time that a verdict is kept; 0 keeps none. */
  readonly maxAgeMs: number;
  readonly now?: () => number;
}

interface Kept {
  readonly authInfo: Omit<AuthInfo, 'token'>;
  readonly principal: string;
  /** Unix milliseconds. */
  readonly endsAt: number;
}

export class VerdictCache {
  readonly #maxAgeMs: number;
  readonly #now: () => number;
  readonly #kept = new Map<string, Kept>();
  readonly #asked = new Map<string, Promise<Verdict>>();

  constructor({ maxAgeMs, now = Date.now }: VerdictCacheOptions) {
    this.#maxAgeMs = maxAgeMs;
    this.#now = now;
  }

  /** The verdict that is kept, else what `judge` says; asked once, however many present the token. */
  verdict(
    { endpoint }: Presented,
    token: string,
    judge: () => Promise<Verdict>,
  ): Verdict | Promise<Verdict> {
    const key = `${tokenHash(token)} ${endpoint.resource ?? ''}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.endsAt > this.#now()) return validFor(kept, token);
    if (kept !== undefined) this.#kept.delete(key);
    return this.#shared(key, judge).then((verdict) =>
      verdict.kind === 'valid' ? validFor(verdict, token) : verdict,
    );
  }

  #shared(key: string, judge: () => Promise<Verdict>): Promise<Verdict> {
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    const asking = judge()
      .then((verdict) => {
        if (verdict.kind === 'valid') this.#keep(key, verdict);
        return verdict;
      })
      .finally(() => this.#asked.delete(key));
    this.#asked.set(key, asking);
    return asking;
  }

  #keep(key: string, { authInfo: { token: _token, ...authInfo }, principal }: Valid): void {
    const now = this.#now();
    const expiresAt = (authInfo.expiresAt ?? Number.POSITIVE_INFINITY) * 1_000;
    const endsAt = Math.min(now + this.#maxAgeMs, expiresAt);
    if (endsAt <= now) return;
    if (this.#kept.size >= MAX_KEPT) {
      for (const oldest of this.#kept.keys()) {
        this.#kept.delete(oldest);
        break;
      }
    }
    this.#kept.set(key, { authInfo, principal, endsAt });
  }
}

/** A verdict that its caller may write into. */
function validFor(
  { authInfo, principal }: Pick<Kept, 'authInfo' | 'principal'>,
  token: string,
): Valid {
  const { scopes, extra } = authInfo;
  const own = { ...authInfo, token, scopes: [...scopes], ...(extra && { extra: { ...extra } }) };
  return { kind: 'valid', authInfo: own, principal };
}
