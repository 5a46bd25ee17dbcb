/**
 * What a client said of itself in `initialize`, and what may therefore be sent to it.
 *
 * Knows: the capabilities of the legacy era and the SDK's wording when one is missing.
 * Does not know: sessions, streams, how a message is sent.
 *
 * @module
 */
import type { Params } from './json-rpc.js';
import type { LegacyVersion } from './versions.js';

type Fields = Readonly<Record<string, unknown>>;

/** A client's side of the handshake. */
export interface ClientIdentity {
  readonly version: LegacyVersion;
  readonly capabilities: Fields;
  readonly clientInfo: Fields;
}

/** All that a client can do; what a shared server is told at start. */
export const EVERY_CAPABILITY: Fields = {
  sampling: { tools: {}, context: {} },
  elicitation: { form: {}, url: {} },
  roots: { listChanged: true },
  tasks: {
    list: {},
    cancel: {},
    requests: { sampling: { createMessage: {} }, elicitation: { create: {} } },
  },
};

const at = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((held, name) => (held as Fields | undefined | null)?.[name], value);

/** `elicitation: {}` means forms, the only mode before 2025-11-25. */
function elicits(capabilities: Fields, mode: 'form' | 'url'): boolean {
  const elicitation = capabilities.elicitation as Fields | undefined;
  if (elicitation === undefined || elicitation === null) return false;
  if (mode === 'form' && elicitation.url === undefined) return true;
  return elicitation[mode] !== undefined;
}

/**
 * Why a request must not be sent to this client, in the SDK's own words; undefined when it may.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#capability-negotiation Capability negotiation}
 */
export function capabilityFault(
  { capabilities, version }: ClientIdentity,
  method: string,
  params: Params | undefined,
): string | undefined {
  if (
    params?.task !== undefined &&
    at(capabilities.tasks, 'requests', ...method.split('/')) === undefined
  ) {
    return `Client does not support task creation for ${method} (required for ${method})`;
  }
  switch (method) {
    case 'sampling/createMessage':
      return samplingFault(capabilities, version, params);
    case 'elicitation/create': {
      if (!capabilities.elicitation) {
        return 'Client does not support elicitation (required for elicitation/create)';
      }
      const mode = params?.mode === 'url' ? 'url' : 'form';
      return elicits(capabilities, mode)
        ? undefined
        : `Client does not support ${mode} elicitation.`;
    }
    case 'roots/list':
      return capabilities.roots
        ? undefined
        : 'Client does not support listing roots (required for roots/list)';
    default:
      return undefined;
  }
}

function samplingFault(capabilities: Fields, version: LegacyVersion, params: Params | undefined) {
  const sampling = capabilities.sampling as Fields | undefined;
  if (!sampling) return 'Client does not support sampling (required for sampling/createMessage)';
  if ((params?.tools || params?.toolChoice) && !sampling.tools) {
    return 'Client does not support sampling tools capability.';
  }
  const wantsContext = params?.includeContext !== undefined && params.includeContext !== 'none';
  if (wantsContext && version === '2025-11-25' && !sampling.context) {
    return 'Client does not support sampling context capability.';
  }
  return undefined;
}

/** `notifications/elicitation/complete` is for clients that can open URLs. */
export const acceptsElicitationComplete = ({ capabilities }: ClientIdentity): boolean =>
  elicits(capabilities, 'url');
