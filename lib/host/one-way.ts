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
import { LiveSession } from './live-session.js';
import type { EndpointParts } from './parts.js';

/** A client's answer; one that this client was not asked for is ignored. */
export function takeResponse(
  response: JsonRpcResponse & { readonly id: RequestId },
  client: Client,
): void {
  if (typeof response.id === 'string') client.questions?.get(response.id)?.answer(response);
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
    const running = client.calls.get(params?.requestId as RequestId);
    running?.server.cancel(running.call, params?.reason);
    return;
  }
  if (method === 'notifications/progress') {
    if (params === undefined || typeof params.progressToken !== 'string') return;
    client.questions.get(params.progressToken)?.progress(params);
    return;
  }
  // Before the phase changes, so that a server built now does not hear `initialized` twice.
  const lease = await parts.source.lease(client, exchange);
  await parts.sessions.touch(client, 'unused');
  lease.server.notify(notification, client);
  lease.release();
}
