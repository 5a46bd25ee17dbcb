/**
 * What a POST carries, checked before anybody acts on it.
 *
 * Knows: single messages, batches and the version header. Does not know: sessions.
 *
 * @module
 */
import type {
  JsonRpcNotification,
  JsonRpcRequest,
  JsonRpcResponse,
  RequestId,
} from '../protocol/json-rpc.js';
import { readMessage } from '../protocol/json-rpc.js';
import {
  batchTooLarge,
  invalidMessage,
  REFUSALS,
  type Refusal,
  unsupportedVersion,
} from '../protocol/refusals.js';
import { isLegacyVersion, LEGACY_VERSIONS, type LegacyVersion } from '../protocol/versions.js';
import type { Exchange } from './exchange.js';

/** The messages of one POST, told apart. */
export interface Incoming {
  readonly requests: JsonRpcRequest[];
  readonly notifications: JsonRpcNotification[];
  readonly responses: (JsonRpcResponse & { readonly id: RequestId })[];
  readonly isBatch: boolean;
  /** What the version header names; undefined without one. */
  readonly version: LegacyVersion | undefined;
}

/** A refusal and the id of the request that it answers. */
export interface Refused {
  readonly refusal: Refusal;
  readonly id?: RequestId;
}

/** Reads a POST, or says why it cannot be served. */
export function readIncoming(
  exchange: Exchange,
  maxBatch: number,
  served: readonly LegacyVersion[] = LEGACY_VERSIONS,
): Incoming | Refused {
  const { body } = exchange;
  const isBatch = Array.isArray(body);
  const elements = isBatch ? body : [body];
  if (elements.length === 0) return { refusal: REFUSALS.emptyBatch };
  if (elements.length > maxBatch) return { refusal: batchTooLarge(maxBatch) };
  const version = versionOf(exchange);
  const incoming: Incoming = {
    requests: [],
    notifications: [],
    responses: [],
    isBatch,
    version: isLegacyVersion(version, served) ? version : undefined,
  };
  for (const element of elements) {
    const read = readMessage(element);
    if (read.kind === 'invalid') return { refusal: invalidMessage(read.reason), id: read.id };
    if (read.kind === 'request') incoming.requests.push(read.message);
    else if (read.kind === 'notification') incoming.notifications.push(read.message);
    else incoming.responses.push(read.message);
  }
  if (version !== undefined && !isLegacyVersion(version, served)) {
    return {
      refusal: unsupportedVersion(version, served),
      id: isBatch ? undefined : incoming.requests[0]?.id,
    };
  }
  if (isBatch && incoming.requests.some(({ method }) => method === 'initialize')) {
    return { refusal: REFUSALS.initializeInBatch };
  }
  return incoming;
}

/** `MCP-Protocol-Version` as it was sent. */
function versionOf({ headers }: Exchange): string | undefined {
  const value = headers['mcp-protocol-version'];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Why a GET or DELETE is refused for its version header; undefined when it is not. */
export function versionFault(exchange: Exchange): Refusal | undefined {
  const version = versionOf(exchange);
  return version === undefined || isLegacyVersion(version)
    ? undefined
    : unsupportedVersion(version);
}
