/**
 * The invariant: `baseUrl` + `mcpPath` is the URL at which clients reach the endpoint, and its documents
 * are where they look for them.
 *
 * Knows: how a wrong mount is answered and how often it is logged. Does not know: how it is told
 * (`lib/urls.ts`, `lib/discovery`).
 *
 * @module
 */
import { type DiscoverableEndpoint, isDocumented } from '../lib/discovery/documents.js';
import { discoveryCheck, whereaboutsOf } from '../lib/discovery/register.js';
import type { ReadinessCheck } from '../lib/host/endpoint.js';
import type { Logger } from '../lib/log.js';
import type { ResolvedOptions } from '../lib/options.js';
import { CODES } from '../lib/protocol/json-rpc.js';
import type { Refusal } from '../lib/protocol/refusals.js';
import type { Resolved } from '../lib/resolve-options.js';
import { type MountFault, mountCheck } from '../lib/urls.js';

/** Wrong mounts that are logged, once each. */
const MAX_LOGGED = 16;

/** Checks every request; the refusal names what is expected, what there is, and the line to change. */
export function mountGuard({ settings, logger }: Resolved): (place: string) => Refusal | undefined {
  const mountFault = mountCheck(settings.address);
  const discoveryFault =
    settings.wellKnown === 'external' ? () => undefined : discoveryCheck(discoverable(settings));
  const log = loggedOnce(logger);
  return (place) => {
    const fault = mountFault(place) ?? discoveryFault();
    if (fault === undefined) return undefined;
    log(fault);
    const { reason, expected, actual, message } = fault;
    return { status: 500, code: CODES.internal, message, data: { reason, expected, actual } };
  };
}

/** Whether clients find the documents; nothing to check without any, or when they are external. */
export function discoveryReadiness(settings: ResolvedOptions): ReadinessCheck[] {
  const endpoint = discoverable(settings);
  if (settings.wellKnown === 'external' || !isDocumented(endpoint)) return [];
  const { fault, isAtRoot } = whereaboutsOf(endpoint);
  if (fault !== undefined) return [{ name: 'discovery', ok: false, detail: fault.message }];
  return [{ name: 'discovery', ok: true, ...(!isAtRoot && { detail: UNSEEN }) }];
}

/** What the documents of an endpoint are made from. */
export const discoverable = (settings: ResolvedOptions): DiscoverableEndpoint => ({
  ...settings,
  gate: settings.auth === false ? undefined : settings.auth,
});

const UNSEEN =
  'wellKnownRouter has seen no request yet. If a catch-all stands before it, it never will: mount it first.';

function loggedOnce(logger: Logger): (fault: MountFault) => void {
  const logged = new Set<string>();
  return ({ reason, expected, actual, message }) => {
    const mount = `${reason} ${actual.toLowerCase()}`;
    if (logged.size >= MAX_LOGGED || logged.has(mount)) return;
    logged.add(mount);
    logger.error({ expected, actual }, message);
  };
}
