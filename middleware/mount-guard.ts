/**
 * The invariant: `baseUrl` + `mcpPath` is the URL at which clients reach the endpoint.
 *
 * Knows: how a wrong mount is answered and how often it is logged. Does not know: how it is told
 * (`lib/urls.ts`).
 *
 * @module
 */
import type { Logger } from '../lib/log.js';
import { CODES } from '../lib/protocol/json-rpc.js';
import type { Refusal } from '../lib/protocol/refusals.js';
import type { MountFault } from '../lib/urls.js';

/** Wrong mounts that are logged, once each. */
const MAX_LOGGED = 16;

/** Checks the path of every request; the refusal names both URLs and the line to change. */
export function mountGuard(
  check: (place: string) => MountFault | undefined,
  logger: Logger,
): (place: string) => Refusal | undefined {
  const logged = new Set<string>();
  return (place) => {
    const fault = check(place);
    if (fault === undefined) return undefined;
    const { reason, expected, actual, message } = fault;
    const mount = actual.toLowerCase();
    if (logged.size < MAX_LOGGED && !logged.has(mount)) {
      logged.add(mount);
      logger.error({ expected, actual }, message);
    }
    return { status: 500, code: CODES.internal, message, data: { reason, expected, actual } };
  };
}
