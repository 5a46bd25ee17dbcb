/**
 * Scopes, and scopes that contain others.
 *
 * Knows: what follows from what was granted. Does not know: tokens, who needs which scope.
 *
 * @module
 */

/** Scopes that each scope contains: `{ admin: ['write'], write: ['read'] }`. */
export type ScopeHierarchy = Readonly<Record<string, readonly string[]>>;

/** What was granted and all that it contains, at any depth. */
function reachOf(granted: readonly string[], hierarchy: ScopeHierarchy): ReadonlySet<string> {
  const reached = new Set(granted);
  for (const scope of reached) {
    for (const contained of Object.hasOwn(hierarchy, scope) ? (hierarchy[scope] ?? []) : []) {
      reached.add(contained);
    }
  }
  return reached;
}

/** True when `needed` was granted, or follows from what was. */
export function covers(
  granted: readonly string[],
  needed: readonly string[],
  hierarchy: ScopeHierarchy,
): boolean {
  if (needed.every((scope) => granted.includes(scope))) return true;
  const reached = reachOf(granted, hierarchy);
  return needed.every((scope) => reached.has(scope));
}
