/**
 * A POST of a client that is known, acted on: its answers, its notifications, its requests.
 *
 * Knows: in which order. Does not know: how the client was found, what each message does.
 *
 * @module
 */
import { andThen, type Later } from './later.js';
import { takeNotifications, takeResponse } from './one-way.js';
import { refuse } from './refuse.js';
import { idOf, type Posted, refusalOf, serveRequests } from './requests.js';

/** Acts on all messages of a POST, or on none when one of them may not be sent. */
export function takePosted(posted: Posted): Later<void> {
  const { parts, incoming, client, reply } = posted;
  const refusal = refusalOf(incoming, client, parts.settings.limits.callsPerSession);
  if (refusal !== undefined) return refuse(reply, refusal, idOf(incoming));
  for (const response of incoming.responses) takeResponse(response, client);
  return andThen(notice(posted), () =>
    incoming.requests.length === 0 ? reply.empty(202) : serveRequests(posted),
  );
}

function notice({ parts, incoming, client, exchange }: Posted): Later<void> {
  if (incoming.notifications.length === 0) return undefined;
  return takeNotifications(parts, incoming.notifications, client, exchange);
}
