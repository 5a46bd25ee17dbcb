/**
 * How the core says no.
 *
 * Knows: which faults are outages and which are ours. Does not know: the texts (`protocol/refusals.ts`).
 *
 * @module
 */
import type { Logger } from '../log.js';
import { type RequestId, readMessage } from '../protocol/json-rpc.js';
import { REFUSALS, type Refusal, refusalBody } from '../protocol/refusals.js';
import type { Exchange, Reply } from './exchange.js';

/** Answers with a refusal; `id` is that of the request, if it could be read. */
export function refuse(reply: Reply, refusal: Refusal, id?: RequestId): void {
  reply.json(refusal.status, refusalBody(refusal, id), refusal.headers);
}

/** Answers for an unexpected error: the log holds it, the client gets fixed text. */
export function refuseFault(
  exchange: Exchange,
  reply: Reply,
  error: unknown,
  logger: Logger,
): void {
  const outage = OUTAGES.get((error as { code?: unknown } | undefined)?.code);
  if (outage === REFUSALS.storeUnavailable) logger.warn({ err: error }, 'the store gave no answer');
  if (outage === undefined) logger.error({ err: error }, 'serving a request failed');
  refuse(reply, outage ?? REFUSALS.internal, idIn(exchange.body));
}

/** Errors that are over some time: the client may try again. */
const OUTAGES: ReadonlyMap<unknown, Refusal> = new Map([
  ['ERR_MCP_CLOSED', REFUSALS.serverUnavailable],
  ['ERR_MCP_STORE', REFUSALS.storeUnavailable],
]);

/** The id of the one request in a body. */
export function idIn(body: unknown): RequestId | undefined {
  const read = readMessage(body);
  return read.kind === 'request' ? read.message.id : undefined;
}
