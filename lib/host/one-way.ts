/**
 * Messages from a client that want no answer: notifications, and its own answers to questions.
 *
 * Knows: what each of them changes. Does not know: how the POST is answered.
 *
 * @module
 */
import type { JsonRpcNotification, JsonRpcResponse, RequestId } from '../protocol/json-rpc.js';
import type { Client } from './client.js';
import type { Exchange } from './exchange.js';
import type { Later } from './later.js';
import { LiveSession } from './live-session.js';
import type { EndpointParts } from './parts.js';
import type { Peers } from './peers.js';
import { askerOf } from './questions.js';

/** A client's answer; one that this client was not asked for is ignored. */
export function takeResponse(
  { peers }: EndpointParts,
  response: JsonRpcResponse & { readonly id: RequestId },
  client: Client,
): Later<void> {
  const question = client.questions?.get(String(response.id));
  if (question !== undefined) return question.answer(response);
  const asker = askerElsewhere(peers, response.id);
  if (asker === undefined || !(client instanceof LiveSession)) return undefined;
  return peers?.answer(asker, client, response);
}

/** The instance that asked the question with this id, if that is another one. */
function askerElsewhere(peers: Peers | undefined, id: unknown): string | undefined {
  const asker = peers && askerOf(id);
  return asker === peers?.self ? undefined : asker;
}

/** A client's notifications, in order. Without a session there is nothing that they could change. */
export async function takeNotifications(
  parts: EndpointParts,
  notifications: readonly JsonRpcNotification[],
  client: Client,
  exchange: Exchange,
): Promise<void> {
  if (!(client instanceof LiveSession)) return;
  for (const notification of notifications) {
    await takeNotification(parts, notification, client, exchange);
  }
}

async function takeNotification(
  parts: EndpointParts,
  notification: JsonRpcNotification,
  client: LiveSession,
  exchange: Exchange,
): Promise<void> {
  const { method, params } = notification;
  if (method === 'notifications/cancelled') {
    const id = params?.requestId as RequestId;
    const running = client.calls.get(id);
    if (running === undefined) return parts.peers?.cancel(client, id, params?.reason);
    running.server.cancel(running.call, params?.reason);
    return;
  }
  if (method === 'notifications/progress') {
    if (params === undefined || typeof params.progressToken !== 'string') return;
    const question = client.questions.get(params.progressToken);
    if (question !== undefined) return question.progress(params);
    const asker = askerElsewhere(parts.peers, params.progressToken);
    if (asker !== undefined) await parts.peers?.progress(asker, client, params);
    return;
  }
  // Before the phase changes, so that a server built now does not hear `initialized` twice.
  const lease = await parts.source.lease(client, exchange);
  await parts.sessions.touch(client, 'unused');
  lease.server.notify(notification, client);
  lease.release();
}
