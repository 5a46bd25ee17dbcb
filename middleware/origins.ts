/**
 * Which pages may call the endpoint: one answer for CORS and for the `Origin` guard.
 *
 * Knows: `baseUrl`, `cors.origins` and loopback. Does not know: `Host`, which proves nothing here.
 *
 * @module
 */
import type { ResolvedOptions } from '../lib/options.js';
import { isLoopbackName } from '../lib/urls.js';

/** Verdicts kept; the values are the client's, so their number is bounded. */
const MAX_KEPT = 256;

type OriginSettings = Pick<ResolvedOptions, 'address' | 'cors' | 'dangerouslyAllowAnyOrigin'>;

/** A predicate over the `Origin` header. */
export function originCheck(settings: OriginSettings): (origin: string) => boolean {
  if (settings.dangerouslyAllowAnyOrigin) return () => true;
  const { url, resource } = settings.address;
  const known = new Set(settings.cors.origins);
  for (const own of [url, resource]) if (own !== undefined) known.add(new URL(own).origin);
  return remembering((origin) => known.has(origin) || isLoopbackOrigin(origin));
}

function isLoopbackOrigin(origin: string): boolean {
  if (!/^https?:\/\/[^/]+$/i.test(origin) || !URL.canParse(origin)) return false;
  const { hostname, username } = new URL(origin);
  return username === '' && isLoopbackName(hostname);
}

/** Remembers the last verdicts of a slow predicate. */
export function remembering(check: (value: string) => boolean): (value: string) => boolean {
  const verdicts = new Map<string, boolean>();
  return (value) => {
    const known = verdicts.get(value);
    if (known !== undefined) return known;
    if (verdicts.size >= MAX_KEPT) verdicts.clear();
    const verdict = check(value);
    verdicts.set(value, verdict);
    return verdict;
  };
}
